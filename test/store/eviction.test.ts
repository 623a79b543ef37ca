import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFsDriver } from '../../runtimes/server/fs-driver.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import type { Sql } from '../../src/platform.ts'
import {
  createRenditionCache,
  type EvictableCache,
  type RenditionCacheDeps,
} from '../../src/store/rendition-cache.ts'
import { FACTS, SUBJECT, bytesFor, hexKey } from '../contracts/store.ts'

let folder: string
let sql: Sql
let clock: number
let faults: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-evict-'))
  sql = await openSqlite(':memory:')
  clock = 1e12
  faults = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function open(more: Partial<RenditionCacheDeps> = {}): EvictableCache {
  return createRenditionCache({
    driver: createFsDriver(folder, { separator: ':', trusted: true }),
    sql,
    maxBytes: 1_000_000,
    memoryMaxBytes: 0,
    now: () => clock++,
    onFault: (what) => void faults.push(what),
    ...more,
  })
}

async function keep(cache: EvictableCache, id: number | string, length: number): Promise<void> {
  const key = await hexKey(id)
  await cache.keep(key, { type: 'image/webp', body: bytesFor(id, length), facts: FACTS })
  const outcome = { recipeKey: key, validator: 'v' }
  await cache.remember(await hexKey(`plan ${id}`), { subject: SUBJECT, outcome, ttlMs: 1e9, staleMs: 0 })
}

async function files(): Promise<{ bytes: number; count: number }> {
  let bytes = 0
  let count = 0
  for (const name of await readdir(folder, { recursive: true })) {
    const facts = await stat(join(folder, name)).catch(() => undefined)
    if (!facts?.isFile()) continue
    bytes += facts.size
    count++
  }
  return { bytes, count }
}

describe('eviction', () => {
  it('never lets unique variants exceed the limit, and keeps the newest (threats row 10)', async () => {
    const cache = open()
    for (let id = 0; id < 120; id++) {
      await keep(cache, id, 10_000 + (id % 5) * 30_000)
      expect((await files()).bytes).toBeLessThanOrEqual(1_000_000)
    }
    await cache.settle()
    expect(await cache.find(await hexKey('plan 119'))).toMatchObject({ state: 'fresh' })
    expect(await cache.find(await hexKey('plan 0'))).toBeUndefined()
    expect(await cache.get(await hexKey(0))).toBeUndefined()
    expect((await files()).bytes).toBe(await cache.total())
    expect(await cache.total()).toBeGreaterThan(500_000)
    expect(faults).toEqual([])
  })

  it('finds room beside a process that died after it had marked everything for removal', async () => {
    const dead = open()
    for (let id = 0; id < 9; id++) await keep(dead, id, 100_000)
    await dead.settle()
    await sql.query('update store_blob set state = -1')
    const cache = open()
    await keep(cache, 'new', 500_000)
    expect(await cache.find(await hexKey('plan new'))).toMatchObject({ state: 'fresh' })
    expect(await cache.total()).toBeLessThan(1_000_000)
    expect((await files()).bytes).toBe(await cache.total())
  })

  it('keeps what is used', async () => {
    const cache = open()
    await keep(cache, 'loved', 20_000)
    for (let id = 0; id < 100; id++) {
      clock += 20_000
      expect(await cache.find(await hexKey('plan loved'))).toMatchObject({ state: 'fresh' })
      await cache.settle()
      await keep(cache, id, 40_000)
      await cache.settle()
    }
    expect(await cache.get(await hexKey(0))).toBeUndefined()
  })

  it('bounds failures that are remembered, too', async () => {
    const cache = open({ maxBytes: 50_000 })
    for (let id = 0; id < 200; id++) {
      const outcome = { failure: { code: 'NOT_FOUND' as const, message: 'no such original' } }
      await cache.remember(await hexKey(id), { subject: SUBJECT, outcome, ttlMs: 1e9, staleMs: 0 })
    }
    await cache.settle()
    expect((await files()).bytes).toBeLessThanOrEqual(50_000)
    const [rows] = await sql.query('select count(*) as plans from store_plan')
    const [blobs] = await sql.query('select count(*) as plans from store_blob')
    expect(rows).toEqual(blobs)
  })

  it('refuses what is larger than the whole', async () => {
    const cache = open()
    await expect(keep(cache, 'huge', 1_100_000)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await cache.total()).toBe(0)
    expect((await files()).count).toBe(0)
  })
})

describe('damage', () => {
  async function damage(pattern: RegExp, how: (path: string) => Promise<void>): Promise<void> {
    for (const name of await readdir(folder, { recursive: true }))
      if (pattern.test(name)) await how(join(folder, name))
  }
  const cut = async (path: string) => {
    const { truncate } = await import('node:fs/promises')
    await truncate(path, (await stat(path)).size - 1)
  }
  const twist = async (path: string) => {
    const { open: openFile } = await import('node:fs/promises')
    const handle = await openFile(path, 'r+')
    await handle.write(new Uint8Array([0, 0, 0, 0]), 0, 4, Math.floor((await handle.stat()).size / 2))
    await handle.close()
  }

  it.each([
    ['manifest cut short', /\/r\/|^r\/.*\.m$/, cut, 5_000],
    ['manifest changed', /^r\/.*\.m$/, twist, 5_000],
    ['plan changed', /^p\/.*\.m$/, twist, 5_000],
    ['body missing', /^r\/.*\.[0-9a-f]{32}$/, (path: string) => rm(path), 500_000],
    ['body cut short', /^r\/.*\.[0-9a-f]{32}$/, cut, 500_000],
    ['body changed', /^r\/.*\.[0-9a-f]{32}$/, twist, 500_000],
  ])('is a miss that heals: %s', async (_, pattern, how, length) => {
    await keep(open(), 'x', length)
    await damage(pattern, how)
    const cache = open()
    expect(await cache.find(await hexKey('plan x'))).toBeUndefined()
    expect(faults).not.toEqual([])
    await cache.settle()
    faults = []
    await keep(cache, 'x', length)
    expect(await cache.find(await hexKey('plan x'))).toMatchObject({ state: 'fresh' })
    await cache.settle()
    expect((await files()).bytes).toBe(await cache.total())
    expect(faults).toEqual([])
  })

  it('is a failure, never wrong bytes, when it shows in the middle of a long body', async () => {
    await keep(open(), 'x', 3_000_000).catch(() => undefined)
    const cache = open({ maxBytes: 1e9 })
    await keep(cache, 'x', 3_000_000)
    await cache.settle()
    await damage(/^r\/.*\.[0-9a-f]{32}$/, twist)
    const found = await cache.get(await hexKey('x'))
    const body = await found?.body()
    await expect(
      new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    ).rejects.toThrow()
    await cache.settle()
    expect(await cache.get(await hexKey('x'))).toBeUndefined()
  })
})

describe('memory', () => {
  it('is believed for a while, then sees what another process did', async () => {
    const cache = open({ memoryMaxBytes: 1e6 })
    await keep(cache, 'x', 5_000)
    await open().purge({ everything: true })
    expect(await cache.find(await hexKey('plan x'))).toMatchObject({ state: 'fresh' })
    clock += 5_000
    expect(await cache.find(await hexKey('plan x'))).toBeUndefined()
  })

  it('answers while the store cannot be read, and a miss is only reported', async () => {
    const driver = createFsDriver(folder, { separator: ':', trusted: true })
    const broken = { isDown: false }
    const read = driver.getItemRaw
    const flaky = {
      ...driver,
      getItemRaw: (key: string, options: object) =>
        broken.isDown ? Promise.reject(new Error('down')) : read?.(key, options),
    }
    const cache = open({ driver: flaky, memoryMaxBytes: 1e6 })
    await keep(cache, 'x', 5_000)
    broken.isDown = true
    clock += 60_000
    expect(await cache.find(await hexKey('plan x'))).toMatchObject({ state: 'fresh' })
    expect(await cache.find(await hexKey('other'))).toBeUndefined()
    expect(faults).toContain('store not readable')
    await expect(cache.check()).rejects.toThrow('down')
  })

  it('goes on reading without its database, and refuses to write unnoted', async () => {
    const cache = open({ memoryMaxBytes: 1e6 })
    await keep(cache, 'x', 5_000)
    await cache.settle()
    await sql.close()
    expect(await cache.find(await hexKey('plan x'))).toMatchObject({ state: 'fresh' })
    await expect(keep(cache, 'y', 5_000)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(cache.check()).rejects.toThrow()
  })
})
