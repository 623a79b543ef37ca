import memoryDriver from 'unstorage/drivers/memory'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createFsDriver } from '../../runtimes/server/fs-driver.ts'
import type { Driver } from '../../src/platform.ts'
import { createBlobStore } from '../../src/store/blob-store.ts'
import { bytesFor, bytesOf } from '../contracts/store.ts'

const KEY = 'a-0123456789abcdef'
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

const DRIVERS: Record<string, () => Promise<Driver>> = {
  chunks: async () => memoryDriver(),
  whole: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mediamorph-blob-'))
    folders.push(folder)
    return createFsDriver(folder, { separator: ':', trusted: true })
  },
}

function streamOf(
  body: Uint8Array,
  step: number,
  failAt = Number.POSITIVE_INFINITY,
): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= failAt) return controller.error(new Error('cut'))
      if (at >= body.length) return controller.close()
      controller.enqueue(body.slice(at, at + step))
      at += step
    },
  })
}

describe.each(Object.entries(DRIVERS))('streams into %s', (_, open) => {
  it.each([0, 5, 999, 1_000, 1_001, 2_000, 5_500])('keeps %i bytes', async (length) => {
    const store = createBlobStore({ driver: await open(), blockBytes: 1_000, inlineBytes: 100 })
    const body = bytesFor('s', length)
    await store.putStream(KEY, streamOf(body, 333), { n: 1 }, 'aa')
    const blob = await store.get(KEY)
    expect(blob).toMatchObject({ size: length, meta: { n: 1 }, generation: 'aa' })
    if (blob) expect((await bytesOf(await blob.read())).equals(body)).toBe(true)
    if (blob)
      expect((await bytesOf(await blob.read({ start: 3, end: 1_500 }))).equals(body.slice(3, 1_500))).toBe(
        true,
      )
  })

  it('leaves nothing of a stream that fails, and the earlier blob stays', async () => {
    const driver = await open()
    const store = createBlobStore({ driver, blockBytes: 1_000, inlineBytes: 100 })
    await store.putStream(KEY, streamOf(bytesFor('first', 50), 50), {}, 'aa')
    const before = await driver.getKeys('', {})
    await expect(store.putStream(KEY, streamOf(bytesFor('s', 9_000), 300, 4_000), {}, 'bb')).rejects.toThrow(
      'cut',
    )
    expect(await driver.getKeys('', {})).toEqual(before)
    expect(await store.get(KEY)).toMatchObject({ generation: 'aa' })
  })

  it('removes one generation and no other', async () => {
    const driver = await open()
    const store = createBlobStore({ driver, blockBytes: 1_000, inlineBytes: 100 })
    for (const generation of ['aa', 'bb'])
      await (await store.prepare(KEY, bytesFor('s', 2_500), {}, generation)).write()
    await store.remove(KEY, 'aa', 2_500)
    const blob = await store.get(KEY)
    expect((await bytesOf((await blob?.read()) ?? new Uint8Array())).equals(bytesFor('s', 2_500))).toBe(true)
    await store.remove(KEY, 'bb', 2_500)
    expect(await driver.getKeys('', {})).toEqual([])
  })
})

it('reads no more than one block ahead of its reader', async () => {
  const driver = memoryDriver()
  let reads = 0
  const counting = { ...driver, getItemRaw: (key: string) => (reads++, driver.getItem(key)) }
  const store = createBlobStore({ driver: counting, blockBytes: 1_000, inlineBytes: 100 })
  await (await store.prepare(KEY, bytesFor('s', 10_000), {}, 'aa')).write()
  const body = await (await store.get(KEY))?.read()
  reads = 0
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  await reader.read()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(reads).toBe(1)
  await reader.cancel()
})

it('refuses a driver that cannot write', () => {
  const { hasItem, getItem, getKeys } = memoryDriver()
  expect(() => createBlobStore({ driver: { hasItem, getItem, getKeys } })).toThrow(/read-only/)
})
