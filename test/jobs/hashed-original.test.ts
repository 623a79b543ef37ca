import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { hashedOriginal } from '../../src/jobs/hashed-original.ts'
import type { Original } from '../../src/media/original.ts'

const BYTES = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 255)
const HASH = createHash('sha256').update(BYTES).digest('hex')
const OTHER = HASH.replaceAll(/./g, 'a')

const original = (knowsSize: boolean): Original => ({
  ...(knowsSize ? { size: BYTES.length } : {}),
  validator: { text: 'v' },
  sourceType: 'memory',
  read: async ({ start, end }) => BYTES.slice(start, end),
  stream: ({ start, end } = { start: 0, end: BYTES.length }) =>
    new ReadableStream({
      start(controller) {
        for (let at = start; at < end; at += 3000)
          controller.enqueue(BYTES.slice(at, Math.min(end, at + 3000)))
        controller.close()
      },
    }),
  close: async () => undefined,
})

describe.each([true, false])('an original whose size is known: %s', (knowsSize) => {
  const stage = (expected?: string) => {
    const found: string[] = []
    return { found, it: hashedOriginal(original(knowsSize), expected, (hash) => void found.push(hash)) }
  }

  test('is hashed when it is read whole, at once or as a stream', async () => {
    const { it, found } = stage()
    await it.read({ start: 0, end: 100 })
    await it.read({ start: 50, end: 20_000 })
    await new Response(it.stream({ start: 0, end: 500 })).arrayBuffer()
    expect(found).toEqual([])
    expect((await it.read({ start: 0, end: 20_000 })).length).toBe(BYTES.length)
    expect(new Uint8Array(await new Response(it.stream()).arrayBuffer())).toEqual(BYTES)
    expect(found).toEqual([HASH, HASH])
  })

  test('that is another gives no whole file away', async () => {
    const { it, found } = stage(OTHER)
    const refused = (error: unknown) => isMediaError(error) && error.code === 'HASH_MISMATCH'
    await expect(it.read({ start: 0, end: 20_000 })).rejects.toSatisfy(refused)
    let size = 0
    const reading = (async () => {
      for await (const chunk of it.stream()) size += chunk.length
    })()
    await expect(reading).rejects.toSatisfy(refused)
    expect(size).toBeLessThan(BYTES.length)
    expect(found).toEqual([])
    const { it: same } = stage(HASH)
    expect((await same.read({ start: 0, end: 20_000 })).length).toBe(BYTES.length)
  })
})
