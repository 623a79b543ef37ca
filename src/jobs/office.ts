/** All of the jobs of a process: the desk that takes them in, and the worker, where there is one. */
import type { Call, Later, Services } from '../context.ts'
import { migrated } from '../database/migrated.ts'
import { uuid7 } from '../lib/uuid7.ts'
import type { Sql } from '../platform.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { JOB_MIGRATIONS } from './migrations.ts'
import { createJobRecords } from './records.ts'
import { createRenderWork } from './render-job.ts'
import type { JobsSettings } from './settings.ts'
import { createSqlQueue } from './sql-queue.ts'
import { createJobWorker, type JobWorker } from './worker.ts'

export interface OfficeOptions {
  readonly sql: Sql
  readonly services: Services
  readonly settings: JobsSettings
  readonly inline: Later['inline']
  /** Whether jobs are worked on here. */
  readonly works: boolean
  /** False: only while a request is there. */
  readonly runsBetweenRequests: boolean
  /** From 0 to below 1. */
  random(): number
}

export interface Office {
  readonly jobs: Jobs
  /** Absent: others do the work. */
  readonly worker: JobWorker | undefined
}

/** How long a new job of another process waits for an idle worker at most. */
const POLL_MS = 1000

export function openOffice(options: OfficeOptions): Office {
  const { settings, services, random } = options
  const { now, logger } = services
  const sql = migrated(options.sql, JOB_MIGRATIONS)
  const records = createJobRecords(sql, now)
  const newToken = () => crypto.randomUUID().replaceAll('-', '')
  const queue = createSqlQueue({ sql, leaseMs: settings.leaseMs, now, newToken })
  const { leaseMs, timeoutMs, keepMs, sourceBytes, largeBytes } = settings
  const limits = { ...services.limits, sourceBytes, transformMs: timeoutMs, sourceMs: timeoutMs }
  const work = createRenderWork({
    services: { ...services, limits, later: undefined },
    onHash: ({ id }, hash) => records.setHash(id, hash),
  })
  const sizes = { main: settings.concurrency, large: settings.largeConcurrency }
  const clocks = { leaseMs, timeoutMs, keepMs, pollMs: POLL_MS, now, random }
  const worker = options.works
    ? createJobWorker({ queue, records, work, logger, sizes, ...clocks })
    : undefined

  function announce(waitUntil: Call['waitUntil']): void {
    if (options.runsBetweenRequests) worker?.wake()
    else if (worker) waitUntil(worker.runOne())
  }

  const jobs = createJobs({
    queue,
    records,
    services,
    sourceBytes,
    largeBytes,
    newToken,
    announce,
    inline: options.inline,
    newId: () => uuid7(now()),
    abandon: (job) => worker?.abandon(job),
  })
  return { jobs, worker }
}
