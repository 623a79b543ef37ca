/** What every `Queue` does, together with the records of jobs. */
import { describe, expect, test } from 'vitest'
import { migrated } from '../../src/database/migrated.ts'
import type { Job } from '../../src/jobs/job.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import { createJobRecords, type JobRecords, type NewJob } from '../../src/jobs/records.ts'
import type { Lease, Queue, Sql } from '../../src/platform.ts'

export interface QueueUnderTest {
  readonly sql: Sql
  readonly queue: Queue
  /** Another process's view of the same jobs. */
  readonly other: Queue
  /** Milliseconds that a lease lasts here. */
  readonly leaseMs: number
  now(): number
  /** Lets time go by. */
  pass(ms: number): Promise<void>
}

let serial = 0

export function newJob(fields: Partial<NewJob> = {}): NewJob {
  const id = `job-${String(serial++).padStart(6, '0')}`
  return {
    id,
    type: 'render',
    lane: 'default',
    source: '/files/a.jpg',
    hash: undefined,
    options: { width: 100 },
    task: {},
    fingerprint: id,
    retryOf: undefined,
    token: `token-${id}`,
    ...fields,
  }
}

interface Stage extends QueueUnderTest {
  readonly records: JobRecords
  add(fields?: Partial<NewJob>): Promise<string>
  stateOf(id: string): Promise<string | undefined>
}

export function describeQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  async function stage(): Promise<Stage> {
    const given = await open()
    const sql = migrated(given.sql, JOB_MIGRATIONS)
    const records = createJobRecords(sql, given.now)
    return {
      ...given,
      records,
      async add(fields) {
        const job = newJob(fields)
        await given.queue.add(job.id, [records.insert(job)])
        return job.id
      },
      stateOf: async (id) => (await records.find(id))?.status,
    }
  }

  async function claimAll(queue: Queue, lanes = ['default']): Promise<Lease[]> {
    const leases: Lease[] = []
    for (let lease = await queue.claim(lanes); lease; lease = await queue.claim(lanes)) leases.push(lease)
    return leases
  }

  describe(`queue: ${name}`, () => {
    test('a job and its place are one: both or neither', async () => {
      const { queue, records, stateOf, sql } = await stage()
      const job = newJob()
      await expect(queue.add(job.id, [records.insert(job), ['nonsense']])).rejects.toThrow()
      expect(await stateOf(job.id)).toBeUndefined()
      expect(await queue.claim(['default'])).toBeUndefined()
      await queue.add(job.id, [records.insert(job)])
      expect(await stateOf(job.id)).toBe('queued')
      expect(await queue.claim(['default'])).toMatchObject({ job: job.id, lane: 'default', attempt: 1 })
      await sql.close()
    })

    test('equal jobs have one record and one place, however many ask at once', async () => {
      const { queue, other, records, sql } = await stage()
      const jobs = Array.from({ length: 12 }, () => newJob({ fingerprint: 'same' }))
      await Promise.all(jobs.map((job, i) => (i % 2 ? queue : other).add(job.id, [records.insert(job)])))
      expect(await records.list({ limit: 50 })).toHaveLength(1)
      expect(await claimAll(queue)).toHaveLength(1)
      await sql.close()
    })

    test('first come, first served in a lane; lanes in the order asked for', async () => {
      const { queue, add, pass, sql } = await stage()
      const large = await add({ lane: 'large' })
      const first = await add()
      await pass(5)
      const second = await add()
      const critical = await add({ lane: 'critical' })
      const served = (await claimAll(queue, ['critical', 'default'])).map(({ job }) => job)
      expect(served).toEqual([critical, first, second])
      expect((await claimAll(queue, ['large'])).map(({ job }) => job)).toEqual([large])
      await sql.close()
    })

    test('each is delivered to one of many who ask at once', async () => {
      const { queue, other, add, sql } = await stage()
      const added = []
      for (let i = 0; i < 20; i++) added.push(await add())
      const claims = await Promise.all(
        Array.from({ length: 30 }, (_, i) => (i % 2 ? queue : other).claim(['default'])),
      )
      const served = claims.flatMap((lease) => lease?.job ?? [])
      expect(served.toSorted()).toEqual(added)
      await sql.close()
    })

    test('what a silent worker held goes to another; the one that extends keeps it', async () => {
      const { queue, other, add, pass, leaseMs, sql } = await stage()
      const job = await add()
      const lost = await queue.claim(['default'])
      await pass(leaseMs * 0.7)
      expect(await queue.extend(lost!)).toBe(true)
      await pass(leaseMs * 0.7)
      expect(await other.claim(['default'])).toBeUndefined()
      await pass(leaseMs * 0.5)
      const taken = await other.claim(['default'])
      expect(taken).toMatchObject({ job, attempt: 2 })
      expect(taken?.token).not.toBe(lost?.token)
      expect(await queue.extend(lost!)).toBe(false)
      expect(await other.extend(taken!)).toBe(true)
      await sql.close()
    })

    test('what was taken over does not wait behind what came later', async () => {
      const { queue, add, pass, leaseMs, sql } = await stage()
      const job = await add()
      await queue.claim(['default'])
      for (let i = 0; i < 3; i++) await add()
      await pass(leaseMs * 1.1)
      expect(await queue.claim(['default'])).toMatchObject({ job })
      await sql.close()
    })

    test.each(['before', 'after'])(
      'two deliveries leave one result: the slow one ends %s the other begins',
      async (when) => {
        const { queue, other, records, add, pass, leaseMs, stateOf, sql } = await stage()
        const id = await add()
        const slow = (await queue.claim(['default']))!
        expect(await records.start(id, slow.token)).toMatchObject({ id, status: 'processing' })
        await pass(leaseMs * 1.1)
        const fresh = (await other.claim(['default']))!
        const endSlow = () => queue.finish(slow, [records.complete(id, slow.token, { by: 'slow' })])
        if (when === 'before') expect(await endSlow()).toBe(false)
        const begun = await records.start(id, fresh.token)
        expect(begun === undefined).toBe(when === 'before')
        await other.finish(fresh, begun ? [records.complete(id, fresh.token, { by: 'fresh' })] : [])
        if (when === 'after') expect(await endSlow()).toBe(false)
        const expected = when === 'before' ? 'slow' : 'fresh'
        expect(await records.find(id)).toMatchObject({ status: 'completed', results: { by: expected } })
        await pass(leaseMs * 2)
        expect([await queue.claim(['default']), await stateOf(id)]).toEqual([undefined, 'completed'])
        await sql.close()
      },
    )

    test('a job that is put back is delivered after its time, and counts its tries', async () => {
      const { queue, records, add, pass, stateOf, sql } = await stage()
      const id = await add()
      const first = (await queue.claim(['default']))!
      await records.start(id, first.token)
      const error = { code: 'SOURCE_FAILED', message: 'down' } as const
      const back = [records.requeue(id, first.token, error)]
      expect(await queue.putBack(first, { delayMs: 300, counts: true }, back)).toBe(true)
      expect(await records.find(id)).toMatchObject({ status: 'queued', error })
      expect(await queue.claim(['default'])).toBeUndefined()
      await pass(330)
      const second = (await queue.claim(['default']))!
      expect(second.attempt).toBe(2)
      await records.start(id, second.token)
      await queue.putBack(second, { delayMs: 0, counts: false }, [records.requeue(id, second.token)])
      expect((await queue.claim(['default']))?.attempt).toBe(2)
      expect(await queue.putBack(second, { delayMs: 0, counts: true }, [])).toBe(false)
      expect(await stateOf(id)).toBe('queued')
      await sql.close()
    })

    test('a cancelled job is not delivered, and whoever works on it learns of it', async () => {
      const { queue, other, records, add, stateOf, sql } = await stage()
      const [waiting, working] = [await add({ lane: 'large' }), await add()]
      const lease = (await queue.claim(['default']))!
      await records.start(working, lease.token)
      for (const id of [waiting, working]) await other.remove(id, [records.cancel(id)])
      expect([await stateOf(waiting), await stateOf(working)]).toEqual(['cancelled', 'cancelled'])
      expect(await queue.claim(['large'])).toBeUndefined()
      expect(await queue.extend(lease)).toBe(false)
      await queue.finish(lease, [records.complete(working, lease.token, {})])
      expect(await records.find(working)).toMatchObject({ status: 'cancelled', results: undefined })
      await sql.close()
    })

    test('a failed job is kept, and an equal one may follow it', async () => {
      const { queue, records, add, sql } = await stage()
      const first: Job['id'] = await add({ fingerprint: 'twice' })
      const lease = (await queue.claim(['default']))!
      await records.start(first, lease.token)
      const error = { code: 'CORRUPT_MEDIA', message: 'no' } as const
      expect(await queue.finish(lease, [records.fail(first, lease.token, error)])).toBe(true)
      expect(await records.find(first)).toMatchObject({ status: 'failed', error })
      const second = await add({ fingerprint: 'twice', retryOf: first })
      expect(await queue.claim(['default'])).toMatchObject({ job: second, attempt: 1 })
      expect(await records.list({ status: 'failed', limit: 9 })).toMatchObject([{ id: first }])
      await sql.close()
    })

    test('is full from a number on, whoever works on what is in it', async () => {
      const { queue, add, sql } = await stage()
      await add()
      expect(await queue.isFull(2)).toBe(false)
      await add({ lane: 'large' })
      await queue.claim(['default'])
      expect([await queue.isFull(2), await queue.isFull(3)]).toEqual([true, false])
      await sql.close()
    })

    test('a paused lane delivers nothing and goes on with what it delivered; counts tell', async () => {
      const { queue, other, records, add, sql } = await stage()
      const [one] = [await add(), await add(), await add({ lane: 'critical' })]
      const lease = (await queue.claim(['default']))!
      await queue.pause('default')
      await queue.pause('default')
      expect(await other.claim(['default'])).toBeUndefined()
      expect(await other.claim(['default', 'critical'])).toMatchObject({ lane: 'critical' })
      expect(await queue.extend(lease)).toBe(true)
      await records.start(one, lease.token)
      await queue.putBack(lease, { delayMs: 60_000, counts: true }, [records.requeue(one, lease.token)])
      expect(await queue.counts()).toEqual([
        { lane: 'critical', waiting: 0, delayed: 0, active: 1, paused: false },
        { lane: 'default', waiting: 1, delayed: 1, active: 0, paused: true },
      ])
      await other.resume('default')
      expect(await queue.claim(['default'])).toMatchObject({ attempt: 1 })
      await sql.close()
    })
  })
}
