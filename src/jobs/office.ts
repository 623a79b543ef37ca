/** All of the jobs of a process: the desk that takes them in, and the worker, where there is one. */
import type { Call, Later, Services } from '../context.ts'
import { migrated } from '../database/migrated.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { uuid7 } from '../lib/uuid7.ts'
import type { Delivery, Driver, Platform, Sql } from '../platform.ts'
import { createArtifacts, type Artifacts } from './artifacts.ts'
import type { AttemptOptions, JobWork } from './attempt.ts'
import { createCallbacks } from './callbacks.ts'
import type { Courier } from './courier.ts'
import { createEraser, type Eraser } from './eraser.ts'
import type { Job } from './job.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { JOB_MIGRATIONS } from './migrations.ts'
import { openQueue } from './open-queue.ts'
import { createReception, type Reception } from './reception.ts'
import { createOutlook } from './outlook.ts'
import { createJobRecords } from './records.ts'
import { createRenderWork } from './render-job.ts'
import type { JobsSettings } from './settings.ts'
import { createFileWork } from './types/file-work.ts'
import { isFileType } from './types/options.ts'
import { createWebhooks, type Webhooks } from './webhooks.ts'
import { createJobWorker, type JobWorker } from './worker.ts'

export interface OfficeOptions {
  readonly sql: Sql
  /** Absent: workers take jobs from the database. */
  readonly delivery: Delivery | undefined
  readonly services: Services
  readonly settings: JobsSettings
  readonly inline: Later['inline']
  /** Whether jobs are worked on here. */
  readonly works: boolean
  /** False: only while a request is there. */
  readonly runsBetweenRequests: boolean
  readonly webhookSecret: string | undefined
  /** Where files that jobs make lie. @throws what opening the mount throws */
  openArtifacts(): Promise<Driver>
  readonly spool: Platform['spool']
  readonly publicUrl: string | undefined
  readonly outbound: { readonly safeFetch: SafeFetch; judge(url: URL): void }
  /** From 0 to below 1. */
  random(): number
  readonly onTry: AttemptOptions['onTry']
}

export interface Office {
  readonly jobs: Jobs
  readonly artifacts: Pick<Artifacts, 'find' | 'open'>
  readonly eraser: Eraser
  /** What goes on beside requests. */
  readonly background: Background
  /** Only where a queue of the platform brings jobs, and they are worked on here. */
  readonly reception: Reception | undefined
}

interface Background {
  start(): void
  /** Ends; what is not done within `graceMs` goes back to the queue. */
  drain(graceMs: number): Promise<void>
}

/** How long a new job of another process waits for an idle worker at most. */
const POLL_MS = 1000

export function openOffice(options: OfficeOptions): Office {
  const { settings, services, random } = options
  const { now, logger } = services
  const sql = migrated(options.sql, JOB_MIGRATIONS)
  const records = createJobRecords(sql, now)
  const callbacks = createCallbacks(sql, now)
  const newToken = () => crypto.randomUUID().replaceAll('-', '')
  const clock = { leaseMs: settings.leaseMs, now, newToken }
  const opened = openQueue({ ...clock, sql, delivery: options.delivery, logger, random })
  const { queue, courier, outbox, onFault } = opened
  const { leaseMs, timeoutMs, keepMs, sourceBytes, largeBytes } = settings
  const limits = { ...services.limits, sourceBytes, transformMs: timeoutMs, sourceMs: timeoutMs }
  const working = {
    services: { ...services, limits, later: undefined },
    onHash: ({ id }: Job, hash: string) => records.setHash(id, hash),
  }
  const artifacts = createArtifacts({
    sql,
    openDriver: options.openArtifacts,
    leaseMs,
    now,
    urlOf: (hash, name) => `${options.publicUrl ?? ''}/api/media/${hash}/${name}`,
    onFault: (message, cause) => logger.log('warn', message, { cause: String(cause) }),
  })
  const work = workByType(
    createRenderWork(working),
    createFileWork({ ...working, artifacts, spool: options.spool }),
  )
  const sizes = { main: settings.concurrency, large: settings.largeConcurrency }
  const clocks = { leaseMs, timeoutMs, keepMs, pollMs: POLL_MS, now, random }
  const worker = options.works
    ? createJobWorker({ queue, records, callbacks, work, logger, sizes, onTry: options.onTry, ...clocks })
    : undefined
  const { webhookSecret: secret, outbound } = options
  const webhooks =
    worker && secret !== undefined
      ? createWebhooks({
          callbacks,
          records,
          safeFetch: outbound.safeFetch,
          secret,
          logger,
          pollMs: POLL_MS,
          now,
        })
      : undefined

  function announce(waitUntil: Call['waitUntil']): void {
    if (options.runsBetweenRequests) worker?.wake()
    else if (worker && !options.delivery) waitUntil(worker.runOne().then(() => webhooks?.runDue()))
  }

  const jobs = createJobs({
    queue,
    records,
    callbacks,
    services,
    artifacts,
    waiting: settings.waiting,
    outlook: createOutlook(sql, queue, now),
    sourceBytes,
    largeBytes,
    newToken,
    announce,
    inline: options.inline,
    newId: () => uuid7(now()),
    judgeCallback: secret === undefined ? undefined : (url) => outbound.judge(url),
    async abandon(job) {
      // Where one request must not touch another's work, that hears of it with its next heartbeat.
      if (options.runsBetweenRequests) await worker?.abandon(job)
    },
  })
  const eraser = createEraser({ sql, jobs, artifacts, services, leaseMs, keepMs })
  if (worker) options.delivery?.pull?.listen(() => worker.wake())
  const reception =
    worker && outbox
      ? createReception({
          ...clock,
          sql,
          outbox,
          onFault,
          work: (lease) => worker.work(lease),
          async chores() {
            await webhooks?.runDue()
            await records.prune(now() - keepMs)
          },
        })
      : undefined
  return { jobs, artifacts, eraser, background: together(courier, worker, webhooks), reception }
}

function workByType(render: JobWork, files: JobWork): JobWork {
  const workOf = ({ type }: Job) => (isFileType(type) ? files : render)
  return {
    run: (job, budget) => workOf(job).run(job, budget),
    failed: (job, error) => workOf(job).failed(job, error),
  }
}

/** What ends last is told of, too, if it is quick. */
function together(
  courier: Courier | undefined,
  worker: JobWorker | undefined,
  webhooks: Webhooks | undefined,
): Background {
  return {
    start() {
      courier?.start()
      worker?.start()
      webhooks?.start()
    },
    async drain(graceMs) {
      await worker?.drain(graceMs)
      await webhooks?.drain()
      await courier?.drain()
    },
  }
}
