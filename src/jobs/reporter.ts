/** How far a job is, written down once a second at most: the last that is known, and never more often. */
import type { Logger } from '../observe/log.ts'
import type { Lease } from '../platform.ts'
import type { JobRecords } from './records.ts'

export interface ReporterOptions {
  readonly records: Pick<JobRecords, 'report'>
  readonly logger: Logger
  /** Milliseconds since the epoch. */
  now(): number
}

export interface Reporter {
  report(progress: number, secondsLeft?: number): void
  /** What was not written down yet is not any more. */
  end(): void
}

const EVERY_MS = 1000

export function createReporter(lease: Lease, { records, logger, now }: ReporterOptions): Reporter {
  let saidAt = -Infinity
  let waiting: { readonly progress: number; readonly endsAt: number | undefined } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function say(): void {
    timer = undefined
    if (!waiting) return
    const { progress, endsAt } = waiting
    waiting = undefined
    saidAt = now()
    records
      .report(lease.job, lease.token, progress, endsAt)
      .catch((error: unknown) =>
        logger.log('warn', 'progress not written down', { job: lease.job, cause: String(error) }),
      )
  }

  return {
    report(progress, secondsLeft) {
      const endsAt = secondsLeft === undefined ? undefined : now() + Math.round(secondsLeft * 1000)
      waiting = { progress: Math.floor(progress), endsAt }
      const wait = saidAt + EVERY_MS - now()
      if (wait <= 0) say()
      else timer ??= setTimeout(say, wait)
    },
    end() {
      clearTimeout(timer)
      waiting = undefined
    },
  }
}
