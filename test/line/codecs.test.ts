/** Which codecs an origin serves: of originals, of what is made of them, and by the lists of the preset. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMediamorph, loadConfig } from '../../src/index.ts'
import { codecFault, type CodecRules } from '../../src/media/codec-rules.ts'
import type { TimedInfo } from '../../src/media/info.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform } from '../support/platform.ts'
import { taggedMp3, silentMp3 } from '../support/songs.ts'
import { jpegPicture } from '../support/pictures.ts'
import { TINY_VIDEO } from '../support/tiny-video.ts'
import { FFMPEG, ffmpeg, hasFfmpeg } from '../support/videos.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const mount = createMemoryMount()

function stage(document: object) {
  const config = { storage: { cache: 'memory:' }, database: 'sqlite::memory:', ...document }
  const media = createMediamorph(
    config as never,
    createTestPlatform({ drivers: { 'memory:files': mount.driver } }),
  )
  open.push(media)
  return (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
}

const origin = (codecs: CodecRules, more: object = {}) => ({
  origins: [
    {
      name: 'files',
      match: '^/files/(?<key>.+)$',
      access: 'public',
      sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
      codecs,
      ...more,
    },
  ],
})
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}
const REFUSED = [422, 'UNSUPPORTED_CODEC']

beforeAll(async () => {
  mount.put('a.mkv', TINY_VIDEO)
  mount.put('a.mp3', silentMp3())
  mount.put('cover.mp3', taggedMp3([{ picture: await jpegPicture(), type: 'image/jpeg' }]))
  mount.put('a.jpg', await jpegPicture())
})

describe('an origin that minds them', () => {
  test('serves what it allows, and refuses the rest: the original, parts of it, and all that is made of it', async () => {
    const get = stage(origin({ video: { allow: ['vp9'] } }, { fallback: 'original' }))
    const init = { headers: { range: 'bytes=0-9' } }
    for (const query of ['', '?duration=0.2', '?format=mp4', '?format=json', '?mode=frame'])
      expect([query, ...(await outcome(await get(`/files/a.mkv${query}`)))]).toEqual([query, ...REFUSED])
    expect(await outcome(await get('/files/a.mkv', init))).toEqual(REFUSED)
    for (const path of ['a.mp3', 'a.jpg', 'a.jpg?width=10', 'a.mp3?mode=audio&duration=0.3'])
      expect([path, (await get(`/files/${path}`)).status]).toEqual([path, 200])
    const other = stage(origin({ video: { allow: ['avc1'] } }))
    expect((await other('/files/a.mkv', init)).status).toBe(206)
    expect((await other('/files/a.mkv?format=mp4')).status).toBe(200)
  })

  test('what is denied stays so, whatever is allowed', async () => {
    const get = stage(origin({ audio: { allow: ['mp3'], deny: ['mp3'] } }))
    expect(await outcome(await get('/files/a.mp3'))).toEqual(REFUSED)
    expect((await get('/files/a.mkv')).status).toBe(200)
  })

  test('a new version of the file is another question', async () => {
    const get = stage(origin({ audio: { deny: ['mp3'] } }))
    mount.put('changes', silentMp3(), 1_700_000_000_000)
    expect(await outcome(await get('/files/changes'))).toEqual(REFUSED)
    mount.put('changes', TINY_VIDEO, 1_700_000_100_000)
    expect((await get('/files/changes')).status).toBe(200)
  })

  test('a list of wrong names is a fault of the configuration', () => {
    const document = { ...origin({ video: { allow: ['a b'] } }), storage: { cache: 'memory:' } } as never
    expect(() => loadConfig({ document, env: {} })).toThrow('origins[0].codecs.video.allow[0]')
  })
})

describe('names', () => {
  const fault = (codec: string | null, codecId: string, rules: CodecRules) => {
    const track = { width: 1, height: 1, codedWidth: 1, codedHeight: 1, rotation: 0 as const }
    const video = { ...track, codec, codecId, hasAlpha: false, isHdr: false }
    const info: TimedInfo = { class: 'video', format: 'mp4', video, audio: [] }
    return codecFault(info, rules)?.code
  }
  test.each([
    ['avc', 'avc1.640028', 'h264'],
    ['hevc', 'hev1.1.6', 'H265'],
    ['av1', 'av01.0.04', 'av1'],
    [null, 'mp4v.20.9', 'mpeg4'],
    [null, 'V_MPEG4/ISO/ASP', 'mpeg4'],
    [null, 'V_THEORA', 'theora'],
    [null, 'apch', 'apch'],
  ])('%s %s is %s', (codec, id, name) => {
    expect(fault(codec, id, { video: { allow: [name] } })).toBeUndefined()
    expect(fault(codec, id, { video: { deny: [name] } })).toBe('UNSUPPORTED_CODEC')
    expect(fault(codec, id, { video: { allow: ['vp9'] } })).toBe('UNSUPPORTED_CODEC')
    expect(fault(codec, id, { audio: { allow: [] } })).toBeUndefined()
  })
})

describe.runIf(hasFfmpeg())(`Fluxer's lists, with files of ${FFMPEG}`, () => {
  const picture = ['-f', 'lavfi', '-i', 'testsrc=64x64:10:d=0.5']
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=0.5']
  beforeAll(() => {
    const put = (name: string, as: string, args: readonly string[]) =>
      mount.put(`attachments/1/2/${name}`, ffmpeg(as, args))
    put('h264.mp4', 'mp4', [...picture, ...sound])
    put('mpeg4.mp4', 'mp4', [...picture, '-c:v', 'mpeg4'])
    put('prores.mov', 'mov', [...picture, '-c:v', 'prores_ks', '-profile:v', '2'])
    put('ac3.mkv', 'mkv', [...sound, '-c:a', 'ac3'])
    put('opus.ogg', 'ogg', [...sound, '-c:a', 'libopus'])
    put('theora.ogg', 'ogg', [...picture, ...sound, '-c:v', 'libtheora', '-c:a', 'libvorbis'])
    put('theora.mkv', 'mkv', [...picture, '-c:v', 'libtheora'])
    mount.put('attachments/1/2/damaged.mp4', ffmpeg('mp4', picture).subarray(0, 900))
  })

  test.each([
    ['h264.mp4', 200],
    ['mpeg4.mp4', 200],
    ['prores.mov', 422],
    ['ac3.mkv', 422],
    ['opus.ogg', 200],
    ['theora.ogg', 422],
    ['theora.mkv', 200],
    ['damaged.mp4', 200],
  ])('%s: %i', async (name, status) => {
    const get = stage({ assets: [{ preset: 'fluxer', mount: 'memory:files' }] })
    const response = await get(`/attachments/1/2/${name}`)
    expect(response.status).toBe(status)
    if (status !== 200) expect(await outcome(response)).toEqual(REFUSED)
  })

  test('a film in Ogg is no song: it is told of as video', async () => {
    const get = stage(origin({}, { codecs: undefined }))
    expect(await (await get('/files/attachments/1/2/theora.ogg?format=json')).json()).toMatchObject({
      format: 'ogg',
      width: null,
      video: { codec: 'theora' },
      audio: { codec: 'vorbis' },
    })
  })
})
