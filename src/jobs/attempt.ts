/** One delivery of a job: from the lease to what is written down of it. Never rejects. */
import { isMediaError, MediaError } from '../error.ts'
import type { Logger } from '../observe/log.ts'
import type { TryResult } from '../observe/metrics.ts'
import type { Lease, Queue } from '../platform.ts'
import type { Callbacks } from './callbacks.ts'
import { attemptsOf, backoffMs, isTransient, type Job, type JobFailure } from './job.ts'
import type { JobRecords } from './records.ts'
import { createReporter } from './reporter.ts'

/** What a piece of work may use, and whom it tells how far it is. */
export interface JobBudget {
  readonly signal: AbortSignal
  /** Names this delivery. */
  readonly lease: string
  /** Percent, and the seconds that are left as far as anybody can tell. Written down once a second at most. */
  report(progress: number, secondsLeft?: number): void
  /** What is there so far: the next try finds it in the job's `results`, and so does who looks at a job that failed. */
  save(results: unknown): Promise<void>
}

/** What is done for a job. */
export interface JobWork {
  /** Resolves to `results`, or throws. */
  run(job: Job, budget: JobBudget): Promise<unknown>
  /** It is over, and there will be no other try. */
  failed(job: Job, error: unknown): Promise<void>
}

export interface AttemptOptions {
  readonly queue: Queue
  readonly records: JobRecords
  readonly callbacks: Pick<Callbacks, 'release'>
  readonly work: JobWork
  readonly logger: Logger
  readonly leaseMs: number
  readonly timeoutMs: number
  /** Milliseconds since the epoch. */
  now(): number
  /** From 0 to below 1. */
  random(): number
  /** Told how a try ended, and after how many milliseconds. */
  onTry(type: string, result: TryResult, ms: number): void
}

/** Why a try is ended that did nothing wrong: the worker ends, and the job goes back as it came. */
export const RELEASED = new Error('The worker ends')
/** The job is another worker's by now, or nobody's. */
export const LOST = new Error('The lease was lost')

/** @param stop ends the work, with one of the reasons above */
export async function attempt(lease: Lease, stop: AbortController, options: AttemptOptions): Promise<void> {
  const { queue, records, callbacks, work, logger } = options
  const letGo = keepLease(lease, stop, options)
  const reporter = createReporter(lease, options)
  const begunAt = options.now()
  let job: Job | undefined
  try {
    job = await records.start(lease.job, lease.token)
    if (!job) return void (await queue.finish(lease, []))
    if (lease.attempt > attemptsOf(job)) throw new MediaError('JOB_STALLED')
    const results = await inTime(options.timeoutMs, stop.signal, (signal, again) =>
      work.run(job as Job, {
        signal,
        lease: lease.token,
        report: reporter.report,
        async save(known) {
          // What was made is not lost: the rest has its own time.
          again()
          await persistently(() => records.save(lease.job, lease.token, known), stop.signal, options)
        },
      }),
    )
    reporter.end()
    const end = [records.complete(job.id, lease.token, results), callbacks.release(job.id)]
    await persistently(() => queue.finish(lease, end), stop.signal, options)
    const { id, type, lane } = job
    const durationMs = options.now() - begunAt
    logger.log('info', 'job completed', { job: id, type, lane, attempt: lease.attempt, durationMs })
    options.onTry(type, 'completed', durationMs)
  } catch (thrown) {
    const reason = stop.signal.aborted ? (stop.signal.reason as unknown) : thrown
    // What cannot be settled is had by somebody else when the lease has ended.
    const result = await settle(lease, job, reason, options).catch((fault: unknown): TryResult => {
      logger.log('error', 'job not settled', { job: lease.job, cause: String(fault) })
      return 'lost'
    })
    if (job) options.onTry(job.type, result, options.now() - begunAt)
  } finally {
    reporter.end()
    letGo()
  }
}

const AGAIN_MS = 500
/** Of leases, for which it is tried to write down what was done. */
const LEASES = 4

/** What is done is written down as soon as the database lets us, and not done again; unless the lease is lost meanwhile. */
async function persistently(
  write: () => Promise<unknown>,
  stop: AbortSignal,
  { logger, now, leaseMs }: Pick<AttemptOptions, 'logger' | 'now' | 'leaseMs'>,
): Promise<void> {
  const until = now() + LEASES * leaseMs
  for (;;) {
    try {
      return void (await write())
    } catch (error) {
      if (stop.aborted || now() > until) throw error
      logger.log('warn', 'end of a job not written down yet', { cause: String(error) })
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      stop.throwIfAborted()
    }
  }
}

async function inTime<T>(
  ms: number,
  stop: AbortSignal,
  work: (signal: AbortSignal, again: () => void) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  let clock: ReturnType<typeof setTimeout> | undefined
  const again = () => {
    clearTimeout(clock)
    clock = setTimeout(() => late.abort(new MediaError('TRANSFORM_TIMEOUT')), ms)
  }
  again()
  try {
    return await work(AbortSignal.any([stop, late.signal]), again)
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error
  } finally {
    clearTimeout(clock)
  }
}

async function settle(
  lease: Lease,
  job: Job | undefined,
  reason: unknown,
  { queue, records, callbacks, work, logger, random }: AttemptOptions,
): Promise<TryResult> {
  if (reason === LOST) {
    await records.letGo(lease.job, lease.token)
    return 'lost'
  }
  const back = async (result: TryResult, delayMs: number, failure?: JobFailure) => {
    const counts = result === 'retried'
    await queue.putBack(lease, { delayMs, counts }, [records.requeue(lease.job, lease.token, failure)])
    return result
  }
  if (reason === RELEASED || !job) return back('released', 0)
  const error = isMediaError(reason) ? reason : new MediaError('INTERNAL', undefined, { cause: reason })
  const failure = { code: error.code, message: error.message, details: error.details }
  const again = isTransient(error.code) && lease.attempt < attemptsOf(job)
  const { code, cause = error.message } = error
  logger.log(again ? 'warn' : 'error', again ? 'job failed, is tried again' : 'job failed', {
    job: job.id,
    type: job.type,
    attempt: lease.attempt,
    code,
    cause: String(cause),
  })
  if (again) return back('retried', backoffMs(lease.attempt, random()), failure)
  const end = [records.fail(job.id, lease.token, failure), callbacks.release(job.id)]
  if (!(await queue.finish(lease, end))) return 'lost'
  await work.failed(job, error)
  return 'failed'
}

/** Extends the lease until it is let go. A database that is down for longer than a lease costs it. */
function keepLease(
  lease: Lease,
  stop: AbortController,
  { queue, leaseMs, now, logger }: AttemptOptions,
): () => void {
  let heldUntil = now() + leaseMs
  let isAsking = false
  async function extend(): Promise<void> {
    if (isAsking) return
    isAsking = true
    const askedAt = now()
    try {
      if (await queue.extend(lease)) heldUntil = askedAt + leaseMs
      else stop.abort(LOST)
    } catch (error) {
      logger.log('warn', 'lease not extended', { job: lease.job, cause: String(error) })
    } finally {
      isAsking = false
    }
  }
  const beat = setInterval(() => {
    if (now() >= heldUntil) stop.abort(LOST)
    else void extend()
  }, leaseMs / 3)
  return () => clearInterval(beat)
}
