/** What a mount must do to hold what jobs make. */
import { describe, expect, it } from 'vitest'
import type { Driver } from '../../src/platform.ts'
import { createArtifactFiles } from '../../src/store/artifact-files.ts'
import { createStorageSource } from '../../src/sources/storage.ts'
import { bytesFor, bytesOf } from './store.ts'

const KEY = 'videos/ab/abcd/video/r240_h264.mp4'
const signal = new AbortController().signal

function streamOf(bytes: Uint8Array, failAt = Infinity): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= failAt) return controller.error(new Error('cut'))
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + 100_000))
      at += 100_000
    },
  })
}

export function describeArtifactFiles(name: string, open: () => Promise<Driver>): void {
  describe(`artifacts in ${name}`, () => {
    async function ground() {
      const driver = await open()
      const source = createStorageSource({ key: '${key}' }, async () => driver)
      /** As whoever reads the mount sees it. */
      const read = async (key: string) => {
        const original = await source.open({ captures: { key }, signal })
        return bytesOf(original.stream())
      }
      return { files: createArtifactFiles(driver), read }
    }

    it('are files under their own names, whole', async () => {
      const { files, read } = await ground()
      const bytes = bytesFor('film', 350_001)
      expect(await files.has(KEY)).toBe(false)
      await files.put(KEY, streamOf(bytes))
      expect(await files.has(KEY)).toBe(true)
      expect((await read(KEY)).equals(bytes)).toBe(true)
    })

    it('are replaced in one step, or stay as they were', async () => {
      const { files, read } = await ground()
      await files.put(KEY, streamOf(bytesFor('first', 250_000)))
      await expect(files.put(KEY, streamOf(bytesFor('second', 400_000), 200_000))).rejects.toMatchObject({
        code: 'STORE_FAILED',
      })
      expect((await read(KEY)).equals(bytesFor('first', 250_000))).toBe(true)
      await files.put(KEY, streamOf(bytesFor('third', 10)))
      expect((await read(KEY)).equals(bytesFor('third', 10))).toBe(true)
    })

    it('are listed by folder, and removed', async () => {
      const { files } = await ground()
      const others = ['videos/ab/abcd/cover.jpg', 'videos/ab/abce/cover.jpg', 'images/ab/abcd/thumb.webp']
      for (const key of [KEY, ...others]) await files.put(key, streamOf(bytesFor(key, 5)))
      expect((await files.list('videos/ab/abcd/')).toSorted()).toEqual([others[0], KEY])
      await files.remove(KEY)
      await files.remove(KEY)
      expect(await files.list('videos/ab/abcd/')).toEqual([others[0]])
      expect(await files.list('videos/zz/none/')).toEqual([])
    })
  })
}
