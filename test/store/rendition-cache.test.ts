import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import memoryDriver from 'unstorage/drivers/memory'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFsDriver } from '../../runtimes/server/fs-driver.ts'
import { openPostgres } from '../../runtimes/server/postgres.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { createIndexRows } from '../../src/store/index-rows.ts'
import { createRenditionCache, type EvictableCache } from '../../src/store/rendition-cache.ts'
import { bytesFor, describeStore, FACTS, hexKey, SUBJECT } from '../contracts/store.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../support/postgres.ts'

const undo: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const step of undo) await step()
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-store-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}
const fsDriver = async () => createFsDriver(await newFolder(), { separator: ':', trusted: true })

describeStore('memory, no database', async () => ({ driver: memoryDriver(), sql: undefined }))
describeStore('memory and SQLite', async () => ({
  driver: memoryDriver(),
  sql: await openSqlite(':memory:'),
}))
describeStore('files, no database', async () => ({ driver: await fsDriver(), sql: undefined }))
describeStore('files and SQLite', async () => ({
  driver: await fsDriver(),
  sql: await openSqlite(join(await newFolder(), 'index.db')),
}))

// Debian's package of that name; .ci/run installs it.
const POSTGRES = hasPostgres() ? 'a real PostgreSQL' : 'a real PostgreSQL, which is not installed here'
describe.runIf(hasPostgres())(`with ${POSTGRES}`, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.close())

  describeStore('memory and PostgreSQL', async () => ({
    driver: memoryDriver(),
    sql: await openPostgres(server.newPlace()),
  }))

  test('processes that write, overwrite and purge at once stay below the limit, and the books match the disk', async () => {
    const [folder, place, maxBytes] = [await newFolder(), server.newPlace(), 600_000]
    const caches: EvictableCache[] = []
    for (let process = 0; process < 3; process++)
      caches.push(
        createRenditionCache({
          driver: createFsDriver(folder, { separator: ':', trusted: true }),
          sql: await openPostgres(place),
          maxBytes,
          memoryMaxBytes: 0,
          now: Date.now,
        }),
      )
    const onDisk = async () => {
      const names = await readdir(folder, { recursive: true })
      const sizes = names.map((name) => stat(join(folder, name)).catch(() => undefined))
      return (await Promise.all(sizes)).reduce((sum, one) => sum + (one?.isFile() ? one.size : 0), 0)
    }
    let highest = 0
    async function write(cache: EvictableCache, turn: number): Promise<void> {
      const key = await hexKey(turn % 25)
      const body = bytesFor(key, 20_000 + (turn % 4) * 15_000)
      await cache.keep(key, { type: 'image/webp', body, facts: FACTS })
      const outcome = { recipeKey: key, validator: 'v' }
      await cache.remember(key, { subject: SUBJECT, outcome, ttlMs: 1e9, staleMs: 0 })
    }
    const writer = async (cache: EvictableCache, first: number) => {
      for (let turn = first; turn < 120; turn += 6) {
        // Another may purge what is being written: then, and only then, it is refused.
        await write(cache, turn * 7).catch((error: Error) =>
          expect(String(error.cause)).toContain('was purged'),
        )
        highest = Math.max(highest, await onDisk())
        if (turn % 13 === 0) await cache.purge({ origin: SUBJECT.origin })
      }
    }
    await Promise.all(caches.flatMap((cache, n) => [writer(cache, n), writer(cache, n + 3)]))
    for (const cache of caches) await cache.settle()
    expect(highest).toBeLessThanOrEqual(maxBytes)
    expect(highest).toBeGreaterThan(maxBytes / 2)
    const [first] = caches as [EvictableCache]
    await first.sweep(0)
    expect(await first.total()).toBe(await onDisk())
    for (const cache of caches) await cache.close()
  })

  test('room is given away once, and books that are kept by several at once are right', async () => {
    const place = server.newPlace()
    const all = await Promise.all(Array.from({ length: 6 }, () => openPostgres(place)))
    const books = all.map((sql) => createIndexRows(sql))
    const blobs = Array.from({ length: 30 }, (_, n) => ({ key: `k${n}`, generation: 'g', bytes: 100 }))
    const isIn = await Promise.all(blobs.map((blob, n) => books[n % 6]!.reserve(blob, 1, 1000)))
    expect(isIn.filter(Boolean)).toHaveLength(10)
    const given = blobs.filter((_, n) => isIn[n])
    // Each is forgotten by two at once, and the sum is set right in between.
    await Promise.all(
      books.slice(0, 4).map((one, n) => (n < 2 ? one.forget(given.slice(0, 6)) : one.recount())),
    )
    expect(await books[0]!.total()).toBe(400)
    for (const sql of all) await sql.close()
  })
})
