/**
 * Jobs that whoever delivers them has not been told of. A row is written with the job and its place, in one step, and goes
 * when it was told: a crash in between has it told again, which changes nothing.
 */
import { numberIn, placeholders, textIn } from '../database/sql.ts'
import type { Delivery, Notice, Sql, SqlRow, Statement } from '../platform.ts'

export interface Outbox {
  /** For the batch in which the job gets its place. Gives the row that was written, if there was one to write. */
  note(job: string): Statement
  /** Tells it of these jobs. */
  send(notices: readonly Notice[]): Promise<void>
  /** Tells it of all that wait to be told of; others may do the same. Returns how many. */
  sendAll(): Promise<number>
  /** Tells it again of all that wait in a lane. */
  sendLane(lane: string): Promise<void>
  /** Tells it again of what could have been had `overdueMs` ago, and is from now on. */
  sendOverdue(now: number, overdueMs: number): Promise<void>
}

/** As many as D1 takes in one statement. */
const PAGE = 90

export function createOutbox(sql: Pick<Sql, 'query'>, delivery: Pick<Delivery, 'put'>): Outbox {
  async function send(notices: readonly Notice[]): Promise<void> {
    for (let at = 0; at < notices.length; at += PAGE) {
      const page = notices.slice(at, at + PAGE)
      await delivery.put(page)
      const jobs = page.map(({ job }) => job)
      await sql.query(`delete from job_outbox where job in (${placeholders(jobs.length)})`, ...jobs)
    }
  }
  return {
    note: (job) => [
      `insert into job_outbox (job, lane, ready_at) select job, lane, ready_at from job_queue where job = ?
       on conflict (job) do nothing returning job, lane, ready_at`,
      job,
    ],
    send,
    async sendAll() {
      for (let sent = 0; ;) {
        const rows = await sql.query(
          'select job, lane, ready_at from job_outbox order by ready_at, job limit ?',
          PAGE,
        )
        await send(rows.map(toNotice))
        sent += rows.length
        if (rows.length < PAGE) return sent
      }
    },
    async sendLane(lane) {
      for (let after = ''; ;) {
        const rows = await sql.query(
          'select job, lane, ready_at from job_queue where lane = ? and job > ? order by job limit ?',
          lane,
          after,
          PAGE,
        )
        await send(rows.map(toNotice))
        if (rows.length < PAGE) return
        after = textIn(rows.at(-1), 'job')
      }
    },
    async sendOverdue(now, overdueMs) {
      const overdue = `select job from job_queue where ready_at <= ? and ready_at < ?
        and lane not in (select lane from job_pause) order by ready_at, job limit ?`
      for (;;) {
        const rows = await sql.query(
          `update job_queue set ready_at = ? where job in (${overdue}) returning job, lane, ready_at`,
          now,
          now - overdueMs,
          now,
          PAGE,
        )
        await send(rows.map(toNotice))
        if (rows.length < PAGE) return
      }
    },
  }
}

export function toNotice(row: SqlRow): Notice {
  return { job: textIn(row, 'job'), lane: textIn(row, 'lane'), readyAt: numberIn(row, 'ready_at') }
}
