/** What every store of allowances does. */
import { describe, expect, test } from 'vitest'
import type { RateStore } from '../../src/access/rate-store.ts'

export interface RatesUnderTest {
  readonly store: RateStore
  /** Another process's view of the same allowances. */
  readonly other: RateStore
  /** Lets time go by. */
  pass(ms: number): Promise<void>
}

export function describeRates(name: string, open: () => Promise<RatesUnderTest>): void {
  describe(`rates in ${name}`, () => {
    const rate = { limit: 4, windowMs: 1000 }
    let serial = 0
    const freshKey = () => `media:${name}-${serial++}`

    test('the allowance at once, then no more', async () => {
      const { store } = await open()
      const key = freshKey()
      const all = []
      for (let i = 0; i < 6; i++) all.push(await store.take(key, rate))
      expect(all.map(({ allowed }) => allowed)).toEqual([true, true, true, true, false, false])
      const ahead = all.map(({ aheadMs }) => aheadMs)
      for (const [i, expected] of [250, 500, 750, 1000].entries()) {
        expect(ahead[i]).toBeGreaterThan(expected - 200)
        expect(ahead[i]).toBeLessThanOrEqual(expected)
      }
      // What was refused took nothing.
      expect(ahead[5]).toBeLessThanOrEqual(ahead[3]!)
    })

    test('it comes back one by one', async () => {
      const { store, pass } = await open()
      const key = freshKey()
      for (let i = 0; i < 4; i++) await store.take(key, rate)
      expect((await store.take(key, rate)).allowed).toBe(false)
      await pass(300)
      expect((await store.take(key, rate)).allowed).toBe(true)
      expect((await store.take(key, rate)).allowed).toBe(false)
      await pass(1100)
      expect((await store.take(key, rate)).aheadMs).toBeLessThanOrEqual(250)
    })

    test('keys have their own', async () => {
      const { store } = await open()
      const [a, b] = [freshKey(), freshKey()]
      for (let i = 0; i < 5; i++) await store.take(a, rate)
      expect((await store.take(b, rate)).allowed).toBe(true)
    })

    test('a hundred requests at once, in two processes, get one allowance between them', async () => {
      const { store, other } = await open()
      const key = freshKey()
      const slow = { limit: 10, windowMs: 60_000 }
      const all = await Promise.all(
        Array.from({ length: 100 }, (_, i) => (i % 2 ? store : other).take(key, slow)),
      )
      expect(all.filter(({ allowed }) => allowed)).toHaveLength(10)
    })

    test('a limit that divides its window into crumbs', async () => {
      const { store } = await open()
      const key = freshKey()
      const odd = { limit: 7, windowMs: 60_000 }
      const all = []
      for (let i = 0; i < 8; i++) all.push((await store.take(key, odd)).allowed)
      expect(all).toEqual([...Array<boolean>(7).fill(true), false])
    })
  })
}
