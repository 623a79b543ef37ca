/** Files that jobs make: where they may lie, and that of two who write, and one who erases, nobody is told wrong. */
import memoryDriver from 'unstorage/drivers/memory'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createFsDriver } from '../../runtimes/server/fs-driver.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { migrated } from '../../src/database/migrated.ts'
import { createArtifacts } from '../../src/jobs/artifacts.ts'
import { JOB_MIGRATIONS } from '../../src/jobs/migrations.ts'
import type { Driver } from '../../src/platform.ts'
import { describeArtifactFiles } from '../contracts/artifact-files.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

describeArtifactFiles('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-artifacts-'))
  folders.push(folder)
  return createFsDriver(folder, { fsync: true })
})
describeArtifactFiles('a driver of values', async () => memoryDriver())
describeArtifactFiles('a driver of texts', async () => {
  const { setItemRaw: _, getItemRaw: __, ...texts } = memoryDriver() as Driver
  return texts
})

const HASH = 'ab'.repeat(32)
const KEY = `videos/ab/${HASH}/cover.jpg`
const signal = new AbortController().signal
const body = (text: string) => ({
  type: 'image/jpeg',
  stream: () => new Blob([text]).stream() as ReadableStream<Uint8Array>,
})

async function stage() {
  const sql = migrated(await openSqlite(':memory:'), JOB_MIGRATIONS)
  const memory: Driver = memoryDriver()
  const gate: { before: () => Promise<void> } = { before: async () => undefined }
  const driver: Driver = {
    ...memory,
    async setItemRaw(key, value, options) {
      await gate.before()
      await memory.setItemRaw?.(key, value, options)
    },
  }
  const clock = { now: 1_000_000 }
  const artifacts = createArtifacts({
    sql,
    openDriver: async () => driver,
    leaseMs: 1000,
    now: () => clock.now,
    urlOf: (hash, name) => `/${hash}/${name}`,
    onFault: () => undefined,
  })
  const begin = (id: string, lease: string) =>
    sql.query(
      `insert into job (id, type, lane, source, options, task, fingerprint, is_current, status, progress, lease, token,
        version, created_at, updated_at) values (?, 'video:cover', 'default', '/a', '{}', '{}', ?, 1, 'processing', 0, ?, 't', 1, 0, 0)`,
      id,
      id,
      lease,
    )
  const text = async () => {
    const value: unknown = await memory.getItemRaw?.(KEY, {})
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined
  }
  /** The next write waits until it is let go on. */
  function hold() {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    let reached = () => {}
    const isHeld = new Promise<void>((resolve) => (reached = resolve))
    gate.before = async () => {
      gate.before = async () => undefined
      reached()
      await held
    }
    return { letGo, isHeld }
  }
  return { artifacts, begin, text, hold, sql, clock }
}

describe('a file of an original', () => {
  test('is written by one at a time: what is said of it is what lies there', async () => {
    const { artifacts, begin, text, hold } = await stage()
    await begin('a', 'lease-a')
    await begin('b', 'lease-b')
    const { letGo, isHeld } = hold()
    const first = artifacts.put(HASH, KEY, body('first'), { job: 'a', lease: 'lease-a', signal })
    await isHeld
    const second = artifacts.put(HASH, KEY, body('second!'), { job: 'b', lease: 'lease-b', signal })
    expect(await artifacts.find([KEY])).toBeUndefined()
    letGo()
    const [one, other] = await Promise.all([first, second])
    expect([await text(), other.size]).toEqual(['second!', 7])
    expect([await artifacts.areThere([one]), await artifacts.areThere([other])]).toEqual([false, true])
    expect(await artifacts.find([KEY])).toMatchObject({ key: KEY, type: 'image/jpeg', etag: other.etag })
  })

  test('stays when another version of it cannot be written', async () => {
    const { artifacts, begin, text } = await stage()
    await begin('a', 'lease-a')
    const writer = { job: 'a', lease: 'lease-a', signal }
    const made = await artifacts.put(HASH, KEY, body('good'), writer)
    const broken = {
      type: 'image/jpeg',
      stream: () => new ReadableStream<Uint8Array>({ pull: (c) => c.error(new Error('cut')) }),
    }
    await expect(artifacts.put(HASH, KEY, broken, writer)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect([await text(), await artifacts.areThere([made])]).toEqual(['good', true])
  })

  test('is not begun by a delivery that lost its job', async () => {
    const { artifacts, begin, text } = await stage()
    await begin('a', 'another')
    const late = AbortSignal.timeout(50)
    const writer = { job: 'a', lease: 'lease-a', signal: late }
    await expect(artifacts.put(HASH, KEY, body('late'), writer)).rejects.toBeDefined()
    expect(await text()).toBeUndefined()
  })

  test('that is erased while it is written goes when it is there, and its writer is told', async () => {
    const { artifacts, begin, text, hold } = await stage()
    await begin('a', 'lease-a')
    const { letGo, isHeld } = hold()
    const writing = artifacts.put(HASH, KEY, body('late'), { job: 'a', lease: 'lease-a', signal })
    await isHeld
    expect(await artifacts.erase(HASH)).toBe(false)
    letGo()
    await expect(writing).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect([await text(), await artifacts.erase(HASH)]).toEqual([undefined, true])
  })

  test('of a writer that died is erased when it cannot come back any more', async () => {
    const { artifacts, begin, text, sql, clock } = await stage()
    await begin('a', 'lease-a')
    await artifacts.put(HASH, KEY, body('half'), { job: 'a', lease: 'lease-a', signal })
    await sql.query("update artifact set writer = 'lease-a', held_until = ?", clock.now + 2000)
    expect([await artifacts.erase(HASH), await text()]).toEqual([false, 'half'])
    clock.now += 2001
    expect([await artifacts.erase(HASH), await text()]).toEqual([true, undefined])
  })
})
