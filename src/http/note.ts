/** What the event of a request learns from how it ended. */
import type { MediaError } from '../error.ts'
import type { RequestEvent } from '../observe/event.ts'
import type { Outcome } from '../serve.ts'

export function noteError(event: RequestEvent, error: MediaError): void {
  event.errorCode = error.code
  if (error.cause instanceof Error) event.cause = error.cause.stack ?? error.cause.message
  else if (error.cause !== undefined) event.cause = String(error.cause)
}

export function noteOutcome(event: RequestEvent, outcome: Outcome): void {
  if (outcome.kind === 'original') {
    event.cache = 'BYPASS'
    return
  }
  const { facts } = outcome.rendition
  event.nsfw ??= facts.nsfw?.state
  event.nsfwProbability ??= facts.nsfw?.probability
  event.cache = outcome.cache
  event.engine = facts.engine
  event.sourceType = facts.sourceType
  if (facts.width !== undefined) event.width = facts.width
  if (facts.height !== undefined) event.height = facts.height
}
