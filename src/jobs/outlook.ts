/** When a job that waits is likely to be done: by how many are before it, and what those took that ended of late. */
import { numberIn } from '../database/sql.ts'
import type { Queue, Sql } from '../platform.ts'
import type { Job } from './job.ts'

export interface Outlook {
  /** Whole seconds after which it is worth asking again, from 2 to 600. */
  secondsUntil(job: Job): Promise<number>
}

/** What is known of the jobs of all processes. */
export interface Lately {
  /** Jobs that wait or are worked on. */
  readonly open: number
  /** When each of those was ordered and done that ended last, milliseconds since the epoch, the last first. */
  readonly done: readonly { readonly createdAt: number; readonly doneAt: number }[]
}

const LEAST = 2
const MOST = 600
/** Of those that ended last: enough for a mean, few enough to be of late. */
const SEEN = 20
/** Milliseconds for which what was measured holds: who asks is told little more by counting anew. */
const HOLDS_MS = 2000

export function createOutlook(
  sql: Pick<Sql, 'query'>,
  queue: Pick<Queue, 'counts'>,
  now: () => number,
): Outlook {
  // What was measured, not its promise: on Workers none may wait for another request's.
  let measured: { readonly at: number; readonly lately: Lately } | undefined

  async function measure(): Promise<Lately> {
    const text = `select created_at, updated_at from job where status = 'completed' order by updated_at desc limit ${SEEN}`
    const [counts, rows] = await Promise.all([queue.counts(), sql.query(text)])
    return {
      open: counts.reduce((sum, { waiting, delayed, active }) => sum + waiting + delayed + active, 0),
      done: rows.map((row) => ({
        createdAt: numberIn(row, 'created_at'),
        doneAt: numberIn(row, 'updated_at'),
      })),
    }
  }

  async function lately(): Promise<Lately> {
    if (measured && now() - measured.at <= HOLDS_MS) return measured.lately
    const fresh = await measure()
    measured = { at: now(), lately: fresh }
    return fresh
  }

  return {
    async secondsUntil({ status, endsAt }) {
      if (status === 'processing' && endsAt !== undefined) return within((endsAt - now()) / 1000)
      return within(secondsFor(await lately()))
    },
  }
}

/**
 * Of many that wait, by how fast those before them ended; of few, by how long one took from order to end. Both are too long
 * where the other is right: of a quiet service little ends, and in a long line one waits for others. Pure.
 */
export function secondsFor({ open, done }: Lately): number {
  const [last] = done
  const first = done.at(-1)
  if (!last || !first) return LEAST
  const before = Math.max(1, open)
  const mean = done.reduce((sum, { createdAt, doneAt }) => sum + doneAt - createdAt, 0) / done.length
  const apart = done.length > 1 ? (last.doneAt - first.doneAt) / (done.length - 1) : Infinity
  return (before * Math.min(mean, apart === 0 ? mean : apart)) / 1000
}

const within = (seconds: number) => Math.min(MOST, Math.max(LEAST, Math.ceil(seconds)))
