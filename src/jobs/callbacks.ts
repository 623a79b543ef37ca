/** Who wants to hear of the end of a job: one row for each address, due from the moment that the job is over. */
import { locksOf, numberIn, textIn } from '../database/sql.ts'
import type { Sql, Statement } from '../platform.ts'

export interface DueCallback {
  readonly job: string
  readonly url: string
  /** Which call it is, from 1. */
  readonly attempt: number
}

export interface Callbacks {
  /** Due now, and nobody else's for `leaseMs`. Undefined: none is. */
  claim(leaseMs: number): Promise<DueCallback | undefined>
  settle(callback: DueCallback, status: 'sent' | 'callback_failed'): Promise<void>
  again(callback: DueCallback, delayMs: number): Promise<void>
  /** All who want to hear of a job that is over are called anew, as if they never were. How many they are. */
  repeat(job: string): Promise<number>
  // Statements, for a batch with what is written down of the job.
  /** Each address once; due at once when the job is over. */
  add(job: string, url: string): Statement
  /** The new job tells whom the old one told; at once when it is over. */
  copy(from: string, to: string): Statement
  /** Now they are due, if the job is over. */
  release(job: string): Statement
}

const IS_OVER = "job.status in ('completed', 'failed', 'cancelled')"

export function createCallbacks(sql: Pick<Sql, 'query' | 'dialect'>, now: () => number): Callbacks {
  const { query } = sql
  // A job that ends at this moment releases either what we add, or has ended when we look.
  const { take, hold } = locksOf(sql)
  return {
    async claim(leaseMs) {
      const text = `update job_callback set due_at = ?, attempts = attempts + 1 where (job, url) =
        (select job, url from job_callback where due_at <= ? order by due_at limit 1${take}) returning job, url, attempts`
      const [row] = await query(text, now() + leaseMs, now())
      return row && { job: textIn(row, 'job'), url: textIn(row, 'url'), attempt: numberIn(row, 'attempts') }
    },
    async settle({ job, url }, status) {
      const text = 'update job_callback set status = ?, due_at = null where job = ? and url = ?'
      await query(text, status, job, url)
    },
    async again({ job, url }, delayMs) {
      await query('update job_callback set due_at = ? where job = ? and url = ?', now() + delayMs, job, url)
    },
    async repeat(job) {
      const text = `update job_callback set status = 'pending', attempts = 0, due_at = ? where job = ?
        and exists (select 1 from job where id = ? and ${IS_OVER}) returning url`
      return (await query(text, now(), job, job)).length
    },
    add: (job, url) => [
      `insert into job_callback (job, url, status, attempts, due_at)
       select id, cast(? as text), 'pending', 0, case when ${IS_OVER} then cast(? as bigint) end from job where id = ?${hold}
       on conflict do nothing`,
      url,
      now(),
      job,
    ],
    copy: (from, to) => [
      `insert into job_callback (job, url, status, attempts, due_at)
       select job.id, old.url, 'pending', 0, case when ${IS_OVER} then cast(? as bigint) end
       from job_callback old, job where old.job = ? and job.id = ?${hold}
       on conflict do nothing`,
      now(),
      from,
      to,
    ],
    release: (job) => [
      `update job_callback set due_at = ? where job = ? and status = 'pending' and due_at is null
       and exists (select 1 from job where id = ? and ${IS_OVER})`,
      now(),
      job,
      job,
    ],
  }
}
