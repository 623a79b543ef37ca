/** The worker's loop over a real queue: who gets a job, how often, and what is written down of it. */
import { afterEach, describe, expect, test } from 'vitest'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { migrate } from '../../src/database/migrations.ts'
import { MediaError } from '../../src/error.ts'
import { createCallbacks } from '../../src/jobs/callbacks.ts'
import type { JobBudget } from '../../src/jobs/attempt.ts'
import type { Job } from '../../src/jobs/job.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createJobRecords, type NewJob } from '../../src/jobs/records.ts'
import { createSqlQueue } from '../../src/jobs/sql-queue.ts'
import { createJobWorker, type JobWorker } from '../../src/jobs/worker.ts'
import { createLogger } from '../../src/observe/log.ts'
import { newJob } from '../contracts/queue.ts'

type Run = (job: Job, budget: JobBudget) => Promise<unknown>

const LEASE_MS = 150
const cleanUps: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function stage() {
  const sql = await openSqlite(':memory:')
  cleanUps.push(() => sql.close())
  await migrate(sql, JOB_MIGRATIONS)
  // Tries that wait for seconds are had at once.
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead
  const records = createJobRecords(sql, now)
  let serial = 0
  const queue = createSqlQueue({ sql, leaseMs: LEASE_MS, now, newToken: () => `t${serial++}` })
  const over: string[] = []

  function worker(run: Run, more: { main?: number; large?: number; timeoutMs?: number } = {}): JobWorker {
    const { main = 2, large = 1, timeoutMs = 60_000 } = more
    const one = createJobWorker({
      onTry: () => undefined,
      queue,
      records,
      callbacks: createCallbacks(sql, now),
      now,
      timeoutMs,
      work: { run, failed: async ({ id }) => void over.push(id) },
      logger: createLogger({ level: 'silent', write: () => undefined, now }),
      sizes: { main, large },
      leaseMs: LEASE_MS,
      pollMs: 15,
      keepMs: 1_000_000_000,
      random: () => 0.5,
    })
    cleanUps.push(() => one.drain(0))
    one.start()
    return one
  }
  async function add(fields: Partial<NewJob> = {}): Promise<string> {
    const job = newJob(fields)
    await queue.add(job.id, [records.insert(job)])
    return job.id
  }
  async function until(id: string, status: string): Promise<Job> {
    for (let i = 0; i < 300; i++) {
      const job = await records.find(id)
      if (job?.status === status) return job
      await sleep(10)
    }
    throw new Error(`never ${status}: ${JSON.stringify(await records.find(id))}`)
  }
  return { sql, queue, records, clock, worker, add, until, over }
}

describe('a worker', () => {
  test('works on what waits and writes down what came of it, and how far it is', async () => {
    const { worker, add, until, records } = await stage()
    const id = await add()
    const seen: number[] = []
    worker(async (job, { report }) => {
      await report(40)
      await report(10)
      seen.push((await records.find(job.id))?.progress ?? -1)
      return { made: job.id }
    })
    expect(await until(id, 'completed')).toMatchObject({ progress: 100, results: { made: id } })
    expect(seen).toEqual([40])
  })

  test('tries again what may pass, waits in between, and gives up in the end', async () => {
    const { worker, add, until, clock, over, queue, records } = await stage()
    const id = await add()
    const done = { tries: 0 }
    worker(async () => {
      done.tries++
      throw new MediaError('SOURCE_FAILED', 'down')
    })
    const triesAre = async (count: number) => {
      for (let i = 0; i < 400 && done.tries !== count; i++) await sleep(5)
      expect(done.tries).toBe(count)
    }
    for (let round = 1; round <= 3; round++) {
      await triesAre(round)
      const job = await until(id, 'queued')
      expect(job.error).toMatchObject({ code: 'SOURCE_FAILED' })
      expect(await queue.counts()).toMatchObject([{ delayed: 1, waiting: 0 }])
      await sleep(40)
      expect(done.tries).toBe(round)
      clock.ahead += 2000 * 2 ** round
    }
    expect(await until(id, 'failed')).toMatchObject({ error: { code: 'SOURCE_FAILED', message: 'down' } })
    expect([done.tries, over]).toEqual([4, [id]])
    expect(await records.list({ status: 'failed', limit: 5 })).toHaveLength(1)
  })

  test('does not try again what cannot become better', async () => {
    const { worker, add, until, over } = await stage()
    const id = await add()
    let tries = 0
    worker(async () => {
      tries++
      throw new MediaError('CORRUPT_MEDIA')
    })
    expect(await until(id, 'failed')).toMatchObject({ error: { code: 'CORRUPT_MEDIA' } })
    expect([tries, over]).toEqual([1, [id]])
  })

  test('ends a try that takes too long', async () => {
    const { worker, add, until } = await stage()
    const id = await add()
    worker((_, { signal }) => untilStopped(signal), { timeoutMs: 30 })
    expect(await until(id, 'failed')).toMatchObject({ error: { code: 'TRANSFORM_TIMEOUT' } })
  })

  test('keeps a job for longer than a lease, so that it is done once', async () => {
    const { worker, add, until } = await stage()
    const id = await add()
    const ran: string[] = []
    const run = (name: string) => async () => {
      ran.push(name)
      await sleep(LEASE_MS * 3)
      return name
    }
    worker(run('one'))
    worker(run('two'))
    await until(id, 'completed')
    expect(ran).toHaveLength(1)
  })

  test('takes over what a dead one held', async () => {
    const { worker, add, until, queue, records } = await stage()
    const id = await add()
    const dead = (await queue.claim(['default']))!
    await records.start(id, dead.token)
    worker(async () => 'taken over')
    expect(await until(id, 'completed')).toMatchObject({ results: 'taken over' })
    expect(await queue.finish(dead, [records.complete(id, dead.token, 'late')])).toBe(false)
    expect((await records.find(id))?.results).toBe('taken over')
  })

  test('does not take over for ever what its workers die of', async () => {
    const { worker, add, until, queue, records, clock } = await stage()
    const id = await add()
    for (let death = 0; death < 4; death++) {
      const lease = (await queue.claim(['default']))!
      await records.start(id, lease.token)
      clock.ahead += LEASE_MS + 1
    }
    let tries = 0
    worker(async () => tries++)
    expect(await until(id, 'failed')).toMatchObject({ error: { code: 'JOB_STALLED' } })
    expect(tries).toBe(0)
  })

  test('stops when its job is called off: here at once, elsewhere with the next heartbeat', async () => {
    const { worker, add, until, queue, records } = await stage()
    const stopped: string[] = []
    const one = worker(async (job, { signal }) => {
      await untilStopped(signal).catch(() => stopped.push(job.id))
      throw signal.reason
    })
    const [here, elsewhere] = [await add(), await add()]
    await until(here, 'processing')
    await until(elsewhere, 'processing')
    for (const id of [here, elsewhere]) await queue.remove(id, [records.cancel(id)])
    one.abandon(here)
    while (stopped.length < 2) await sleep(5)
    expect(stopped).toEqual([here, elsewhere])
    expect([(await records.find(here))?.status, (await records.find(elsewhere))?.status]).toEqual([
      'cancelled',
      'cancelled',
    ])
  })

  test('works on so many at a time, and on large ones besides', async () => {
    const { worker, add, until } = await stage()
    const running = { default: 0, large: 0, critical: 0 }
    const most = { ...running }
    const ids = []
    for (let i = 0; i < 5; i++) ids.push(await add())
    for (let i = 0; i < 3; i++) ids.push(await add({ lane: 'large' }))
    worker(async ({ lane }) => {
      most[lane] = Math.max(most[lane], ++running[lane])
      await sleep(25)
      running[lane]--
    })
    for (const id of ids) await until(id, 'completed')
    expect(most).toEqual({ default: 2, large: 1, critical: 0 })
  })

  test('that ends lets work finish within the grace, and gives back what does not', async () => {
    const { worker, add, until, queue, records } = await stage()
    const [quick, slow] = [await add(), await add()]
    const ending = worker(async (job, { signal }) => {
      if (job.id === quick) return sleep(60)
      await untilStopped(signal)
    })
    await until(quick, 'processing')
    await until(slow, 'processing')
    const later = await add()
    await ending.drain(150)
    await ending.drain(150)
    expect((await records.find(quick))?.status).toBe('completed')
    expect(await records.find(slow)).toMatchObject({ status: 'queued', error: undefined })
    expect((await records.find(later))?.status).toBe('queued')
    // Neither a lease to wait for, nor a try that counts.
    expect(await queue.claim(['default'])).toMatchObject({ attempt: 1 })
    expect(await queue.claim(['default'])).toMatchObject({ attempt: 1 })
  })

  test('works on one job when asked to, where nothing runs between requests', async () => {
    const { queue, records, add, sql } = await stage()
    const now = () => Date.now()
    const one = createJobWorker({
      onTry: () => undefined,
      queue,
      records,
      callbacks: createCallbacks(sql, now),
      now,
      leaseMs: LEASE_MS,
      timeoutMs: 1000,
      pollMs: 15,
      keepMs: 1e9,
      work: { run: async () => 'done', failed: async () => undefined },
      logger: createLogger({ level: 'silent', write: () => undefined, now }),
      sizes: { main: 1, large: 1 },
      random: () => 0.5,
    })
    const [first, large] = [await add(), await add({ lane: 'large' })]
    expect([await one.runOne(), await one.runOne(), await one.runOne()]).toEqual([true, true, false])
    expect((await records.find(first))?.results).toBe('done')
    expect((await records.find(large))?.results).toBe('done')
    await one.drain(0)
    await add()
    expect(await one.runOne()).toBe(false)
    expect(await sql.query('select count(*) as n from job_queue')).toEqual([{ n: 1 }])
  })

  test('forgets what has been over for long', async () => {
    const { worker, add, until, records, clock } = await stage()
    const id = await add()
    const one = worker(async () => 'done')
    await until(id, 'completed')
    clock.ahead += 1_000_000_000 + 700_000
    one.wake()
    for (let i = 0; i < 100 && (await records.find(id)); i++) await sleep(10)
    expect(await records.find(id)).toBeUndefined()
  })
})

function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
