/** Workers over a PostgreSQL that goes away while they work. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres } from '../../runtimes/server/postgres.ts'
import { migrate } from '../../src/database/migrations.ts'
import { createCallbacks } from '../../src/jobs/callbacks.ts'
import type { Job } from '../../src/jobs/job.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createJobRecords } from '../../src/jobs/records.ts'
import { createSqlQueue } from '../../src/jobs/sql-queue.ts'
import { createJobWorker } from '../../src/jobs/worker.ts'
import { createLogger } from '../../src/observe/log.ts'
import { newJob } from '../contracts/queue.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../support/postgres.ts'

const LEASE_MS = 3000
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

// Debian's package of that name; .ci/run installs it.
const POSTGRES = hasPostgres() ? 'a real PostgreSQL' : 'a real PostgreSQL, which is not installed here'
describe.runIf(hasPostgres())(`with ${POSTGRES}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())
  const cleanUps: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  })

  /** As in a process of its own: another pool, other tokens. */
  async function process(place: string, run: (job: Job) => Promise<unknown>) {
    // Less patient than an outage is long.
    const sql = await openPostgres(place, { connectMs: 500, patienceMs: 100 })
    cleanUps.push(() => sql.close())
    await migrate(sql, JOB_MIGRATIONS)
    const now = () => Date.now()
    const records = createJobRecords(sql, now)
    const queue = createSqlQueue({ sql, leaseMs: LEASE_MS, now, newToken: () => crypto.randomUUID() })
    const worker = createJobWorker({
      onTry: () => undefined,
      queue,
      records,
      callbacks: createCallbacks(sql, now),
      now,
      timeoutMs: 60_000,
      work: { run, failed: async () => undefined },
      logger: createLogger({ level: 'silent', write: () => undefined, now }),
      sizes: { main: 3, large: 0 },
      leaseMs: LEASE_MS,
      pollMs: 50,
      keepMs: 1_000_000_000,
      random: () => 0.5,
    })
    cleanUps.push(() => worker.drain(0))
    return { sql, queue, records, worker }
  }

  test('what was done while it was away is written down when it is back, and not done again', async () => {
    let runs = 0
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const { queue, records, worker } = await process(server.newPlace(), async () => {
      runs++
      await held
      return { made: true }
    })
    const job = newJob()
    await queue.add(job.id, [records.insert(job)])
    worker.start()
    await expect.poll(() => runs).toBe(1)
    await server.crash()
    letGo()
    await sleep(700)
    await server.restart()
    const ended = async () => (await records.find(job.id))?.results
    await expect.poll(ended, { timeout: 5000 }).toEqual({ made: true })
    expect(runs).toBe(1)
  })

  test('two workers and two restarts: each job ends once, and is claimed by one at a time', async () => {
    const place = server.newPlace()
    const working = new Set<string>()
    const together: string[] = []
    const work = async ({ id }: Job) => {
      if (working.has(id)) together.push(id)
      working.add(id)
      await sleep(60)
      working.delete(id)
      return { id }
    }
    const [one, two] = [await process(place, work), await process(place, work)]
    const jobs = Array.from({ length: 60 }, () => newJob())
    for (const job of jobs) await one.queue.add(job.id, [one.records.insert(job)])
    one.worker.start()
    two.worker.start()
    for (let outage = 0; outage < 2; outage++) {
      await sleep(250)
      await server.crash()
      await sleep(200)
      await server.restart()
    }
    const left = async () =>
      (await one.sql.query("select count(*) as n from job where status <> 'completed'"))[0]?.['n']
    await expect.poll(left, { timeout: 15_000, interval: 200 }).toBe(0)
    expect(together).toEqual([])
    const results = await one.sql.query("select results from job where status = 'completed'")
    expect(results.map(({ results: text }) => (JSON.parse(String(text)) as Job).id).toSorted()).toEqual(
      jobs.map(({ id }) => id),
    )
    expect(await one.sql.query('select job from job_queue')).toEqual([])
  })
})
