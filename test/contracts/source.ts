/** What every `Source` must do, wherever the bytes are. */
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { readAll } from '../../src/lib/stream.ts'
import type { Original } from '../../src/media/original.ts'
import type { Source } from '../../src/sources/source.ts'

export interface SourceUnderTest {
  /** Its template is the capture `key`, nothing else. */
  readonly source: Source
  put(key: string, bytes: Uint8Array): Promise<void>
  remove(key: string): Promise<void>
  close(): Promise<void>
}

export interface SourceTraits {
  /** False where the source says nothing by which one version could be told from another while it is read. */
  readonly pins?: boolean
  /** False where the length is learned at the end. */
  readonly knowsSize?: boolean
}

export function describeSource(
  name: string,
  start: () => Promise<SourceUnderTest>,
  { pins = true, knowsSize = true }: SourceTraits = {},
): void {
  const large = noise(3_000_000, 1)
  const small = noise(5000, 2)
  const started: SourceUnderTest[] = []
  const opened: Original[] = []

  async function begin(files: Record<string, Uint8Array> = { 'large.bin': large, 'small.bin': small }) {
    const it = await start()
    started.push(it)
    for (const [key, bytes] of Object.entries(files)) await it.put(key, bytes)
    return it
  }
  async function open(it: SourceUnderTest, key: string, signal = new AbortController().signal) {
    const original = await it.source.open({ captures: { key }, signal })
    opened.push(original)
    return original
  }
  const code = async (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error: { code?: string; name?: string }) => error.code ?? error.name,
    )

  afterEach(async () => {
    for (const original of opened.splice(0)) await original.close()
    for (const it of started.splice(0)) await it.close()
  })

  describe(`source: ${name}`, () => {
    it('opens an original with its facts', async () => {
      const it = await begin()
      const original = await open(it, 'large.bin')
      if (knowsSize) expect(original.size).toBe(large.length)
      expect(original.sourceType).toBe(it.source.type)
      expect(original.validator.text).not.toBe('')
    })

    it('reads the head, then the whole, and closes twice', async () => {
      const original = await open(await begin(), 'large.bin')
      expectBytes(await original.read({ start: 0, end: 4096 }), large.slice(0, 4096))
      expectBytes(await original.read({ start: 0, end: 100_000_000 }), large)
      await original.close()
      await original.close()
    })

    it('reads any range, cut at the end', async () => {
      const original = await open(await begin(), 'small.bin')
      await fc.assert(
        fc.asyncProperty(fc.nat(6000), fc.nat(6000), async (start, length) => {
          const got = await original.read({ start, end: start + length })
          expectBytes(got, small.slice(start, start + length))
        }),
        { numRuns: 30 },
      )
    })

    it('reads far ranges in any order and at the same time', async () => {
      const original = await open(await begin(), 'large.bin')
      const forwards = [0, 400_000, 900_000, 1_400_000, 2_999_990]
      const starts = pins ? [2_900_000, 10, ...forwards, 1_500_000, 0] : forwards
      const got = await Promise.all(starts.map((start) => original.read({ start, end: start + 70_000 })))
      for (const [index, start] of starts.entries())
        expectBytes(got[index], large.slice(start, start + 70_000))
    })

    it('streams the whole, also after its head was read', async () => {
      const it = await begin()
      expectBytes(await readAll((await open(it, 'large.bin')).stream()), large)
      const looked = await open(it, 'large.bin')
      await looked.read({ start: 0, end: 4096 })
      expectBytes(await readAll(looked.stream()), large)
    })

    it('streams ranges', async () => {
      const it = await begin()
      for (const [start, end] of [
        [0, 1],
        [100, 5000],
        [2_000_000, 2_500_000],
        [2_999_999, 9_000_000],
        [7, 7],
      ] as const) {
        const original = await open(it, 'large.bin')
        await original.read({ start: 0, end: 64 })
        expectBytes(await readAll(original.stream({ start, end })), large.slice(start, end))
      }
    })

    it('lets go of a stream that is cancelled', async () => {
      const original = await open(await begin(), 'large.bin')
      const reader = original.stream().getReader()
      expect((await reader.read()).value?.length).toBeGreaterThan(0)
      await reader.cancel()
    })

    it('knows an empty original', async () => {
      const original = await open(await begin({ empty: new Uint8Array() }), 'empty')
      expect(await original.read({ start: 0, end: 10 })).toEqual(new Uint8Array())
      expect(await readAll(original.stream())).toEqual(new Uint8Array())
    })

    it('answers NOT_FOUND for what is not there', async () => {
      const it = await begin()
      expect(await code(open(it, 'missing.bin'))).toBe('NOT_FOUND')
      expect(await code(open(it, 'small.bin/deeper'))).toBe('NOT_FOUND')
    })

    it('takes names as they are', async () => {
      const names = [
        'a b.jpg',
        'a+b.jpg',
        'ü/日本.jpg',
        "it's (1)!*.jpg",
        'x%20y.jpg',
        '%2e%2e',
        'q?a=1&b#c.jpg',
        'd/e/f',
      ]
      const it = await begin(Object.fromEntries(names.map((name, index) => [name, noise(100, index)])))
      for (const [index, name] of names.entries()) {
        const original = await open(it, name)
        expect(await original.read({ start: 0, end: 1000 }), name).toEqual(noise(100, index))
      }
    })

    it.each(['../secret', 'a/../../secret', '.', 'a/./b', '..', '.env', 'a/.git/config', 'a\\..\\b', 'a\0b'])(
      'threats row 2: refuses the key %j',
      async (key) => {
        expect(await code(open(await begin(), key))).toBe('INVALID_PATH')
      },
    )

    it('has one validator for one version and another for the next', async () => {
      const it = await begin()
      const first = (await open(it, 'small.bin')).validator.text
      expect((await open(it, 'small.bin')).validator.text).toBe(first)
      await it.put('small.bin', noise(5001, 3))
      expect((await open(it, 'small.bin')).validator.text).not.toBe(first)
    })

    it('never mixes two versions', async () => {
      const it = await begin()
      const next = noise(large.length, 9)
      const original = await open(it, 'large.bin')
      const head = await original.read({ start: 0, end: 1000 })
      await it.put('large.bin', next)
      expectBytes(head, large.slice(0, 1000))
      if (!pins) return
      const tail = { start: 2_500_000, end: 2_500_100 }
      const got = await original.read(tail).catch((error: { code: string }) => error.code)
      // A snapshot may still have the old bytes; nobody may have the new ones.
      if (got !== 'SOURCE_CHANGED') expectBytes(got, large.slice(tail.start, tail.end))
    })

    it('checks whether a version still holds', async () => {
      const it = await begin()
      const request = { captures: { key: 'small.bin' }, signal: new AbortController().signal }
      const { text } = (await open(it, 'small.bin')).validator
      expect(await it.source.check?.(request, text)).toBe(true)
      expect(await it.source.check?.(request, '"another"')).toBe(false)
      // Another size: the clock of a file system may not have moved.
      await it.put('small.bin', noise(5001, 4))
      expect(await it.source.check?.(request, text)).toBe(false)
      await it.remove('small.bin')
      expect(await code(Promise.resolve(it.source.check?.(request, text)))).toBe('NOT_FOUND')
    })

    it('ends with the reason of the signal', async () => {
      const it = await begin()
      const reason = new Error('left')
      expect(await open(it, 'small.bin', AbortSignal.abort(reason)).catch((error) => error)).toBe(reason)
      const controller = new AbortController()
      const original = await open(it, 'large.bin', controller.signal)
      await original.read({ start: 0, end: 10 })
      controller.abort(reason)
      const range = { start: 2_000_000, end: 2_900_000 }
      expect(await original.read(range).catch((error) => error)).toBe(reason)
    })
  })
}

/** As `toEqual`, in no time. */
function expectBytes(got: unknown, wanted: Uint8Array): void {
  if (!(got instanceof Uint8Array)) throw new Error(`expected bytes, got ${String(got)}`)
  expect(got.length).toBe(wanted.length)
  expect(Buffer.compare(got, wanted)).toBe(0)
}

/** Bytes that repeat nowhere near. */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = (seed + 1) * 2_654_435_761
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    bytes[i] = state >>> 24
  }
  return bytes
}
