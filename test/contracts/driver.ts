/** What every `Driver` must do, whatever holds the bytes. */
import { describe, expect, it } from 'vitest'
import type { Driver } from '../../src/platform.ts'

export interface DriverUnderTest {
  readonly driver: Driver
  /** Between segments of a key. */
  readonly separator: string
}

export function describeDriver(name: string, open: () => Promise<DriverUnderTest>): void {
  describe(`driver: ${name}`, () => {
    const bytes = Uint8Array.from({ length: 70_001 }, (_, index) => (index * 7) & 255)

    it('has nothing under a key never written', async () => {
      const { driver } = await open()
      expect(await driver.hasItem('nothing', {})).toBe(false)
      expect((await driver.getItemRaw?.('nothing', {})) ?? null).toBeNull()
      expect(await readRange(driver, 'nothing', 0, 5)).toBeNull()
      if (driver.stat) expect(await driver.stat('nothing')).toBeNull()
    })

    it('gives back the bytes it was given, and their size', async () => {
      const { driver, separator } = await open()
      const key = ['a', 'b', 'c.bin'].join(separator)
      await driver.setItemRaw?.(key, bytes, {})
      expect(toBytes(await driver.getItemRaw?.(key, {}))).toEqual(bytes)
      expect(await driver.hasItem(key, {})).toBe(true)
      if (driver.stat) {
        const facts = await driver.stat(key)
        expect(facts?.size).toBe(bytes.length)
        expect(Math.abs((facts?.mtime ?? 0) - Date.now())).toBeLessThan(60_000)
      }
    })

    it('reads any range, cut at the end of the value', async () => {
      const { driver } = await open()
      if (!driver.readRange) return
      await driver.setItemRaw?.('ranged', bytes, {})
      expect(await driver.readRange('ranged', 0, 10)).toEqual(bytes.subarray(0, 10))
      expect(await driver.readRange('ranged', 69_990, 90_000)).toEqual(bytes.subarray(69_990))
      expect(await driver.readRange('ranged', 80_000, 90_000)).toEqual(new Uint8Array())
      expect(await driver.readRange('ranged', 5, 5)).toEqual(new Uint8Array())
    })

    it('overwrites and forgets', async () => {
      const { driver } = await open()
      await driver.setItemRaw?.('k', bytes, {})
      await driver.setItemRaw?.('k', new Uint8Array([1, 2]), {})
      expect(toBytes(await driver.getItemRaw?.('k', {}))).toEqual(new Uint8Array([1, 2]))
      await driver.removeItem?.('k', {})
      expect(await driver.hasItem('k', {})).toBe(false)
      await driver.removeItem?.('k', {})
    })

    it('lists its keys', async () => {
      const { driver, separator } = await open()
      for (const key of ['x', 'x1', ['deep', 'er', 'y'].join(separator)]) {
        await driver.setItemRaw?.(key, bytes, {})
      }
      expect((await driver.getKeys('', {})).toSorted()).toEqual([
        ['deep', 'er', 'y'].join(separator),
        'x',
        'x1',
      ])
    })

    it('lets one of many concurrent putIfAbsent win', async () => {
      const { driver } = await open()
      if (!driver.putIfAbsent) return
      const put = driver.putIfAbsent
      const won = await Promise.all(Array.from({ length: 20 }, (_, n) => put('once', new Uint8Array([n]))))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(toBytes(await driver.getItemRaw?.('once', {}))).toEqual(new Uint8Array([won.indexOf(true)]))
    })

    it('stores a stream whole or not at all', async () => {
      const { driver } = await open()
      if (!driver.putStream) return
      await driver.putStream('streamed', new Blob([bytes, bytes]).stream())
      expect(await driver.readRange?.('streamed', 70_000, 70_003)).toEqual(
        new Uint8Array([bytes[70_000] ?? 0, bytes[0] ?? 0, bytes[1] ?? 0]),
      )
      await expect(driver.putStream('broken', failing(bytes))).rejects.toThrow('cut')
      expect(await driver.hasItem('broken', {})).toBe(false)
      expect(await driver.getKeys('', {})).toEqual(['streamed'])
    })

    it('never shows a half-written value to a reader', async () => {
      const { driver } = await open()
      const values = [1, 2].map((n) => new Uint8Array(2_000_000).fill(n))
      await driver.setItemRaw?.('k', values[0], {})
      let torn = 0
      const writing = { isOver: false }
      const read = async () => {
        while (!writing.isOver) {
          const got = toBytes(await driver.getItemRaw?.('k', {}))
          if (got.length !== 2_000_000 || got[0] !== got.at(-1)) torn++
        }
      }
      const reading = [read(), read()]
      for (let round = 0; round < 20; round++) await driver.setItemRaw?.('k', values[round % 2], {})
      writing.isOver = true
      await Promise.all(reading)
      expect(torn).toBe(0)
    })
  })
}

function readRange(driver: Driver, key: string, start: number, end: number) {
  return driver.readRange ? driver.readRange(key, start, end) : null
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  throw new Error(`not bytes: ${String(value)}`)
}

function failing(first: Uint8Array): ReadableStream<Uint8Array> {
  let pulls = 0
  return new ReadableStream({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(first)
      else controller.error(new Error('cut'))
    },
  })
}
