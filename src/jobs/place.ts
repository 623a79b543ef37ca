/** The place of one job in the queue, taken by whoever was brought the job. The place decides, not who brought it. */
import { numberIn, textIn } from '../database/sql.ts'
import type { Sql } from '../platform.ts'

export type Taken =
  | { readonly kind: 'taken'; readonly lane: string; readonly attempt: number }
  /** Somebody has it, or it is to be tried later. */
  | { readonly kind: 'later'; readonly until: number }
  | { readonly kind: 'paused'; readonly lane: string }
  /** It has none: it is over. */
  | { readonly kind: 'over' }

const TAKE = `update job_queue set state = 1, ready_at = ?, token = ?, deliveries = deliveries + 1
  where job = ? and ready_at <= ? and not exists (select 1 from job_pause where lane = job_queue.lane)
  returning lane, deliveries`
const LOOK = `select lane, ready_at, (select count(*) from job_pause where lane = job_queue.lane) as paused
  from job_queue where job = ?`

/** Undefined: it has none. */
export async function placeOf(
  { query }: Pick<Sql, 'query'>,
  job: string,
): Promise<{ readonly readyAt: number } | undefined> {
  const [place] = await query(LOOK, job)
  return place && { readyAt: numberIn(place, 'ready_at') }
}

/** @param until milliseconds since the epoch at which the lease ends */
export async function takePlace(
  { query }: Pick<Sql, 'query'>,
  job: string,
  token: string,
  { now, until }: { readonly now: number; readonly until: number },
): Promise<Taken> {
  const [row] = await query(TAKE, until, token, job, now)
  if (row) return { kind: 'taken', lane: textIn(row, 'lane'), attempt: numberIn(row, 'deliveries') }
  const [place] = await query(LOOK, job)
  if (!place) return { kind: 'over' }
  if (numberIn(place, 'paused') > 0) return { kind: 'paused', lane: textIn(place, 'lane') }
  return { kind: 'later', until: numberIn(place, 'ready_at') }
}
