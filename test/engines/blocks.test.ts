/** What reading a file in small steps asks of its source. */
import { describe, expect, test } from 'vitest'
import { createBlockReader } from '../../src/engines/video/container/blocks.ts'
import type { ByteRange, Original } from '../../src/media/original.ts'
import { bytesOriginal } from '../../src/sources/bytes.ts'

const KIB = 1024
const FILE = new Uint8Array(24 * KIB * KIB).map((_, at) => (at * 31) ^ (at >> 11))

/** Answers after `waitMs`, on a clock of its own; every request is a line: where it began, how much of it was taken, in KiB. */
function source(waitMs = 0) {
  const inner = bytesOriginal(FILE, 'memory')
  let time = 0
  const requests: [from: number, kib: number][] = []
  const original: Original = {
    ...inner,
    validator: inner.validator,
    async read(range: ByteRange) {
      requests.push([range.start / KIB, (range.end - range.start) / KIB])
      time += waitMs
      return inner.read(range)
    },
    stream(range: ByteRange = { start: 0, end: FILE.length }) {
      const request: [number, number] = [range.start / KIB, 0]
      requests.push(request)
      let at = range.start
      return new ReadableStream(
        {
          pull(controller) {
            const end = Math.min(at + 50 * KIB + 7, range.end)
            if (at === end) return controller.close()
            controller.enqueue(FILE.slice(at, end))
            request[1] += (end - at) / KIB
            at = end
          },
        },
        { highWaterMark: 0 },
      )
    },
    close: async () => {},
  }
  const open = (most = 1e9) => createBlockReader(original, FILE.length, most, () => time)
  return { open, requests }
}

const total = (requests: readonly [number, number][]) => requests.reduce((sum, [, kib]) => sum + kib, 0)

async function readOn(reader: ReturnType<typeof createBlockReader>, from: number, to: number, step: number) {
  for (let at = from; at < to; at += step) {
    const end = Math.min(at + step, to)
    expect(Buffer.compare(await reader.read(at, end), FILE.subarray(at, end))).toBe(0)
  }
}

describe('blocks', () => {
  test('who reads on gets four times as much each time', async () => {
    const { open, requests } = source()
    const reader = open()
    await readOn(reader, 64 * KIB, 2 * KIB * KIB, 1000)
    expect(requests).toEqual([
      [64, 64],
      [128, 256],
      [384, 1024],
      [1408, 1024],
    ])
  })

  test('then long answers, of which no more is taken than is wanted', async () => {
    const { open, requests } = source()
    const reader = open()
    await readOn(reader, 0, 15 * KIB * KIB, 9973)
    await reader.close()
    expect(requests.length).toBeLessThan(10)
    expect(total(requests)).toBeLessThan(15 * KIB + 128)
  })

  test('who jumps gets little', async () => {
    const { open, requests } = source()
    const reader = open()
    for (const mib of [3, 9, 5, 16]) await readOn(reader, mib * KIB * KIB, mib * KIB * KIB + 500, 100)
    expect(requests.map(([, kib]) => kib)).toEqual([64, 64, 64, 64])
  })

  test('what is near the end comes with it', async () => {
    const { open, requests } = source()
    const reader = open()
    await readOn(reader, FILE.length - 200 * KIB, FILE.length, 5000)
    expect(requests).toEqual([[FILE.length / KIB - 256, 256]])
  })

  test('what is expected comes with one request; much of it in one answer, of which no more is taken', async () => {
    const { open, requests } = source()
    const reader = open()
    reader.expect(1500 * KIB)
    await readOn(reader, 2 * KIB * KIB, 2 * KIB * KIB + 1400 * KIB, 30_000)
    reader.expect(9 * KIB * KIB)
    await readOn(reader, 8 * KIB * KIB, 15 * KIB * KIB, 30_000)
    await reader.close()
    expect(requests.map(([from]) => from)).toEqual([2 * KIB, 8 * KIB])
    expect(total(requests)).toBeLessThan(1536 + 7 * KIB + 128)
  })

  test('parts that are read side by side come of one answer', async () => {
    const { open, requests } = source()
    const reader = open()
    reader.expect(9 * KIB * KIB)
    for (let at = 8 * KIB * KIB; at < 15 * KIB * KIB; at += 100_000) {
      await readOn(reader, at, at + 100_000, 50_000)
      await readOn(reader, at + 900_000, at + 900_500, 500)
    }
    expect(requests).toHaveLength(1)
  })

  test('what was read of an original is known to the next reader', async () => {
    const { open, requests } = source()
    await readOn(open(), 0, 60 * KIB, 5000)
    await readOn(open(), 0, 60 * KIB, 5000)
    expect(requests).toHaveLength(1)
  })

  test('gaps are read over where that is quicker than to ask again, and jumped over where it is not', async () => {
    const stride = async (waitMs: number) => {
      const { open, requests } = source(waitMs)
      const reader = open()
      await readOn(reader, 0, 900 * KIB, 60_000)
      for (let mib = 2; mib < 23; mib += 1) await readOn(reader, mib * KIB * KIB, mib * KIB * KIB + 300, 300)
      await reader.close()
      return requests.length
    }
    expect(await stride(20)).toBeLessThan(14)
    expect(await stride(0)).toBeGreaterThan(20)
  })

  test('reads no more in all than it may', async () => {
    const { open } = source()
    const reader = open(8 * KIB * KIB)
    await expect(readOn(reader, 0, FILE.length, 50_000)).rejects.toMatchObject({ code: 'SOURCE_TOO_LARGE' })
  })

  test.each([1 * KIB * KIB, 7 * KIB * KIB])(
    'a source that ends early is told, at %i bytes',
    async (length) => {
      const original = bytesOriginal(FILE.slice(0, length), 'memory')
      const reader = createBlockReader(original, FILE.length, 1e9)
      await expect(readOn(reader, 0, FILE.length, 50_000)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    },
  )
})
