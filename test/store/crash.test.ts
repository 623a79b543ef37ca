import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFsDriver, sweepTemporary } from '../../runtimes/server/fs-driver.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { createRenditionCache } from '../../src/store/rendition-cache.ts'
import { bundleChild } from './children/bundle.ts'
import { CRASH_BYTES, bytesOf, hexKey, isSealed } from '../contracts/store.ts'

/** Longer by environment variable, for machines that have the time. */
const SECONDS = Number(process.env['CRASH_SECONDS'] ?? 12)
let folder: string
let child: Awaited<ReturnType<typeof bundleChild>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-crash-'))
  child = await bundleChild('writer')
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await child.remove()
})

describe('killed at any moment', () => {
  it(
    'shows only whole entries, and the books match the disk after a sweep',
    async () => {
      const until = Date.now() + SECONDS * 1_000
      let rounds = 0
      let seen = 0
      while (Date.now() < until) {
        // Two at once, so that they also overwrite, evict and purge each other's entries.
        await Promise.all([runAndKill(rounds * 7), runAndKill(rounds * 7 + 3)])
        seen += await expectWhole()
        // What the killed had begun holds its room until a sweep; it would take the store ten minutes to be sure.
        if (rounds % 2 === 1) await sweepNow()
        rounds++
      }
      expect(rounds).toBeGreaterThan(3)
      expect(seen).toBeGreaterThan(20)
      await expectBooksMatch()
    },
    SECONDS * 1_000 + 60_000,
  )
})

async function runAndKill(seed: number): Promise<void> {
  const writer = spawn(process.execPath, [child.path, folder, String(seed)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  writer.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  const ended = once(writer, 'exit')
  await Promise.race([once(writer.stdout, 'data'), ended])
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 400))
  // It never ends by itself: an exit code would be a failure of its own.
  expect([writer.exitCode, errors]).toEqual([null, expect.not.stringContaining('Error')])
  writer.kill('SIGKILL')
  await ended
}

async function openAgain() {
  const sql = await openSqlite(join(folder, 'index.db'))
  const driver = createFsDriver(join(folder, 'cache'), { separator: ':', trusted: true })
  const faults: string[] = []
  const cache = createRenditionCache({
    driver,
    sql,
    maxBytes: CRASH_BYTES,
    memoryMaxBytes: 0,
    now: Date.now,
    onFault: (what, error) => void faults.push(`${what}: ${String(error)}`),
  })
  return { sql, cache, faults }
}

/** Reads every entry that may be there. Returns how many were. */
async function expectWhole(): Promise<number> {
  const { sql, cache, faults } = await openAgain()
  let seen = 0
  for (let id = 0; id < 40; id++) {
    const found = await cache.get(await hexKey(id))
    if (!found) continue
    seen++
    expect(await isSealed(await bytesOf(await found.body()))).toBe(true)
  }
  for (let id = 0; id < 60; id++) await cache.find(await hexKey(`plan ${id}`))
  expect(await sql.query('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  // A broken entry would have been hidden from us, but it is not supposed to be there at all.
  expect(faults).toEqual([])
  await cache.close()
  await sql.close()
  return seen
}

async function sweepNow(): Promise<void> {
  const { sql, cache } = await openAgain()
  await cache.sweep(-1)
  await cache.close()
  await sql.close()
}

async function expectBooksMatch(): Promise<void> {
  const { sql, cache, faults } = await openAgain()
  await sweepTemporary(join(folder, 'cache'), -1)
  await cache.sweep(-1)
  await cache.settle()
  const onBooks = await cache.total()
  const [sum] = await sql.query('select sum(bytes) as bytes from store_blob')
  expect(sum).toEqual({ bytes: onBooks })
  expect(await bytesOnDisk(join(folder, 'cache'))).toBe(onBooks)
  expect(onBooks).toBeLessThanOrEqual(CRASH_BYTES)
  await cache.purge({ everything: true })
  expect(await bytesOnDisk(join(folder, 'cache'))).toBe(0)
  expect(faults).toEqual([])
  await cache.close()
  await sql.close()
}

async function bytesOnDisk(path: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(path, { recursive: true })) {
    const facts = await stat(join(path, name))
    if (facts.isFile()) bytes += facts.size
  }
  return bytes
}
