/** When it is worth asking for a job again. */
import { describe, expect, test } from 'vitest'
import { createOutlook, secondsFor } from '../../src/jobs/outlook.ts'
import type { Job } from '../../src/jobs/job.ts'

const done = (...jobs: [orderedAt: number, doneAt: number][]) =>
  jobs.map(([createdAt, doneAt]) => ({ createdAt: createdAt * 1000, doneAt: doneAt * 1000 }))

describe('an outlook', () => {
  test.each<[string, Parameters<typeof secondsFor>[0], number]>([
    ['nothing was ever done', { open: 4, done: [] }, 2],
    ['alone: what one took from order to end', { open: 1, done: done([990, 1000]) }, 10],
    ['little ends, but none took long', { open: 2, done: done([9000, 9010], [0, 10]) }, 20],
    ['a long line that moves fast', { open: 100, done: done([0, 102], [0, 101], [0, 100]) }, 100],
    ['all ended at once', { open: 3, done: done([0, 6], [0, 6]) }, 18],
  ])('%s', (_, lately, seconds) => {
    expect(secondsFor(lately)).toBe(seconds)
  })

  test('goes by what an encoder says of itself, and counts no more often than it must', async () => {
    let [time, asked] = [50_000, 0]
    const sql = {
      query: async () => {
        asked += 1
        return [{ created_at: 0, updated_at: 5_000_000 }]
      },
    }
    const outlook = createOutlook(sql, { counts: async () => [] }, () => time)
    const job = (more: Partial<Job>) => ({ status: 'queued', endsAt: undefined, ...more }) as Job
    expect(await outlook.secondsUntil(job({ status: 'processing', endsAt: 80_500 }))).toBe(31)
    expect(asked).toBe(0)
    expect(await outlook.secondsUntil(job({}))).toBe(600)
    time += 1000
    expect(await outlook.secondsUntil(job({ status: 'processing' }))).toBe(600)
    expect(asked).toBe(1)
    time += 1001
    await outlook.secondsUntil(job({}))
    expect(asked).toBe(2)
  })
})
