/** Calls whoever wants to hear of the end of a job, until they have heard or have been called often enough. */
import { isMediaError } from '../error.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { cancelQuietly } from '../lib/stream.ts'
import { createWaker } from '../lib/waker.ts'
import type { Logger } from '../observe/log.ts'
import type { Callbacks, DueCallback } from './callbacks.ts'
import type { JobRecords } from './records.ts'
import { webhookMessage } from './webhook.ts'

export interface WebhooksOptions {
  readonly callbacks: Callbacks
  readonly records: JobRecords
  readonly safeFetch: SafeFetch
  readonly secret: string
  readonly logger: Logger
  /** Milliseconds after which it is looked again whether one is due. */
  readonly pollMs: number
  /** Milliseconds since the epoch. */
  now(): number
}

export interface Webhooks {
  start(): void
  wake(): void
  /** Calls all that are due now. */
  runDue(): Promise<void>
  /** Calls nobody any more; a call that is under way ends. */
  drain(): Promise<void>
}

const ATTEMPTS = 5
const BASE_MS = 1000
/** Milliseconds of one call. */
const CALL_MS = 10_000
/** A caller that is silent for so long is dead. */
const LEASE_MS = 20_000

export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { callbacks, records, safeFetch, secret, logger, pollMs, now } = options
  const ending = new AbortController()
  const waker = createWaker()
  let loop: Promise<void> | undefined

  async function call(due: DueCallback): Promise<void> {
    const job = await records.find(due.job)
    if (!job || due.attempt > ATTEMPTS) return callbacks.settle(due, 'callback_failed')
    const { body, headers } = await webhookMessage(job, secret, now())
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(CALL_MS)])
    const answer = await safeFetch(due.url, { method: 'POST', body, headers, signal })
    await cancelQuietly(answer.body)
    if (answer.status < 200 || answer.status > 299) throw new Error(`it answers ${answer.status}`)
    await callbacks.settle(due, 'sent')
  }

  /** What may not be called now may not be called later. */
  const isHopeless = (error: unknown) => isMediaError(error) && error.code === 'ADDRESS_REFUSED'

  async function failed(due: DueCallback, error: unknown): Promise<void> {
    if (ending.signal.aborted) return callbacks.again(due, 0)
    const cause = String(isMediaError(error) ? (error.cause ?? error.message) : error)
    logger.log('warn', 'webhook failed', { job: due.job, attempt: due.attempt, cause })
    if (due.attempt >= ATTEMPTS || isHopeless(error)) return callbacks.settle(due, 'callback_failed')
    return callbacks.again(due, BASE_MS * 2 ** (due.attempt - 1))
  }

  async function runDue(): Promise<void> {
    while (!ending.signal.aborted) {
      const due = await callbacks.claim(LEASE_MS)
      if (!due) return
      await call(due).catch((error: unknown) => failed(due, error))
    }
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await runDue().catch((error: unknown) =>
        logger.log('error', 'webhooks not called', { cause: String(error) }),
      )
      if (!ending.signal.aborted) await waker.wait(pollMs)
    }
  }

  return {
    start() {
      loop ??= watch()
    },
    wake: () => waker.wake(),
    runDue,
    async drain() {
      ending.abort(new Error('The worker ends'))
      waker.wake()
      await loop
    },
  }
}
