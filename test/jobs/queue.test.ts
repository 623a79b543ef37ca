import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openPostgres } from '../../runtimes/server/postgres.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { createD1Sql, type D1Like } from '../../src/database/d1.ts'
import { migrate } from '../../src/database/migrations.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createCallbacks } from '../../src/jobs/callbacks.ts'
import { createJobRecords } from '../../src/jobs/records.ts'
import { claimStatement, createSqlQueue } from '../../src/jobs/sql-queue.ts'
import type { Sql } from '../../src/platform.ts'
import { describeQueue, newJob } from '../contracts/queue.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../support/postgres.ts'

const DATABASES = Array.from({ length: 20 }, (_, index) => `DB${index}`)
const LEASE_MS = 1000
let miniflare: Miniflare
let folder: string
let serial = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-queue-'))
  miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response() }',
    cf: false,
    d1Databases: DATABASES,
  })
  await miniflare.ready
})
afterAll(async () => {
  await miniflare.dispose()
  await rm(folder, { recursive: true, force: true })
})

async function underTest(sql: Sql, second: Sql = sql) {
  let now = 1_700_000_000_000
  let tokens = 0
  await Promise.all([migrate(sql, JOB_MIGRATIONS), migrate(second, JOB_MIGRATIONS)])
  const options = { leaseMs: LEASE_MS, now: () => now, newToken: () => `t${tokens++}` }
  return {
    sql,
    queue: createSqlQueue({ ...options, sql }),
    other: createSqlQueue({ ...options, sql: second }),
    leaseMs: LEASE_MS,
    now: () => now,
    async pass(ms: number) {
      now += ms
    },
  }
}

describeQueue('one SQLite file, two connections', async () => {
  const path = join(folder, `${serial++}.db`)
  return underTest(await openSqlite(path), await openSqlite(path))
})

let database = 0
describeQueue('D1', async () => {
  const d1: unknown = await miniflare.getD1Database(DATABASES[database++] ?? '')
  return underTest(createD1Sql(d1 as D1Like))
})

// Debian's package of that name; .ci/run installs it.
const POSTGRES = hasPostgres() ? 'a real PostgreSQL' : 'a real PostgreSQL, which is not installed here'
describe.runIf(hasPostgres())(`with ${POSTGRES}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  describeQueue('PostgreSQL', async () => {
    const place = server.newPlace()
    const [sql, second] = [await openPostgres(place), await openPostgres(place)]
    onTestFinished(() => second.close())
    return underTest(sql, second)
  })

  test('the claim is a step into the index, whatever waits, and passes over what others take', async () => {
    const sql = await openPostgres(server.newPlace())
    await migrate(sql, JOB_MIGRATIONS)
    await sql.batch([
      [
        `insert into job_queue (job, lane, state, ready_at, deliveries)
        select 'job-' || n, 'default', 0, n, 0 from generate_series(1, 20000) n`,
      ],
      ['analyze job_queue'],
    ])
    const claim = claimStatement(sql, {
      lanes: ['critical', 'default'],
      token: 't',
      now: 20_000,
      leaseMs: LEASE_MS,
    })
    const [text, ...values] = claim
    const plan = (await sql.query(`explain ${text}`, ...values)).map((row) => String(row['QUERY PLAN']))
    const lines = plan.filter((line) => /LockRows|Index Scan|Seq Scan|Sort/.test(line)).map(nodeOf)
    expect(lines.filter((line) => line === 'LockRows')).toHaveLength(4)
    expect(lines.filter((line) => line === 'Index Scan using job_queue_next')).toHaveLength(4)
    expect(lines.filter((line) => /Sort|Seq Scan on job_queue/.test(line))).toEqual([])
    await sql.close()
  })

  test('one that claims does not wait for another that has not finished claiming', async () => {
    const place = server.newPlace()
    const [sql, other] = [await openPostgres(place), await openPostgres(place)]
    const { queue, now } = await underTest(sql, other)
    const records = createJobRecords(sql, now)
    const jobs = [newJob(), newJob()]
    for (const job of jobs) await queue.add(job.id, [records.insert(job)])
    const claim = claimStatement(other, {
      lanes: ['critical', 'default'],
      token: 'slow',
      now: now(),
      leaseMs: LEASE_MS,
    })
    const slow = other.batch([claim, ['select pg_sleep(0.5)']])
    const hasBegun = async () =>
      (await sql.query("select 1 from pg_stat_activity where query like 'select pg_sleep%'")).length
    await expect.poll(hasBegun, { interval: 10 }).toBe(1)
    expect((await queue.claim(['default']))?.job).toBe(jobs[1]?.id)
    expect(await hasBegun()).toBe(1)
    expect((await slow)[0]).toMatchObject([{ job: jobs[0]?.id }])
    expect(await queue.claim(['default'])).toBeUndefined()
    await Promise.all([sql.close(), other.close()])
  })

  test('an address that is added at the moment in which the job ends is told, by one of those who look', async () => {
    const place = server.newPlace()
    const [sql, other] = [await openPostgres(place), await openPostgres(place)]
    const { queue, now } = await underTest(sql, other)
    const [records, callbacks] = [createJobRecords(sql, now), createCallbacks(sql, now)]
    const job = newJob()
    await queue.add(job.id, [records.insert(job), callbacks.add(job.id, 'http://a/')])
    const lease = (await queue.claim(['default']))!
    await records.start(job.id, lease.token)
    const ending = [records.complete(job.id, lease.token, {}), callbacks.release(job.id)]
    const end = other.batch([...ending, ['select pg_sleep(0.3)']])
    const isEnding = async () =>
      (await sql.query("select 1 from pg_stat_activity where query like 'select pg_sleep%'")).length
    await expect.poll(isEnding, { interval: 10 }).toBe(1)
    await records.run(callbacks.add(job.id, 'http://b/'))
    await end
    const looks = [sql, other, sql, other].map((one) => createCallbacks(one, now).claim(1000))
    const told = (await Promise.all(looks)).flatMap((due) => due?.url ?? [])
    expect(told.toSorted()).toEqual(['http://a/', 'http://b/'])
    await Promise.all([sql.close(), other.close()])
  })
})

/** A line of a plan without its figures. */
const nodeOf = (line: string) =>
  line
    .replace(/^[\s>-]+/, '')
    .replace(/ on job_queue job_queue_\d+|  \(cost.*| on job_queue  .*/g, '')
    .trim()

describe('the claim', () => {
  test('is a step into the index, whatever waits', async () => {
    const sql = await openSqlite(':memory:')
    await migrate(sql, JOB_MIGRATIONS)
    const [text, ...values] = claimStatement(sql, {
      lanes: ['critical', 'default'],
      token: 't',
      now: 0,
      leaseMs: LEASE_MS,
    })
    const plan = (await sql.query(`explain query plan ${text}`, ...values)).map((row) =>
      String(row['detail']),
    )
    expect(plan.filter((line) => line.includes('job_queue_next'))).toHaveLength(4)
    expect(plan.filter((line) => /SCAN (?!CONSTANT)|TEMP B-TREE/.test(line))).toEqual([])
    await sql.close()
  })

  test('costs about the same before a long line as before a short one', async () => {
    const costOf = async (waiting: number) => {
      const sql = await openSqlite(':memory:')
      await migrate(sql, JOB_MIGRATIONS)
      const records = createJobRecords(sql, () => 1)
      for (let i = 0; i < waiting; i += 500)
        await sql.batch(Array.from({ length: Math.min(500, waiting - i) }, () => records.insert(newJob())))
      await sql.query(
        `insert into job_queue (job, lane, state, ready_at, deliveries) select id, lane, 0, 1, 0 from job`,
      )
      const queue = createSqlQueue({ sql, leaseMs: LEASE_MS, now: () => 5, newToken: () => 't' })
      let best = Infinity
      for (let round = 0; round < 5; round++) {
        const begin = performance.now()
        for (let i = 0; i < 40; i++) expect(await queue.claim(['default'])).toBeDefined()
        best = Math.min(best, performance.now() - begin)
      }
      await sql.close()
      return best
    }
    expect(await costOf(20_000)).toBeLessThan((await costOf(300)) * 4 + 5)
  })
})
