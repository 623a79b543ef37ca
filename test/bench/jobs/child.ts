/**
 * One measurement of a queue, in a process of its own: `child.ts empty QUEUE DATABASE JOBS [REDIS]` or `child.ts claim QUEUE DATABASE WAITING`.
 * Prints numbers: jobs a second from order to completion and microseconds of the processor for each, or microseconds of a claim (median).
 */
import { quantile } from '../../../scripts/stage/service.ts'
import { openServerDelivery } from '../../../runtimes/server/bullmq.ts'
import { openServerSql } from '../../../runtimes/server/database.ts'
import { migrate } from '../../../src/database/migrations.ts'
import { createCallbacks } from '../../../src/jobs/callbacks.ts'
import { houseName } from '../../../src/jobs/house.ts'
import { LANES } from '../../../src/jobs/job.ts'
import { JOB_MIGRATIONS } from '../../../src/jobs/migrations.ts'
import { openQueue } from '../../../src/jobs/open-queue.ts'
import { createJobRecords, type NewJob } from '../../../src/jobs/records.ts'
import { createSqlQueue } from '../../../src/jobs/sql-queue.ts'
import { createJobWorker } from '../../../src/jobs/worker.ts'
import { createLogger } from '../../../src/observe/log.ts'
import type { Queue, Sql } from '../../../src/platform.ts'

const now = () => Date.now()
const LEASE_MS = 15_000
const newToken = () => crypto.randomUUID()

const [what = '', name = '', database = '', count = '', redis = ''] = process.argv.slice(2)
const sql = (await openServerSql(database)) as Sql
await migrate(sql, JOB_MIGRATIONS)

interface Opened {
  readonly queue: Queue
  /** Called when there may be something to take. */
  listen(listener: () => void): void
  close(): Promise<void>
}

/** By the name on the command line; another queue is another row here and in `main.ts`. */
const QUEUES: Readonly<Record<string, () => Promise<Opened>>> = {
  embedded: async () => ({
    queue: createSqlQueue({ sql, leaseMs: LEASE_MS, now, newToken }),
    listen: () => undefined,
    close: async () => undefined,
  }),
  bullmq: openThroughRedis,
}

async function openThroughRedis(): Promise<Opened> {
  const house = { lanes: Object.keys(LANES), leaseMs: LEASE_MS, name: () => houseName(sql) }
  const delivery = await openServerDelivery(redis, house)
  const logger = createLogger({ level: 'silent', write: () => undefined, now })
  const random = () => 0.5
  const opened = openQueue({ sql, delivery, logger, leaseMs: LEASE_MS, now, newToken, random })
  opened.courier?.start()
  return {
    queue: opened.queue,
    listen: (listener) => delivery.pull?.listen(listener),
    async close() {
      await opened.courier?.drain()
      await delivery.close()
    },
  }
}

/** The package alone: the job is nowhere but in the Redis. */
async function bareJobsPerSecond(jobs: number): Promise<string> {
  const { Queue: Bare, Worker } = await import('bullmq')
  const { hostname: host, port } = new URL(redis)
  const connection = { host, port: Number(port), maxRetriesPerRequest: null }
  const options = { removeOnComplete: true, removeOnFail: true }
  const bare = new Bare('bare', { connection, defaultJobOptions: options })
  const ended: (() => void)[] = []
  let completed = 0
  const worker = new Worker('bare', async () => ({}), { connection, concurrency: 16 })
  worker.on('completed', () => {
    completed++
    ended.shift()?.()
  })
  let ordered = 0
  async function client(until: number): Promise<void> {
    while (ordered < until) {
      const job = newJob(ordered++)
      const end = new Promise<void>((resolve) => ended.push(resolve))
      await bare.add('render', { task: job.task, options: job.options }, { jobId: job.id })
      await end
    }
  }
  const speed = await speedOf(jobs, client, () => completed)
  await worker.close()
  await bare.close()
  return speed
}

/** Orders are taken in by many at a time; a tenth of them goes before. */
async function speedOf(
  jobs: number,
  client: (until: number) => Promise<void>,
  completed: () => number,
): Promise<string> {
  const run = (until: number) => Promise.all(Array.from({ length: ORDERS }, () => client(until)))
  await run(Math.ceil(jobs / 10))
  const [begun, spent, warm] = [performance.now(), process.cpuUsage(), completed()]
  await run(jobs)
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(spent)
  const done = completed() - warm
  return `${done / seconds} ${(user + system) / done}`
}

/** Orders that are on their way at a time. */
const ORDERS = 32

/** What an order asks of the database before it is accepted is asked here too. */
async function jobsPerSecond(jobs: number, { queue, listen }: Opened): Promise<string> {
  const records = createJobRecords(sql, now)
  const callbacks = createCallbacks(sql, now)
  let completed = 0
  const ended: (() => void)[] = []
  const worker = createJobWorker({
    onTry: () => undefined,
    queue,
    records,
    callbacks,
    now,
    timeoutMs: 60_000,
    work: { run: async () => ({}), failed: async () => undefined },
    logger: createLogger({
      level: 'info',
      now,
      write: (line) => {
        if (!line.includes('"job completed"')) return
        completed++
        ended.shift()?.()
      },
    }),
    sizes: { main: 16, large: 0 },
    leaseMs: LEASE_MS,
    pollMs: 1000,
    keepMs: 1_000_000_000,
    random: () => 0.5,
  })
  listen(() => worker.wake())
  worker.start()
  let ordered = 0
  async function order(): Promise<void> {
    const job = newJob(ordered++)
    if (await records.findCurrent(job.fingerprint)) throw new Error('ordered twice')
    if (await queue.isFull(10_000)) throw new Error('full')
    await queue.add(job.id, [records.insert(job)])
    await records.find(job.id)
    const end = new Promise<void>((resolve) => ended.push(resolve))
    worker.wake()
    await end
  }
  async function client(until: number): Promise<void> {
    while (ordered < until) await order()
  }
  const speed = await speedOf(jobs, client, () => completed)
  await worker.drain(1000)
  const [row] = await sql.query("select count(*) as n from job where status = 'completed'")
  if (Number(row?.['n']) !== completed) throw new Error('not every job was completed')
  return speed
}

function newJob(serial: number): NewJob {
  const id = `0${String(serial).padStart(12, '0')}`
  const task = { plan: '{}', subject: { origin: 'files', path: '/files/a.jpg', tags: [] } }
  const options = { width: serial, format: 'webp' }
  const rest = { source: '/files/a.jpg', hash: undefined, retryOf: undefined, token: id }
  return { id, type: 'render', lane: 'default', options, task, fingerprint: id, ...rest }
}

const CLAIMS = 300
/** Rows that are put in with one statement. */
const PAGE = 50_000

async function claimCost(waiting: number, { queue }: Opened): Promise<number> {
  const numbers =
    sql.dialect === 'postgres'
      ? 'select n from generate_series(cast(? as int), cast(? as int)) n'
      : 'with recursive s(n) as (select ? union all select n + 1 from s where n < ?) select n from s'
  const insert = `insert into job_queue (job, lane, state, ready_at, deliveries)
    select 'job-' || n, 'default', 0, n, 0 from (${numbers}) as numbers`
  for (let from = 1; from <= waiting; from += PAGE)
    await sql.query(insert, from, Math.min(waiting, from + PAGE - 1))
  if (sql.dialect === 'postgres') await sql.query('analyze job_queue')
  const times: number[] = []
  for (let claim = 0; claim < CLAIMS; claim++) {
    const begun = performance.now()
    if (!(await queue.claim(['default']))) throw new Error('nothing was claimed')
    times.push(1000 * (performance.now() - begun))
  }
  return quantile(times.slice(CLAIMS / 6), 0.5)
}

if (name === 'bare') console.log(await bareJobsPerSecond(Number(count)))
else {
  const open = QUEUES[name]
  if (!open) throw new Error(`there is no queue "${name}"`)
  const opened = await open()
  const measure = what === 'empty' ? jobsPerSecond : claimCost
  console.log(await measure(Number(count), opened))
  await opened.close()
}
await sql.close()
