/**
 * The queue that needs nothing but the database. A job that waits and one that is worked on are the same row: a lease is
 * only a time until which nobody else gets it, so that what a dead worker held comes back by itself.
 */
import { locksOf, numberIn, textIn } from '../database/sql.ts'
import type { LaneCounts, Queue, Sql, Statement } from '../platform.ts'

export interface SqlQueueOptions {
  readonly sql: Sql
  /** Milliseconds that a lease lasts. */
  readonly leaseMs: number
  /** Milliseconds since the epoch; the same on all machines, to within a lease. */
  now(): number
  /** Names a delivery: never the same twice. */
  newToken(): string
}

/** `job_queue.state` */
const WAITING = 0
const LEASED = 1

/** The next of a lane: one step into the index, however many wait. */
const nextOf = (state: number, lock: string) =>
  `(select job from job_queue where lane = ? and state = ${state} and ready_at <= ?
    and not exists (select 1 from job_pause where lane = ?) order by ready_at, job limit 1${lock})`

/**
 * What `claim` runs, for who wants to see how the database goes about it: one statement, whatever the lanes are. In each of
 * them, leases that ended go first: they waited already.
 */
export function claimStatement(
  sql: Pick<Sql, 'dialect'>,
  { lanes, token, now, leaseMs }: { lanes: readonly string[]; token: string; now: number; leaseMs: number },
): Statement {
  const { take } = locksOf(sql)
  const candidates = lanes.flatMap(() => [nextOf(LEASED, take), nextOf(WAITING, take)])
  return [
    `update job_queue set state = ${LEASED}, ready_at = ?, token = ?, deliveries = deliveries + 1
     where job = coalesce(${candidates.join(', ')}) returning job, lane, deliveries`,
    now + leaseMs,
    token,
    ...lanes.flatMap((lane) => [lane, now, lane, lane, now, lane]),
  ]
}

/** A job that is written down as `queued` gets its place, once. */
export function placeStatement(job: string, now: number): Statement {
  return [
    `insert into job_queue (job, lane, state, ready_at, deliveries)
     select id, lane, ${WAITING}, cast(? as bigint), 0 from job where id = ? and status = 'queued'
     on conflict (job) do nothing`,
    now,
    job,
  ]
}

export function createSqlQueue({ sql, leaseMs, now, newToken }: SqlQueueOptions): Queue {
  const { query, batch } = sql
  /** Runs the last statement with what goes before; whether it found its row. */
  const found = async (statements: readonly Statement[]) => (await batch(statements)).at(-1)?.length === 1
  return {
    add: (job, records) => batch([...records, placeStatement(job, now())]),

    async claim(lanes) {
      const token = newToken()
      const [row] = await query(...claimStatement(sql, { lanes, token, now: now(), leaseMs }))
      if (!row) return undefined
      return {
        job: textIn(row, 'job'),
        lane: textIn(row, 'lane'),
        token,
        attempt: numberIn(row, 'deliveries'),
      }
    },

    async extend({ job, token }) {
      const text = 'update job_queue set ready_at = ? where job = ? and token = ? returning job'
      return (await query(text, now() + leaseMs, job, token)).length === 1
    },

    finish: ({ job, token }, records) =>
      found([...records, ['delete from job_queue where job = ? and token = ? returning job', job, token]]),

    putBack: ({ job, token }, { delayMs, counts }, records) =>
      found([
        ...records,
        [
          `update job_queue set state = ${WAITING}, ready_at = ?, token = null, deliveries = deliveries - ?
           where job = ? and token = ? returning job`,
          now() + delayMs,
          counts ? 0 : 1,
          job,
          token,
        ],
      ]),

    remove: (job, records) =>
      batch([...records, ['delete from job_queue where job = ? returning lane', job]]),

    async pause(lane) {
      await query('insert into job_pause (lane) values (?) on conflict do nothing', lane)
    },
    async resume(lane) {
      await query('delete from job_pause where lane = ?', lane)
    },

    async isFull(most) {
      // Counts no further than it must.
      const [row] = await query(
        'select count(*) as jobs from (select 1 from job_queue limit ?) as first_jobs',
        most,
      )
      return numberIn(row, 'jobs') >= most
    },

    async counts() {
      const text = `select lane, sum(case when state = ${WAITING} and ready_at <= ? then 1 else 0 end) as waiting,
        sum(case when state = ${WAITING} and ready_at > ? then 1 else 0 end) as delayed,
        sum(case when state = ${LEASED} then 1 else 0 end) as active from job_queue group by lane`
      const paused = new Set((await query('select lane from job_pause')).map((row) => textIn(row, 'lane')))
      const rows = new Map((await query(text, now(), now())).map((row) => [textIn(row, 'lane'), row]))
      const names = [...new Set([...rows.keys(), ...paused])].toSorted()
      return names.map((lane): LaneCounts => {
        const row = rows.get(lane)
        const [waiting, delayed] = [numberIn(row, 'waiting'), numberIn(row, 'delayed')]
        return { lane, waiting, delayed, active: numberIn(row, 'active'), paused: paused.has(lane) }
      })
    },
  }
}
