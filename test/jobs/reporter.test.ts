import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createReporter } from '../../src/jobs/reporter.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

function stage() {
  const written: [number, number, number | undefined][] = []
  const report = async (_: string, __: string, progress: number, endsAt?: number) =>
    void written.push([Date.now(), progress, endsAt])
  const lease = { job: 'j', lane: 'default', token: 't', attempt: 1 }
  const logger = { log: () => undefined, writes: () => true }
  return { written, ...createReporter(lease, { records: { report }, logger, now: () => Date.now() }) }
}

test('writes the first at once, then the last that is known, once a second', async () => {
  const { written, report } = stage()
  for (let at = 0; at < 35; at++) {
    report(at * 2.9, 10 - at / 10)
    await vi.advanceTimersByTimeAsync(100)
  }
  await vi.advanceTimersByTimeAsync(5000)
  expect(written).toEqual([
    [0, 0, 10_000],
    [1000, 26, 10_000],
    [2000, 55, 10_000],
    [3000, 84, 10_000],
    [4000, 98, 10_000],
  ])
})

test('writes nothing more when the work has ended', async () => {
  const { written, report, end } = stage()
  report(5)
  report(20)
  end()
  await vi.advanceTimersByTimeAsync(5000)
  expect(written).toEqual([[0, 5, undefined]])
})
