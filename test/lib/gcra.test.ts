import fc from 'fast-check'
import { expect, test } from 'vitest'
import { standingOf, takeOne } from '../../src/lib/gcra.ts'

const rate = { limit: 3, windowMs: 1000 }

test('a full allowance at once, then one whenever a third of the window has gone by', () => {
  let ahead = 0
  const take = () => {
    const taken = takeOne(ahead, rate)
    ahead = taken.aheadMs
    return taken.allowed
  }
  expect([take(), take(), take(), take(), take()]).toEqual([true, true, true, false, false])
  expect(standingOf(ahead, rate)).toMatchObject({ remaining: 0 })
  expect(standingOf(ahead, rate).retryMs).toBeCloseTo(333.3, 0)
  ahead -= 334
  expect([take(), take()]).toEqual([true, false])
  ahead -= 1000
  expect(standingOf(Math.max(ahead, 0), rate)).toMatchObject({ remaining: 3, retryMs: 0 })
})

test('a clock that was set back locks nobody out for longer than a window', () => {
  const { allowed, aheadMs } = takeOne(9_999_999, rate)
  expect([allowed, aheadMs]).toEqual([false, 1000])
})

test('no schedule of requests gets more in than the allowance and what came back meanwhile', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 20 }), (waits, limit) => {
      const one = { limit, windowMs: 1000 }
      let [ahead, elapsed, passed] = [0, 0, 0]
      for (const wait of waits) {
        elapsed += wait
        ahead = Math.max(0, ahead - wait)
        const { remaining } = standingOf(ahead, one)
        const taken = takeOne(ahead, one)
        // What is told beforehand is what happens.
        expect(taken.allowed).toBe(remaining > 0)
        passed += taken.allowed ? 1 : 0
        ahead = taken.aheadMs
      }
      expect(passed).toBeLessThanOrEqual(limit + (elapsed * limit) / 1000 + 0.01)
    }),
  )
})
