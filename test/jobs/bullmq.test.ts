/** BullMQ on a real Redis as what delivers jobs: the contract of queues, and what becomes of jobs when the Redis does not last. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openBullmq, openServerDelivery } from '../../runtimes/server/bullmq.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { migrate } from '../../src/database/migrations.ts'
import { createCallbacks } from '../../src/jobs/callbacks.ts'
import { createCourier } from '../../src/jobs/courier.ts'
import { createDeliveredQueue } from '../../src/jobs/delivered-queue.ts'
import { houseName } from '../../src/jobs/house.ts'
import { LANES, type Job } from '../../src/jobs/job.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createNotedQueue } from '../../src/jobs/noted-queue.ts'
import { createOutbox } from '../../src/jobs/outbox.ts'
import { createJobRecords, type NewJob } from '../../src/jobs/records.ts'
import { createSqlQueue, placeStatement } from '../../src/jobs/sql-queue.ts'
import { createJobWorker, type JobWorker } from '../../src/jobs/worker.ts'
import { createLogger } from '../../src/observe/log.ts'
import type { Sql } from '../../src/platform.ts'
import { describeQueue, newJob } from '../contracts/queue.ts'
import { freePort } from '../runtimes/ports.ts'
import { hasRedis, startRedis, type RedisData, type RedisServer } from '../support/redis-server.ts'

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const LEASE_MS = 1200
let folder: string
let serial = 0
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-bullmq-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** One process: its own connections, and the courier that runs beside them. */
async function openProcess(sql: Sql, url: string, { leaseMs = LEASE_MS, starts = true } = {}) {
  const lanes = Object.keys(LANES)
  const now = () => Date.now()
  await migrate(sql, JOB_MIGRATIONS)
  const delivery = await openBullmq(url, { lanes, leaseMs, name: () => houseName(sql) })
  const pull = delivery.pull!
  const clock = { leaseMs, now, newToken: () => `t${process.pid}-${serial++}` }
  const outbox = createOutbox(sql, delivery)
  const faults: unknown[] = []
  const common = {
    sql,
    delivery: pull,
    outbox,
    ...clock,
    onFault: (cause: unknown) => void faults.push(cause),
  }
  const courier = createCourier({ ...common, lanes, random: () => 0.5 })
  if (starts) courier.start()
  closing.push(async () => {
    await courier.drain()
    await delivery.close()
  })
  const noted = { ...common, places: createSqlQueue({ sql, ...clock }), tellsAgain: false }
  const queue = createDeliveredQueue({ ...common, places: createNotedQueue(noted) })
  const records = createJobRecords(sql, now)
  async function add(fields: Partial<NewJob> = {}): Promise<string> {
    const job = newJob(fields)
    await queue.add(job.id, [records.insert(job)])
    return job.id
  }
  function work(run: (job: Job) => Promise<unknown>, pollMs = 20): JobWorker {
    const worker = createJobWorker({
      onTry: () => undefined,
      queue,
      records,
      now,
      leaseMs,
      pollMs,
      callbacks: createCallbacks(sql, now),
      timeoutMs: 60_000,
      work: { run, failed: async () => undefined },
      logger: createLogger({ level: 'silent', write: () => undefined, now }),
      sizes: { main: 2, large: 1 },
      keepMs: 1e9,
      random: () => 0.5,
    })
    pull.listen(() => worker.wake())
    closing.push(() => worker.drain(0))
    worker.start()
    return worker
  }
  return { sql, queue, courier, delivery, pull, outbox, faults, records, add, work }
}
type Process = Awaited<ReturnType<typeof openProcess>>

async function openFile(): Promise<string> {
  return join(folder, `${serial++}.db`)
}

const REDIS = hasRedis() ? 'a real redis-server' : 'a real redis-server, which is not installed here'

describe.runIf(hasRedis())(`with ${REDIS}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.close())

  describeQueue('BullMQ, two processes', async () => {
    const path = await openFile()
    const sql = await openSqlite(path)
    const one = await openProcess(sql, server.url)
    const other = await openProcess(await openSqlite(path), server.url)
    // Nothing of it was done without the Redis.
    closing.push(async () => expect([...one.faults, ...other.faults].filter(isOfRedis)).toEqual([]))
    return {
      sql,
      queue: one.queue,
      other: other.queue,
      leaseMs: LEASE_MS,
      now: () => Date.now(),
      pass: sleep,
    }
  })

  /** Two processes that share a database. */
  async function two(url: string, options?: { leaseMs?: number; starts?: boolean }) {
    const path = await openFile()
    return [
      await openProcess(await openSqlite(path), url, options),
      await openProcess(await openSqlite(path), url, options),
    ] as const
  }
  const knows = async ({ pull }: Process, job: string, lane = 'default') =>
    (await pull.missing([{ job, lane, readyAt: 0 }])).length === 0
  const statusOf = async ({ records }: Process, id: string) => (await records.find(id))?.status

  test('an idle worker hears of a job of another process at once', async () => {
    const [orders, works] = await two(server.url)
    works.work(async () => 'done', 60_000)
    await sleep(100)
    const id = await orders.add()
    await expect.poll(() => statusOf(orders, id), { timeout: 900, interval: 20 }).toBe('completed')
  })

  test('what is over leaves nothing in the Redis', async () => {
    const [one] = await two(server.url)
    const [done, called] = [await one.add(), await one.add({ lane: 'large' })]
    expect([await knows(one, done), await knows(one, called, 'large')]).toEqual([true, true])
    const lease = (await one.queue.claim(['default']))!
    await one.records.start(done, lease.token)
    await one.queue.finish(lease, [one.records.complete(done, lease.token, {})])
    await one.queue.remove(called, [one.records.cancel(called)])
    expect([await knows(one, done), await knows(one, called, 'large')]).toEqual([false, false])
  })

  test('databases that share a Redis do not see the jobs of each other', async () => {
    const [one] = await two(server.url)
    const [stranger] = await two(server.url)
    const id = await one.add()
    expect(await stranger.queue.claim(['default'])).toBeUndefined()
    expect(await one.queue.claim(['default'])).toMatchObject({ job: id })
  })

  test('what was accepted and not told before a crash is told by another, and told twice is delivered once', async () => {
    const [dead, alive] = await two(server.url, { starts: false })
    const job = newJob()
    // As far as a process gets that is killed after the batch.
    await dead.sql.batch([
      dead.records.insert(job),
      placeStatement(job.id, Date.now()),
      dead.outbox.note(job.id),
    ])
    expect(await knows(alive, job.id)).toBe(false)
    expect(await alive.outbox.sendAll()).toBe(1)
    expect([await knows(alive, job.id), await alive.outbox.sendAll()]).toEqual([true, 0])
    // As far as one gets that is killed after telling.
    await alive.delivery.put([{ job: job.id, lane: 'default', readyAt: 0 }])
    expect(await alive.queue.claim(['default'])).toMatchObject({ job: job.id, attempt: 1 })
    expect(await alive.queue.claim(['default'])).toBeUndefined()
  })

  test('one that is popped by a process that dies before it has the place is had by another', async () => {
    const [dead, alive] = await two(server.url, { leaseMs: 300 })
    const id = await dead.add()
    expect(await dead.pull.take('default', 'of the dead')).toBe(id)
    expect(await alive.queue.claim(['default'])).toBeUndefined()
    await expect
      .poll(() => alive.queue.claim(['default']), { timeout: 2000, interval: 20 })
      .toMatchObject({ job: id, attempt: 1 })
  })

  describe('a Redis that is not there', () => {
    test('orders are accepted and worked on without it, at once; it is told when it is there', async () => {
      const port = await freePort()
      const [orders, works] = await two(`redis://127.0.0.1:${port}`)
      const begun = performance.now()
      const first = await orders.add()
      expect(performance.now() - begun).toBeLessThan(500)
      await expect(orders.delivery.check!()).rejects.toThrow('Redis does not answer')
      const lease = (await works.queue.claim(['default']))!
      expect(lease).toMatchObject({ job: first, attempt: 1 })
      await works.records.start(first, lease.token)
      expect(await works.queue.extend(lease)).toBe(true)
      expect(await works.queue.finish(lease, [works.records.complete(first, lease.token, {})])).toBe(true)
      const later = await orders.add({ lane: 'large' })
      await orders.queue.pause('critical')
      const late = await startRedis(port)
      try {
        await expect.poll(() => knows(works, later, 'large').catch(() => false), { timeout: 5000 }).toBe(true)
        const unsaid = () => orders.sql.query('select job from job_outbox')
        await expect.poll(unsaid, { timeout: 2000 }).toEqual([])
        expect(await works.queue.claim(['large'])).toMatchObject({ job: later })
        await expect(orders.delivery.check!()).resolves.toBeUndefined()
      } finally {
        await late.close()
      }
    })

    test('one that accepts connections and answers nothing holds nobody up for long', async () => {
      const frozen = await startRedis()
      try {
        const [orders, works] = await two(frozen.url, { leaseMs: 20_000 })
        await orders.add()
        expect(await works.queue.claim(['default'])).toBeDefined()
        frozen.freeze()
        const begun = performance.now()
        const ids = [await orders.add(), await orders.add(), await orders.add()]
        expect(await works.queue.claim(['default'])).toMatchObject({ job: ids[0] })
        expect(performance.now() - begun).toBeLessThan(3500)
        frozen.thaw()
        await expect.poll(() => knows(orders, ids[2]!).catch(() => false), { timeout: 5000 }).toBe(true)
      } finally {
        frozen.thaw()
        await frozen.close()
      }
    })

    test.each(['empty', 'with all that it knew', 'with what it knew a while ago'])(
      'killed again and again while jobs are worked on, and %s after it: each is done once',
      async (after) => {
        const data = {
          folder: await mkdtemp(join(folder, 'redis-')),
          isLogged: after === 'with all that it knew',
        }
        await killAgainAndAgain(
          after === 'empty' ? undefined : data,
          after === 'with what it knew a while ago',
        )
      },
    )

    async function killAgainAndAgain(data: RedisData | undefined, saves: boolean) {
      const port = await freePort()
      let redis = await startRedis(port, data)
      try {
        const [one, other] = await two(redis.url)
        const runs = new Map<string, number>()
        const run = async ({ id }: Job) => {
          runs.set(id, (runs.get(id) ?? 0) + 1)
          await sleep(40)
          return id
        }
        for (const process of [one, other]) process.work(run)
        const ids: string[] = []
        for (let round = 0; round < 3; round++) {
          for (let i = 0; i < 4; i++) ids.push(await one.add(), await other.add({ lane: 'large' }))
          if (saves) await save(redis.url)
          for (let i = 0; i < 4; i++) ids.push(await one.add(), await other.add({ lane: 'large' }))
          await sleep(50)
          await redis.close()
          ids.push(await one.add())
          await sleep(100)
          redis = await startRedis(port, data)
          ids.push(await other.add({ lane: 'critical' }))
        }
        const over = async () => (await one.records.list({ status: 'completed', limit: 200 })).length
        await expect.poll(over, { timeout: 15_000 }).toBe(ids.length)
        expect([...runs.values()].filter((count) => count !== 1)).toEqual([])
        expect(await one.sql.query('select job from job_queue')).toEqual([])
        // What it still knew of jobs that were over is dropped when it brings them.
        const notices = ids.flatMap((job) => Object.keys(LANES).map((lane) => ({ job, lane, readyAt: 0 })))
        const known = async () => notices.length - (await one.pull.missing(notices)).length
        await expect.poll(known, { timeout: 5000 }).toBe(0)
      } finally {
        await redis.close()
      }
    }

    test('that has forgotten everything is told of what waits, what is leased, and what is paused', async () => {
      const port = await freePort()
      let redis = await startRedis(port)
      try {
        const [one, other] = await two(redis.url, { leaseMs: 1500 })
        const [held, waits, large] = [await one.add(), await one.add(), await one.add({ lane: 'large' })]
        const lease = (await one.queue.claim(['default']))!
        expect(lease.job).toBe(held)
        await one.queue.pause('large')
        await redis.close()
        redis = await startRedis(port)
        const all = async () =>
          Promise.all([knows(other, held), knows(other, waits), knows(other, large, 'large')]).catch(() => [])
        await expect.poll(all, { timeout: 5000 }).toEqual([true, true, true])
        expect(await other.queue.extend(lease)).toBe(true)
        expect(await other.queue.claim(['default', 'large'])).toMatchObject({ job: waits, attempt: 1 })
        expect(await other.queue.claim(['default', 'large'])).toBeUndefined()
        await sleep(1650)
        const served = [await other.queue.claim(['default']), await other.queue.claim(['default'])]
        expect(served.map((one) => [one?.job, one?.attempt]).toSorted()).toEqual([
          [held, 2],
          [waits, 2],
        ])
        await other.queue.resume('large')
        expect(await one.queue.claim(['large'])).toMatchObject({ job: large })
      } finally {
        await redis.close()
      }
    })
  })
})

test('a Redis that goes as it is listened to again ends nothing', async () => {
  let subscriptions = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      for (const command of data.toString().split(/(?=\*\d+\r\n)/)) {
        if (/subscribe/i.test(command)) {
          if (subscriptions++ > 0) return void socket.destroy()
          const channel = command.trim().split('\r\n').at(-1)!
          socket.write(`*3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:1\r\n`)
          setTimeout(() => socket.destroy(), 50)
        } else if (/info\r\n$/i.test(command)) socket.write('$19\r\nredis_version:7.0.0\r\n')
        else socket.write('+OK\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const one = await openProcess(await openSqlite(':memory:'), `redis://127.0.0.1:${port}`, { starts: false })
  one.pull.listen(() => undefined)
  // A rejection that nobody takes fails the run.
  await expect.poll(() => subscriptions, { timeout: 5000 }).toBeGreaterThan(2)
  closing.push(async () => void server.close())
})

test('a Queue of Cloudflare is refused where there is none', async () => {
  await expect(
    openServerDelivery('cloudflare:JOBS', { lanes: [], leaseMs: 1, name: async () => '' }),
  ).rejects.toThrow('queue: exists on Cloudflare Workers only, expected "embedded" or redis://…')
})

async function save(url: string): Promise<void> {
  const client = new Redis(url)
  await client.save()
  client.disconnect()
}

const isOfRedis = (cause: unknown) => !String(cause).includes('database')
