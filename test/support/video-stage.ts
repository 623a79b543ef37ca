/** A whole service over videos in memory, with the ffmpeg of the machine. */
import { expect } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import type { Ffmpeg, FfmpegSettings } from '../../src/platform.ts'
import { createTestFfmpegs } from './ffmpegs.ts'
import { createMemoryMount } from './memory-mount.ts'
import { createTestPlatform } from './platform.ts'

function without(ffmpeg: Ffmpeg, encoder: string): Ffmpeg {
  return {
    name: ffmpeg.name,
    run: (job) => ffmpeg.run(job),
    close: () => ffmpeg.close(),
    async abilities() {
      const all = await ffmpeg.abilities()
      return all && { ...all, encoders: new Set([...all.encoders].filter((name) => name !== encoder)) }
    },
  }
}

export function openVideoStage() {
  const open: Mediamorph[] = []
  const mount = createMemoryMount()

  /** @param lacks an encoder that its ffmpeg does not have */
  function stage(document: Record<string, unknown> = {}, { lacks = '' } = {}) {
    const platform = {
      ...createTestPlatform({ drivers: { 'memory:files': mount.driver } }),
      createFfmpegs: (settings: FfmpegSettings) =>
        createTestFfmpegs(settings).map((one) => (lacks ? without(one, lacks) : one)),
    }
    const files = {
      name: 'files',
      match: '^/files/(?<key>.+)$',
      sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    }
    const config = {
      origins: [files],
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
      ...document,
    }
    const media = createMediamorph(config as never, platform)
    open.push(media)
    return (path: string) => media.fetch(new Request(`http://media.test/files/${path}`))
  }

  const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
  async function whole(response: Response): Promise<Uint8Array> {
    const body = await bytes(response)
    const said = response.status === 200 ? '' : new TextDecoder().decode(body)
    expect([response.status, said]).toEqual([200, ''])
    return body
  }
  const code = async (response: Response) =>
    ((await response.json()) as { error: { code: string } }).error.code

  async function close(): Promise<void> {
    for (const one of open.splice(0)) await one.close()
  }
  return { mount, stage, whole, bytes, code, close }
}
