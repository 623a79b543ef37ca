/** What is written down of a plan: where it leads, or why it leads nowhere. Failing to write costs no request. */
import type { OriginPolicy, Services } from './context.ts'
import { ERRORS, isMediaError, MediaError, type ErrorCode } from './error.ts'
import type { Plan } from './plan/plan.ts'
import type { Found, StoredRendition, Subject } from './store/cache.ts'

export type FoundRendition = Exclude<Found, { state: 'negative' }>

/** One plan on its way to a rendition. */
export interface PlannedFlight {
  readonly plan: Plan
  readonly key: string
  readonly subject: Subject
  readonly policy: OriginPolicy
}

/** Writes down where a plan leads. */
export function rememberSuccess(
  { key, subject, policy }: PlannedFlight,
  { key: recipeKey, facts }: StoredRendition,
  validator: string,
  services: Services,
): Promise<void> {
  const { ttl, staleWhileRevalidate } = policy
  // What nobody could judge is asked again as soon as after an error.
  const isUnknown = facts.nsfw?.state === 'unknown'
  const [seconds, stale] = isUnknown ? [ttl.serverError, 0] : [ttl.ok, staleWhileRevalidate]
  const times = { ttlMs: seconds * 1000, staleMs: stale * 1000 }
  return rememberQuietly(key, { subject, outcome: { recipeKey, validator }, ...times }, services)
}

/** 4xx and source failures are remembered for the origin's ttl of their class; what may pass by itself is not. */
export async function rememberFailure(
  flight: PlannedFlight,
  error: unknown,
  signal: AbortSignal,
  services: Services,
): Promise<void> {
  if (!isMediaError(error) || !isNegative(error.code) || signal.aborted) return
  const { ttl } = flight.policy
  const seconds = error.status < 500 ? ttl.clientError : ttl.serverError
  const stale = await services.cache.find(flight.key).catch(() => undefined)
  if (seconds <= 0 || (stale?.state === 'stale' && error.status >= 500)) return
  const failure = { code: error.code, message: error.message, details: error.details }
  await rememberQuietly(
    flight.key,
    { subject: flight.subject, outcome: { failure }, ttlMs: seconds * 1000, staleMs: 0 },
    services,
  )
}

async function rememberQuietly(
  ...[key, what, services]: [string, Parameters<Services['cache']['remember']>[1], Services]
): Promise<void> {
  try {
    await services.cache.remember(key, what)
  } catch (error) {
    services.logger.log('error', 'plan not filed', {
      key,
      cause: error instanceof Error ? error.message : 'unknown',
    })
  }
}

/** True for failures that the same request would meet again. */
export function isNegative(code: ErrorCode): boolean {
  return !('retry' in ERRORS[code]) && !NEVER_REMEMBERED.has(code)
}
const NEVER_REMEMBERED: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHORIZED',
  'BAD_SIGNATURE',
  'URL_EXPIRED',
  'ACCESS_DENIED',
  'METHOD_NOT_ALLOWED',
  'RANGE_NOT_SATISFIABLE',
  'REQUEST_LOOP',
])

/** Failures of transforming, as opposed to failures of finding or of asking. */
export function isFallible(error: unknown): boolean {
  if (!isMediaError(error)) return false
  return FALLIBLE.has(error.code) || (error.code === 'SOURCE_TOO_LARGE' && isOfElsewhere(error))
}

/** What is too large for us is not to be handed out either; what is so for a service that was asked may be. */
const isOfElsewhere = ({ details }: MediaError) =>
  typeof details === 'object' && details !== null && 'engine' in details

const FALLIBLE: ReadonlySet<ErrorCode> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'TRANSFORM_TIMEOUT',
  'NOT_SUPPORTED_HERE',
  'LIMIT_EXCEEDED',
  'REMOTE_FAILED',
  'REMOTE_TIMEOUT',
])

export function remembered(found: Extract<Found, { state: 'negative' }>): MediaError {
  const { code, message, details } = found.failure
  return new MediaError(code, message, { details })
}
