/** What every `RenditionCache` must do, whatever driver and database lie underneath. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256Hex } from '../../src/lib/hash.ts'
import type { Driver, Sql } from '../../src/platform.ts'
import type { Remembered, StoredFacts, StoredRendition } from '../../src/store/cache.ts'
import {
  createRenditionCache,
  type EvictableCache,
  type RenditionCacheDeps,
} from '../../src/store/rendition-cache.ts'

export interface Ground {
  readonly driver: Driver
  readonly sql: Sql | undefined
}

export const FACTS: StoredFacts = {
  width: 64,
  height: 48,
  engine: 'test',
  sourceType: 'storage',
  lastModified: 1_000,
}
export const SUBJECT = { origin: 'files', path: '/files/a.jpg', tags: ['files', 'cats'] }

export function hexKey(name: string | number): Promise<string> {
  return sha256Hex(`key ${name}`)
}

/** Bytes that differ from name to name. */
export function bytesFor(name: string | number, length: number): Uint8Array<ArrayBuffer> {
  let state = [...String(name)].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) >>> 0, 7)
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++)
    bytes[at] = (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24
  return bytes
}

export async function bytesOf(body: Uint8Array | ReadableStream<Uint8Array>): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body)
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts)
}

async function keep(cache: EvictableCache, id: string, length = 3_000): Promise<StoredRendition> {
  return cache.keep(await hexKey(id), { type: 'image/webp', body: bytesFor(id, length), facts: FACTS })
}

async function file(cache: EvictableCache, plan: string, recipe: string, more: Partial<Remembered> = {}) {
  const outcome = { recipeKey: await hexKey(recipe), validator: 'v1' }
  await cache.remember(await hexKey(plan), {
    subject: SUBJECT,
    outcome,
    ttlMs: 1_000,
    staleMs: 500,
    ...more,
  })
}

/** @param open gives a place that is empty; called for every test */
export function describeStore(name: string, open: () => Promise<Ground>): void {
  const sizes = { empty: 0, small: 3_000, 'one block': 500_000, 'several blocks': 2_621_440 }

  async function build(more: Partial<RenditionCacheDeps> = {}) {
    const ground = await open()
    let clock = Date.now()
    const faults: string[] = []
    const deps: RenditionCacheDeps = {
      ...ground,
      maxBytes: 1e9,
      memoryMaxBytes: 1e8,
      now: () => clock,
      onFault: (what) => void faults.push(what),
      ...more,
    }
    const cache = createRenditionCache(deps)
    /** Another process on the same place. */
    const other = createRenditionCache(deps)
    return { ...ground, cache, other, faults, pass: (ms: number) => void (clock += ms) }
  }

  describe(`store: ${name}`, () => {
    it.each(Object.entries(sizes))('gives back what was kept: %s', async (id, length) => {
      const { cache, other, faults } = await build()
      const kept = await keep(cache, id, length)
      for (const from of [kept, await cache.get(kept.key), await other.get(kept.key)]) {
        expect(from).toMatchObject({ key: kept.key, size: length, type: 'image/webp', facts: FACTS })
        expect(from?.etag).toMatch(/^"[\w-]+"$/)
        expect(from?.etag).toBe(kept.etag)
        if (from) expect((await bytesOf(await from.body())).equals(bytesFor(id, length))).toBe(true)
      }
      expect(faults).toEqual([])
    })

    it.each([
      [3_000, 0, 1],
      [3_000, 2_990, 3_000],
      [2_621_440, 0, 10],
      [2_621_440, 1_048_570, 1_048_580],
      [2_621_440, 1_048_576, 2_097_152],
      [2_621_440, 100, 2_621_439],
      [2_621_440, 2_621_439, 2_621_440],
    ])('reads any range: of %i bytes, %i to %i', async (length, start, end) => {
      const { cache, other } = await build()
      const kept = await keep(cache, 'ranged', length)
      const wanted = bytesFor('ranged', length).subarray(start, end)
      for (const from of [kept, await other.get(kept.key)]) {
        const got = await bytesOf((await from?.body({ start, end })) ?? new Uint8Array())
        expect(got.equals(wanted)).toBe(true)
      }
    })

    it('has nothing that was not kept', async () => {
      const { cache } = await build()
      expect(await cache.get(await hexKey('nothing'))).toBeUndefined()
      expect(await cache.find(await hexKey('nothing'))).toBeUndefined()
    })

    it('is not changed by what the caller does to its bytes afterwards', async () => {
      const { cache, other } = await build()
      const key = await hexKey('own')
      const body = bytesFor('own', 3_000)
      await cache.keep(key, { type: 'image/png', body, facts: FACTS })
      body.fill(0)
      for (const place of [cache, other]) {
        const got = await bytesOf((await (await place.get(key))?.body()) ?? new Uint8Array())
        expect(got.equals(bytesFor('own', 3_000))).toBe(true)
      }
    })

    it('finds a plan fresh, then stale, then not at all', async () => {
      const { cache, other, pass } = await build()
      await keep(cache, 'r')
      await file(cache, 'p', 'r')
      const key = await hexKey('p')
      for (const place of [cache, other]) {
        expect(await place.find(key)).toMatchObject({
          state: 'fresh',
          validator: 'v1',
          ageMs: 0,
          freshForMs: 1_000,
        })
      }
      pass(999)
      expect(await cache.find(key)).toMatchObject({ state: 'fresh', ageMs: 999, freshForMs: 1 })
      pass(1)
      expect(await other.find(key)).toMatchObject({ state: 'stale', ageMs: 1_000, freshForMs: 0 })
      pass(500)
      expect(await cache.find(key)).toBeUndefined()
      await file(cache, 'p', 'r', { outcome: { recipeKey: await hexKey('r'), validator: 'v2' } })
      expect(await cache.find(key)).toMatchObject({ state: 'fresh', validator: 'v2' })
    })

    it('does not find a plan whose rendition is gone', async () => {
      const { cache } = await build()
      await file(cache, 'p', 'never kept')
      expect(await cache.find(await hexKey('p'))).toBeUndefined()
    })

    it('remembers failures for their time', async () => {
      const { cache, other, pass } = await build()
      const failure = { code: 'NOT_FOUND' as const, message: 'no such picture', details: { a: 1 } }
      await file(cache, 'p', '', { outcome: { failure }, ttlMs: 100, staleMs: 0 })
      const key = await hexKey('p')
      expect(await other.find(key)).toEqual({ state: 'negative', failure, freshForMs: 100 })
      pass(100)
      expect(await other.find(key)).toBeUndefined()
      expect(await cache.find(key)).toBeUndefined()
    })

    it('replaces a failure by a rendition', async () => {
      const { cache } = await build()
      await file(cache, 'p', '', { outcome: { failure: { code: 'NOT_FOUND', message: 'm' } } })
      await keep(cache, 'r')
      await file(cache, 'p', 'r')
      expect(await cache.find(await hexKey('p'))).toMatchObject({ state: 'fresh' })
    })

    it.each([3_000, 1_500_000])('survives overwriting while it is read: %i bytes', async (length) => {
      const { cache, other } = await build({ memoryMaxBytes: 0 })
      const key = await hexKey('same')
      const body = bytesFor('same', length)
      const write = (place: EvictableCache) => place.keep(key, { type: 'image/webp', body, facts: FACTS })
      await write(cache)
      const writing = { isOver: false }
      // Whatever becomes of it, nobody goes on reading.
      onTestFinished(() => void (writing.isOver = true))
      let read = 0
      const reading = [cache, other].map(async (place) => {
        while (!writing.isOver) {
          const found = await place.get(key)
          if (!found) throw new Error('gone')
          if (!(await bytesOf(await found.body())).equals(Buffer.from(body))) throw new Error('torn')
          read++
          // In-process stores never yield to timers by themselves.
          await new Promise((resolve) => setImmediate(resolve))
        }
      })
      for (let round = 0; round < 8; round++) await Promise.all([write(cache), write(other)])
      writing.isOver = true
      await Promise.all(reading)
      expect(read).toBeGreaterThan(0)
    })

    it('says that it can be used', async () => {
      const { cache } = await build()
      await cache.check()
    })

    it('keeps what it holds after closing', async () => {
      const ground = await open()
      if (ground.driver.name === 'memory') return
      const deps = { ...ground, maxBytes: 1e9, memoryMaxBytes: 1e6, now: Date.now }
      const first = createRenditionCache(deps)
      const kept = await keep(first, 'lasting')
      await first.close()
      const found = await createRenditionCache(deps).get(kept.key)
      expect(found?.size).toBe(3_000)
    })

    describePurge(build)
  })
}

type Build = (
  more?: Partial<RenditionCacheDeps>,
) => Promise<
  Ground & { cache: EvictableCache; other: EvictableCache; faults: string[]; pass(ms: number): void }
>

function describePurge(build: Build): void {
  const subjects = {
    a: { origin: 'one', path: '/one/cats/a.jpg', tags: ['x', 'cats'] },
    b: { origin: 'one', path: '/one/dogs/b.jpg', tags: ['x'] },
    c: { origin: 'two', path: '/two/CATS/猫_%.jpg', tags: [] },
  }

  it.each([
    [{ path: '/one/cats/a.jpg' }, ['a']],
    [{ path: '/one/cats/*' }, ['a']],
    [{ path: '/one/*' }, ['a', 'b']],
    [{ path: '/two/CATS/猫_*' }, ['c']],
    [{ path: '/two/cats/*' }, []],
    [{ path: '/one/cats' }, []],
    [{ tag: 'x' }, ['a', 'b']],
    [{ tag: 'cats' }, ['a']],
    [{ origin: 'two' }, ['c']],
    [{ everything: true as const }, ['a', 'b', 'c']],
  ])('purges %j', async (target, gone) => {
    const { cache, other, pass, sql } = await build()
    for (const [id, subject] of Object.entries(subjects)) {
      await keep(cache, id)
      await file(cache, `plan ${id}`, id, { subject, ttlMs: 1e9 })
      // The other process knows it too.
      expect(await other.find(await hexKey(`plan ${id}`))).toMatchObject({ state: 'fresh' })
    }
    if (!sql) {
      await expect(cache.purge(target)).rejects.toMatchObject({ code: 'NOT_SUPPORTED_HERE' })
      return
    }
    expect(await cache.purge(target)).toBe(gone.length)
    pass(5_000)
    for (const id of Object.keys(subjects)) {
      for (const place of [cache, other]) {
        const [plan, rendition] = [
          await place.find(await hexKey(`plan ${id}`)),
          await place.get(await hexKey(id)),
        ]
        expect([id, plan === undefined, rendition === undefined]).toEqual([
          id,
          gone.includes(id),
          gone.includes(id),
        ])
      }
    }
  })

  it('keeps a rendition as long as another plan leads to it', async () => {
    const { cache, sql } = await build()
    if (!sql) return
    await keep(cache, 'shared')
    await file(cache, 'p1', 'shared', { subject: subjects.a })
    await file(cache, 'p2', 'shared', { subject: subjects.b })
    expect(await cache.purge({ path: subjects.a.path })).toBe(1)
    expect(await cache.find(await hexKey('p2'))).toMatchObject({ state: 'fresh' })
    expect(await cache.purge({ path: subjects.b.path })).toBe(1)
    expect(await cache.get(await hexKey('shared'))).toBeUndefined()
    await cache.settle()
    expect(await cache.total()).toBe(0)
  })

  it('keeps the books right over writing, replacing and purging', async () => {
    const { cache, sql } = await build()
    if (!sql) return
    await keep(cache, 'big', 1_500_000)
    await cache.settle()
    const once = await cache.total()
    expect(once).toBeGreaterThan(1_500_000)
    expect(once).toBeLessThan(1_502_000)
    await keep(cache, 'big', 1_500_000)
    await cache.settle()
    expect(await cache.total()).toBe(once)
    await cache.purge({ everything: true })
    expect(await cache.total()).toBe(0)
  })
}

/** Limit of the crash test's cache: small enough that it always evicts. */
export const CRASH_BYTES = 10_000_000

/** Random-looking bytes that begin with the hex SHA-256 of the rest. */
export async function sealed(name: string | number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const rest = bytesFor(name, length)
  return new Uint8Array(Buffer.concat([Buffer.from(await sha256Hex(rest)), rest]))
}

export async function isSealed(body: Buffer): Promise<boolean> {
  return body.subarray(0, 64).toString() === (await sha256Hex(body.subarray(64)))
}
