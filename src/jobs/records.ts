/**
 * What is written down of jobs. Whatever queue delivers them, and however often: the row decides. A delivery writes
 * only as long as it is the last one that began, and only while the job is being worked on.
 */
import { textIn } from '../database/sql.ts'
import type { Sql, SqlRow, SqlValue, Statement } from '../platform.ts'
import {
  JOB_STATES,
  type CallbackStatus,
  type Job,
  type JobFailure,
  type JobState,
  type JobType,
  type Lane,
} from './job.ts'

export interface JobFilter {
  readonly status?: JobState
  readonly type?: JobType
  readonly hash?: string
  readonly source?: string
  /** The page after this job, newest first. */
  readonly after?: string
  readonly limit: number
}

/** A job that is not yet one. */
export type NewJob = Pick<
  Job,
  'id' | 'type' | 'lane' | 'source' | 'hash' | 'options' | 'task' | 'fingerprint' | 'retryOf' | 'token'
>

export interface JobRecords {
  find(id: string): Promise<Job | undefined>
  /** The one that equal requests share. */
  findCurrent(fingerprint: string): Promise<Job | undefined>
  list(filter: JobFilter): Promise<Job[]>
  /** A delivery begins. Undefined when there is nothing to do any more. */
  start(id: string, lease: string): Promise<Job | undefined>
  /** Progress never falls. @param endsAt when the job is expected to be done; absent: nobody can tell */
  report(id: string, lease: string, progress: number, endsAt?: number): Promise<void>
  /** What is there so far, for those who look, and for the next try. */
  save(id: string, lease: string, results: unknown): Promise<void>
  /** The delivery has ended of a job that was cancelled: nobody is at it any more. */
  letGo(id: string, lease: string): Promise<void>
  setHash(id: string, hash: string): Promise<void>
  /** Takes away jobs that were over before `time`; returns how many. */
  prune(time: number): Promise<number>
  run(statement: Statement): Promise<void>
  // Statements, for a batch with what becomes of the queue's entry.
  /** Writes nothing where an equal job is current. */
  insert(job: NewJob): Statement
  /** What a completed job made is gone: an equal request makes a new one. */
  supersede(id: string): Statement
  complete(id: string, lease: string, results: unknown): Statement
  /** It is tried again. */
  requeue(id: string, lease: string, error?: JobFailure): Statement
  fail(id: string, lease: string, error: JobFailure): Statement
  /** Writes nothing when the job is over. Returns its id. */
  cancel(id: string): Statement
}

const CHANGED = 'version = version + 1, updated_at = ?'
const LEASED = "id = ? and lease = ? and status = 'processing'"
const PRUNE_PAGE = 200
const COLUMNS = `job.*, (select case
    when sum(case when c.status = 'pending' then 1 else 0 end) > 0 then 'pending'
    when sum(case when c.status = 'callback_failed' then 1 else 0 end) > 0 then 'callback_failed'
    when count(*) > 0 then 'sent' end
  from job_callback c where c.job = job.id) as callback_status`

export function createJobRecords(
  { query, batch }: Pick<Sql, 'query' | 'batch'>,
  now: () => number,
): JobRecords {
  const one = async (text: string, ...values: SqlValue[]) => {
    const [row] = await query(text, ...values)
    return row && toJob(row)
  }
  return {
    find: (id) => one(`select ${COLUMNS} from job where id = ?`, id),
    findCurrent: (fingerprint) =>
      one(`select ${COLUMNS} from job where fingerprint = ? and is_current = 1`, fingerprint),

    async list({ limit, after, ...equal }) {
      const wanted = Object.entries(equal).filter(([, value]) => value !== undefined)
      const conditions = [
        ...wanted.map(([name]) => `${name} = ?`),
        ...(after === undefined ? [] : ['id < ?']),
      ]
      const values = [...wanted.map(([, value]) => value as string), ...(after === undefined ? [] : [after])]
      const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
      return (
        await query(`select ${COLUMNS} from job ${where} order by id desc limit ?`, ...values, limit)
      ).map(toJob)
    },

    start: (id, lease) =>
      one(
        `update job set status = 'processing', lease = ?, ${CHANGED}
         where id = ? and status in ('queued', 'processing') returning *`,
        lease,
        now(),
        id,
      ),

    async report(id, lease, progress, endsAt) {
      const text = `update job set progress = ?, ends_at = ?, ${CHANGED} where ${LEASED} and progress <= ?`
      await query(text, progress, endsAt ?? null, now(), id, lease, progress)
    },
    async save(id, lease, results) {
      const text = `update job set results = ?, ${CHANGED} where ${LEASED}`
      await query(text, JSON.stringify(results), now(), id, lease)
    },

    async letGo(id, lease) {
      await query(
        "update job set lease = null where id = ? and lease = ? and status = 'cancelled'",
        id,
        lease,
      )
    },

    async setHash(id, hash) {
      await query('update job set hash = ? where id = ? and hash is null', hash, id)
    },

    run: async (statement) => void (await query(...statement)),

    async prune(time) {
      const finals = JOB_STATES.slice(2)
      let pruned = 0
      for (const status of finals) {
        const old = `select id from job where status = ? and updated_at < ? order by updated_at, id limit ${PRUNE_PAGE}`
        const [, gone] = await batch([
          [`delete from job_callback where job in (${old})`, status, time],
          [`delete from job where id in (${old}) returning id`, status, time],
        ])
        pruned += gone?.length ?? 0
      }
      return pruned
    },

    insert: (job) => [
      `insert into job (id, type, lane, source, hash, options, task, fingerprint, is_current, status, progress,
        retry_of, token, version, created_at, updated_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, 1, 'queued', 0, ?, ?, 1, ?, ?) on conflict do nothing`,
      job.id,
      job.type,
      job.lane,
      job.source,
      job.hash ?? null,
      JSON.stringify(job.options),
      JSON.stringify(job.task),
      job.fingerprint,
      job.retryOf ?? null,
      job.token,
      now(),
      now(),
    ],
    supersede: (id) => ["update job set is_current = 0 where id = ? and status = 'completed'", id],
    complete: (id, lease, results) => [
      `update job set status = 'completed', progress = 100, ends_at = null, results = ?, error = null,
       ${CHANGED} where ${LEASED}`,
      JSON.stringify(results),
      now(),
      id,
      lease,
    ],
    requeue: (id, lease, error) => [
      `update job set status = 'queued', progress = 0, ends_at = null, error = coalesce(?, error), ${CHANGED} where ${LEASED}`,
      error === undefined ? null : JSON.stringify(error),
      now(),
      id,
      lease,
    ],
    fail: (id, lease, error) => [
      `update job set status = 'failed', is_current = 0, ends_at = null, error = ?, ${CHANGED} where ${LEASED}`,
      JSON.stringify(error),
      now(),
      id,
      lease,
    ],
    cancel: (id) => [
      `update job set status = 'cancelled', is_current = 0, ends_at = null, ${CHANGED}
       where id = ? and status in ('queued', 'processing') returning id`,
      now(),
      id,
    ],
  }
}

function toJob(row: SqlRow): Job {
  const text = (name: string) => textIn(row, name)
  const optional = (name: string) => (row[name] === null ? undefined : text(name))
  const json = (name: string) => (row[name] === null ? undefined : (JSON.parse(text(name)) as unknown))
  return {
    id: text('id'),
    type: text('type') as JobType,
    lane: text('lane') as Lane,
    source: text('source'),
    hash: optional('hash'),
    options: json('options'),
    task: json('task'),
    fingerprint: text('fingerprint'),
    status: text('status') as JobState,
    progress: Number(row['progress']),
    endsAt: row['ends_at'] === null ? undefined : Number(row['ends_at']),
    retryOf: optional('retry_of'),
    error: json('error') as JobFailure | undefined,
    results: json('results'),
    callbackStatus: row['callback_status'] ? (text('callback_status') as CallbackStatus) : undefined,
    token: text('token'),
    version: Number(row['version']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  }
}
