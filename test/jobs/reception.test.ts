/**
 * Jobs that a Cloudflare Queue brings, offline: D1 and a Queue of miniflare. Of the contract of queues all holds but what
 * is about who gets the next one, which the Queue decides: `claim` here is the database's, as where nothing brings jobs.
 */
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createQueueDelivery, deliverBatch, type QueueLike } from '../../runtimes/workers/queue-delivery.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { createD1Sql, type D1Like } from '../../src/database/d1.ts'
import { migrate } from '../../src/database/migrations.ts'
import { MediaError } from '../../src/error.ts'
import { createCallbacks } from '../../src/jobs/callbacks.ts'
import type { Job } from '../../src/jobs/job.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createNotedQueue } from '../../src/jobs/noted-queue.ts'
import { createOutbox } from '../../src/jobs/outbox.ts'
import { createReception } from '../../src/jobs/reception.ts'
import { createJobRecords, type NewJob } from '../../src/jobs/records.ts'
import { createSqlQueue, placeStatement } from '../../src/jobs/sql-queue.ts'
import { createJobWorker } from '../../src/jobs/worker.ts'
import { createLogger } from '../../src/observe/log.ts'
import type { Notice, Sql } from '../../src/platform.ts'
import { describeQueue, newJob } from '../contracts/queue.ts'

const LEASE_MS = 1000
const DATABASES = Array.from({ length: 16 }, (_, index) => `DB${index}`)
/** Keeps what the Queue brings, and gives it back to the tests. */
const SCRIPT = `const seen = []
export default {
  fetch: () => Response.json(seen.splice(0)),
  queue(batch) { for (const { body } of batch.messages) seen.push(body) },
}`

let miniflare: Miniflare
let database = 0
let serial = 0

beforeAll(async () => {
  miniflare = new Miniflare({
    modules: true,
    script: SCRIPT,
    cf: false,
    d1Databases: DATABASES,
    queueProducers: { JOBS: { queueName: 'jobs' } },
    queueConsumers: { jobs: { maxBatchSize: 1, maxBatchTimeout: 0 } },
  })
  await miniflare.ready
})
afterAll(() => miniflare.dispose())

async function openD1(): Promise<Sql> {
  const d1: unknown = await miniflare.getD1Database(DATABASES[database++] ?? '')
  const sql = createD1Sql(d1 as D1Like)
  await migrate(sql, JOB_MIGRATIONS)
  return sql
}

const openJobs = async () =>
  createQueueDelivery((await miniflare.getQueueProducer('JOBS')) as unknown as QueueLike)

describeQueue('what a Cloudflare Queue is told of, on D1', async () => {
  let now = 1_700_000_000_000
  const sql = await openD1()
  const clock = { sql, leaseMs: LEASE_MS, now: () => now, newToken: () => `t${serial++}` }
  const outbox = createOutbox(sql, await openJobs())
  const onFault = (cause: unknown) => {
    throw cause
  }
  const open = () =>
    createNotedQueue({ ...clock, places: createSqlQueue(clock), outbox, tellsAgain: true, onFault })
  return { ...clock, queue: open(), other: open(), pass: async (ms) => void (now += ms) }
})

/** A Worker whose Queue keeps what it was told, and breaks when asked to. */
async function stage(run: (job: Job) => Promise<unknown> = async ({ id }) => id) {
  const sql = await openSqlite(':memory:')
  await migrate(sql, JOB_MIGRATIONS)
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead
  const told: Notice[] = []
  const queueOfCloudflare = { isDown: false }
  const put = async (notices: readonly Notice[]) => {
    if (queueOfCloudflare.isDown) throw new Error('the Queue is down')
    told.push(...notices)
  }
  const common = { sql, leaseMs: LEASE_MS, now, newToken: () => `t${serial++}`, onFault: () => undefined }
  const outbox = createOutbox(sql, { put })
  const queue = createNotedQueue({ ...common, places: createSqlQueue(common), outbox, tellsAgain: true })
  const records = createJobRecords(sql, now)
  const callbacks = createCallbacks(sql, now)
  const worker = createJobWorker({
    onTry: () => undefined,
    ...common,
    queue,
    records,
    callbacks,
    timeoutMs: 60_000,
    pollMs: 1000,
    keepMs: 1e9,
    work: { run, failed: async () => undefined },
    logger: createLogger({ level: 'silent', write: () => undefined, now }),
    sizes: { main: 1, large: 1 },
    random: () => 0.5,
  })
  const reception = createReception({
    ...common,
    outbox,
    work: (lease) => worker.work(lease),
    chores: async () => undefined,
  })
  async function add(fields: Partial<NewJob> = {}): Promise<string> {
    const job = newJob(fields)
    await queue.add(job.id, [records.insert(job)])
    return job.id
  }
  const receive = (job: string, isLast = false) => reception.receive({ job, isLast })
  return { sql, queue, records, reception, outbox, add, receive, told, clock, now, queueOfCloudflare }
}

describe('a job that is brought', () => {
  test('is told of with its lane, in a message of a few bytes, when it can be had', async () => {
    const delivery = await openJobs()
    await delivery.put([{ job: 'a', lane: 'large', readyAt: 0 }])
    await delivery.put([{ job: 'b', lane: 'default', readyAt: Date.now() + 1500 }])
    const seen: unknown[] = []
    const brought = async () => {
      seen.push(...((await (await miniflare.dispatchFetch('http://m.test/')).json()) as unknown[]))
      return seen.filter((body) => ['a', 'b'].includes((body as { job: string }).job))
    }
    await expect.poll(brought, { timeout: 900 }).toEqual([{ job: 'a', lane: 'large' }])
    await expect.poll(brought, { timeout: 5000 }).toHaveLength(2)
  })

  test('is worked on once, however often and by however many it is brought', async () => {
    const runs: string[] = []
    const { add, receive, records } = await stage(async ({ id }) => {
      runs.push(id)
      await new Promise((resolve) => setTimeout(resolve, 100))
      return 'made'
    })
    const id = await add()
    const answers = await Promise.all([receive(id), receive(id), receive(id)])
    expect(answers.filter((again) => again === undefined)).toHaveLength(1)
    for (const again of answers) if (again !== undefined) expect(again).toBeGreaterThan(LEASE_MS / 2)
    expect([await receive(id), runs, (await records.find(id))?.results]).toEqual([undefined, [id], 'made'])
    expect(await receive('of somebody else')).toBeUndefined()
  })

  test('is to be brought again when its next try is due, until there is none', async () => {
    const { add, receive, records, clock } = await stage(async () => {
      throw new MediaError('SOURCE_FAILED')
    })
    const id = await add()
    for (const [least, most] of [
      [900, 2000],
      [1900, 4000],
      [3900, 8000],
    ] as const) {
      const again = (await receive(id))!
      expect(again).toBeGreaterThan(least)
      expect(again).toBeLessThanOrEqual(most)
      const early = (await receive(id))!
      expect(early).toBeGreaterThan(0)
      clock.ahead += again
    }
    expect(await receive(id)).toBeUndefined()
    expect(await records.find(id)).toMatchObject({ status: 'failed', error: { code: 'SOURCE_FAILED' } })
  })

  test('for the last time fails as one that its workers die of, and is not worked on', async () => {
    const runs: string[] = []
    const { add, receive, records } = await stage(async ({ id }) => runs.push(id))
    const id = await add()
    expect(await receive(id, true)).toBeUndefined()
    expect([await records.find(id), runs]).toMatchObject([
      { status: 'failed', error: { code: 'JOB_STALLED' } },
      [],
    ])
  })

  test('in a paused lane stays where it is, and is told of again with the lane', async () => {
    const { add, receive, queue, told, records } = await stage()
    const id = await add()
    await queue.pause('default')
    expect([await receive(id), (await records.find(id))?.status]).toEqual([undefined, 'queued'])
    told.splice(0)
    await queue.resume('default')
    expect(told).toMatchObject([{ job: id, lane: 'default' }])
    await receive(id)
    expect((await records.find(id))?.status).toBe('completed')
  })
})

describe('a job that is not brought', () => {
  test('because the Queue was down, or the Worker died before it told it, is told of by whoever is next', async () => {
    const { sql, add, records, outbox, receive, reception, told, now, queueOfCloudflare } = await stage()
    queueOfCloudflare.isDown = true
    const refused = await add()
    const unsaid = newJob()
    await sql.batch([records.insert(unsaid), placeStatement(unsaid.id, now()), outbox.note(unsaid.id)])
    queueOfCloudflare.isDown = false
    expect(told).toEqual([])
    const later = await add()
    await receive(later)
    expect(told.map(({ job }) => job).toSorted()).toEqual([refused, unsaid.id, later].toSorted())
    await reception.tidy()
    expect(told).toHaveLength(3)
  })

  test('because the Queue has lost it is told of again after a while, and once', async () => {
    const { add, reception, told, clock, queue } = await stage()
    const [lost, held] = [await add(), await add({ lane: 'large' })]
    await queue.pause('large')
    told.splice(0)
    await reception.tidy()
    expect(told).toEqual([])
    clock.ahead += 601_000
    await reception.tidy()
    await reception.tidy()
    expect(told.map(({ job }) => job)).toEqual([lost])
    clock.ahead += 1
    await reception.tidy(0)
    expect(told.map(({ job }) => job)).toEqual([lost, lost])
    expect(held).not.toBe(lost)
  })
})

describe('a batch', () => {
  test('is acknowledged message by message, delayed by whole seconds, and taken as last from a queue of the dead', async () => {
    const done: string[] = []
    const message = (body: unknown) => ({
      body,
      ack: () => void done.push(`ack ${JSON.stringify(body)}`),
      retry: ({ delaySeconds }: { delaySeconds: number }) =>
        void done.push(`retry ${JSON.stringify(body)} in ${delaySeconds}`),
    })
    const lines: string[] = []
    const answers: Record<string, number | undefined> = { later: 1200, much: 1e12 }
    const receive = async ({ job, isLast }: { job: string; isLast: boolean }) => {
      if (job === 'broken') throw new Error('no database')
      return isLast ? 5000 : answers[job]
    }
    const jobs = ['over', 'later', 'much', 'broken'].map((job) => message({ job, lane: 'default' }))
    const log = (line: string) => void lines.push(line)
    await deliverBatch(
      { queue: 'jobs', messages: [...jobs, message('nonsense'), message(null)] },
      receive,
      log,
    )
    await deliverBatch({ queue: 'jobs-dlq', messages: [message({ job: 'x' })] }, receive, log)
    expect(done).toEqual([
      'ack {"job":"over","lane":"default"}',
      'retry {"job":"later","lane":"default"} in 2',
      'retry {"job":"much","lane":"default"} in 43200',
      'retry {"job":"broken","lane":"default"} in 30',
      'ack "nonsense"',
      'ack null',
      'retry {"job":"x"} in 5',
    ])
    expect(lines).toEqual([expect.stringContaining('no database')])
  })
})
