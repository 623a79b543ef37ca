/** Drivers of Workers, against R2 as miniflare has it and against our own file service. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFileService } from '../../../runtimes/server/file-service.ts'
import { createFsDriver } from '../../../runtimes/server/fs-driver.ts'
import { createR2Driver, type R2Like } from '../../../runtimes/workers/r2-driver.ts'
import { createServiceDriver } from '../../../runtimes/workers/service-driver.ts'
import { describeDriver } from '../../contracts/driver.ts'

let miniflare: Miniflare

beforeAll(async () => {
  miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response("ok") }',
    r2Buckets: ['BUCKET'],
    cf: false,
  })
  await miniflare.ready
})
afterAll(() => miniflare.dispose())

async function emptyBucket(): Promise<R2Like> {
  const bucket = (await miniflare.getR2Bucket('BUCKET')) as unknown as R2Like
  for (const { key } of (await bucket.list({})).objects) await bucket.delete(key)
  return bucket
}

describeDriver('r2', async () => ({ driver: createR2Driver(await emptyBucket()), separator: '/' }))

describe('r2', () => {
  it('streams more than one part, and an empty value', async () => {
    const driver = createR2Driver(await emptyBucket())
    const bytes = new Uint8Array(20_000_000).map((_, index) => index % 251)
    await driver.putStream?.('large', new Blob([bytes]).stream())
    expect(await driver.stat?.('large')).toMatchObject({ size: bytes.length })
    expect(await driver.readRange?.('large', 16_777_210, 16_777_220)).toEqual(
      bytes.subarray(16_777_210, 16_777_220),
    )
    await driver.putStream?.('empty', new Blob([]).stream())
    expect(await driver.stat?.('empty')).toMatchObject({ size: 0 })
    expect(await driver.readRange?.('empty', 0, 10)).toEqual(new Uint8Array())
  })
})

describe('service', () => {
  it('shows a folder: sizes, ranges, odd names, and nothing outside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mediamorph-service-'))
    try {
      const bytes = new Uint8Array(2_500_000).map((_, index) => index % 253)
      const name = 'a b?#%é.bin'
      await writeFile(join(folder, name), bytes)
      await utimes(join(folder, name), 1_700_000_000, 1_700_000_000)
      const serve = createFileService(createFsDriver(folder, { readonly: true }))
      const driver = createServiceDriver({ fetch: (input, init) => serve(new Request(input, init)) })
      expect(await driver.stat?.(name)).toMatchObject({ size: bytes.length, mtime: 1_700_000_000_000 })
      expect(isSame(await driver.getItemRaw?.(name, {}), bytes)).toBe(true)
      const piece = await driver.readRange?.(name, 1_000_000, 2_200_000)
      expect(isSame(piece, bytes.subarray(1_000_000, 2_200_000))).toBe(true)
      expect(await driver.readRange?.(name, 2_499_990, 9_000_000)).toEqual(bytes.subarray(2_499_990))
      expect(await driver.readRange?.(name, 9_000_000, 9_000_001)).toEqual(new Uint8Array())
      for (const absent of ['nothing', '../etc/passwd', '', 'a/../b']) {
        expect(await driver.stat?.(absent), absent).toBeNull()
        expect(await driver.readRange?.(absent, 0, 4), absent).toBeNull()
        expect(await driver.hasItem(absent, {}), absent).toBe(false)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('an answer that is neither there nor absent is a failure', async () => {
    const driver = createServiceDriver({ fetch: async () => new Response('no', { status: 500 }) })
    await expect(driver.stat?.('a')).rejects.toThrow('500')
    await expect(driver.readRange?.('a', 0, 1)).rejects.toThrow('500')
  })
})

/** An assertion on millions of numbers takes seconds. */
function isSame(got: unknown, expected: Uint8Array): boolean {
  return got instanceof Uint8Array && Buffer.compare(got, expected) === 0
}
