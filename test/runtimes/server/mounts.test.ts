import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openServerDriver } from '../../../runtimes/server/mounts.ts'
import { createRenditionCache } from '../../../src/store/rendition-cache.ts'
import { FACTS, bytesFor, hexKey } from '../../contracts/store.ts'

const folders: string[] = []
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-mount-'))
  folders.push(folder)
  return folder
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

describe('mounts', () => {
  it('opens a folder as a source: raw names, read-only', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'a b'))
    await writeFile(join(folder, 'a b', 'c:d?.jpg'), 'x')
    const driver = await openServerDriver(`fs:${folder}`, 'source')
    expect(await driver.getItem('a b/c:d?.jpg')).toBe('x')
    expect(driver.setItemRaw).toBeUndefined()
  })

  it('opens a folder as a cache, makes it, and spreads its files over folders', async () => {
    const folder = join(await newFolder(), 'not', 'yet')
    const driver = await openServerDriver(`fs:${folder}`, 'cache')
    const cache = createRenditionCache({
      driver,
      sql: undefined,
      maxBytes: 1e9,
      memoryMaxBytes: 1e6,
      now: Date.now,
    })
    const key = await hexKey('a')
    await cache.keep(key, { type: 'image/png', body: bytesFor('a', 100), facts: FACTS })
    expect(await readdir(join(folder, 'r', key.slice(0, 2), key.slice(2, 4)))).toEqual([`${key}.m`])
  })

  it('opens memory', async () => {
    const driver = await openServerDriver('memory:', 'cache')
    await driver.setItemRaw?.('k', new Uint8Array([1]), {})
    expect(await driver.hasItem('k', {})).toBe(true)
  })

  it('opens a bucket with what the environment says', async () => {
    const env = { S3_ENDPOINT: 'http://127.0.0.1:1', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' }
    expect((await openServerDriver('s3:media', 'cache', env)).name).toBe('s3')
    await expect(openServerDriver('s3:media', 'cache', {})).rejects.toThrow(/S3_ENDPOINT is missing/)
    await expect(openServerDriver('s3:', 'cache', env)).rejects.toThrow(/expected s3:BUCKET/)
  })

  it.each([
    ['mongodb://127.0.0.1/db', /npm install mongodb/],
    ['fs:/no/such/folder', /there is no such folder/],
    ['fs:', /expected fs:PATH/],
    ['overlay:x', /damages binary values/],
    ['fs-lite:./x', /half written/],
    ['https://example.com/', /use a source of type http/],
    ['r2:BUCKET', /Workers only/],
    ['deno-kv:', /64 KiB/],
    ['nonsense:x', /no such driver, expected one of fs,/],
    ['constructor:x', /no such driver/],
    ['nocolon', /no such driver/],
  ])('refuses %s and says why', async (mount, message) => {
    await expect(openServerDriver(mount, 'source', {})).rejects.toThrow(message)
  })
})
