/** Video and sound through the whole line: facts, frames, parts, other containers. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import sharp from 'sharp'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createTestFfmpegs } from '../support/ffmpegs.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform } from '../support/platform.ts'
import { TINY_VIDEO, tinyGrey } from '../support/tiny-video.ts'
import { FFMPEG, ffmpeg, ffprobe, frameOf, framesOf, hasFfmpeg, makeVideo, RATE } from '../support/videos.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const mount = createMemoryMount()

const TIERS = { 'ffmpeg-native': { wasm: false }, 'ffmpeg-wasm': { native: 'off' } } as const

const tiers = new Map<string, ReturnType<typeof create>>()
afterAll(async () => {
  for (const { media } of tiers.values()) await media.close()
})

/** The same files through each tier, one service for each: starting takes the one in threads a second. */
function tier(name: keyof typeof TIERS) {
  const one = tiers.get(name) ?? create({ ffmpeg: TIERS[name] })
  tiers.set(name, one)
  return one.get
}

function openStage(document: Record<string, unknown>, env: Record<string, string> = {}) {
  const { media, ask } = create(document, env)
  open.push(media)
  return { ask }
}

function stage(document: Record<string, unknown> = {}) {
  const { ask } = openStage(document)
  return (path: string) => ask(`/files/${path}`)
}

function create(document: Record<string, unknown>, env: Record<string, string> = {}) {
  const platform = {
    ...createTestPlatform({ drivers: { 'memory:files': mount.driver }, env }),
    createFfmpegs: createTestFfmpegs,
  }
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
  }
  const config = { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:', ...document }
  const media = createMediamorph(config as never, platform)
  const ask = (path: string, init?: RequestInit) => media.fetch(new Request(`http://media.test${path}`, init))
  const get = (path: string) => ask(`/files/${path}`)
  return { media, ask, get }
}

const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
async function whole(response: Response): Promise<Uint8Array> {
  const body = await bytes(response)
  expect([response.status, response.status === 200 ? '' : new TextDecoder().decode(body)]).toEqual([200, ''])
  return body
}
const code = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code

const VP8 = ['-c:v', 'libvpx', '-crf', '4', '-b:v', '4M', '-g', '20', '-c:a', 'libopus']
const VP9 = ['-c:v', 'libvpx-vp9', '-lossless', '1', '-cpu-used', '8', '-g', '20', '-c:a', 'libopus']
const HEVC = ['-c:v', 'libx265', '-x265-params', 'log-level=error:keyint=20:qp=4', '-c:a', 'aac']

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  beforeAll(() => {
    const mp4 = makeVideo({ as: 'mp4' })
    mount.put('a.mp4', mp4)
    for (const as of ['mov', 'mkv', 'ts'])
      mount.put(`a.${as}`, ffmpeg(as, ['-f', 'mov', '-i', 'pipe:0', '-c', 'copy'], mp4))
    mount.put('vp8.webm', makeVideo({ as: 'webm', codecs: VP8 }))
    mount.put('vp9.webm', makeVideo({ as: 'webm', codecs: VP9 }))
    mount.put('hevc.mp4', makeVideo({ as: 'mp4', codecs: HEVC, options: ['-tag:v', 'hvc1'] }))
    mount.put(
      'turned.mp4',
      ffmpeg('mp4', ['-f', 'mov', '-i', 'pipe:0', '-c', 'copy', '-metadata:s:v', 'rotate=90'], mp4),
    )
    mount.put('wide.mp4', makeVideo({ as: 'mp4', options: ['-vf', 'setsar=2/1'], silent: true }))
    mount.put('test.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', 'testsrc=96x64:25:d=1', '-pix_fmt', 'yuv420p']))
    const moving = 'testsrc=96x64:25:d=1,format=yuva420p,geq=lum=lum(X\\,Y):cb=cb(X\\,Y):cr=cr(X\\,Y):a=X*2'
    const alpha = ['-c:v', 'libvpx', '-auto-alt-ref', '0', '-b:v', '1M']
    mount.put('alpha.webm', ffmpeg('webm', ['-f', 'lavfi', '-i', moving, ...alpha]))
    mount.put('sound.m4a', ffmpeg('m4a', ['-f', 'mov', '-i', 'pipe:0', '-vn', '-c', 'copy'], mp4))
    const bt709 = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709']
    mount.put('hd.mp4', makeVideo({ as: 'mp4', options: bt709, seconds: 0.2, silent: true }))
    mount.put('cut.mp4', mp4.subarray(0, mp4.length >> 1))
  })

  describe('facts', () => {
    test('of a video', async () => {
      const facts = JSON.parse(new TextDecoder().decode(await whole(await stage()('a.mp4?format=json'))))
      expect(facts).toMatchObject({
        format: 'mp4',
        contentType: 'video/mp4',
        width: 96,
        height: 64,
        orientation: 1,
        duration: 3,
        frames: null,
        animated: true,
        video: { codec: 'avc', fps: RATE, rotation: 0 },
        audio: { codec: 'aac', channels: 1, sampleRate: 44100 },
        tracks: [{ kind: 'video' }, { kind: 'audio' }],
      })
    })

    test.each([
      ['turned.mp4', { width: 64, height: 96, video: { rotation: 270, codedWidth: 96 } }],
      ['wide.mp4', { width: 192, height: 64, audio: null, colorSpace: null }],
      ['hd.mp4', { colorSpace: 'bt709' }],
      [
        'sound.m4a',
        {
          width: null,
          orientation: null,
          animated: false,
          colorSpace: null,
          video: null,
          audio: { codec: 'aac' },
        },
      ],
      ['vp9.webm', { format: 'webm', video: { codec: 'vp9' }, audio: { codec: 'opus' } }],
      ['a.ts', { format: 'ts', width: 96, video: { codec: 'avc' } }],
    ])('of %s', async (name, expected) => {
      const facts = JSON.parse(new TextDecoder().decode(await whole(await stage()(`${name}?format=json`))))
      expect(facts).toMatchObject(expected)
    })

    test('of a file whose index is missing there are none', async () => {
      const response = await stage()('cut.mp4?format=json')
      expect([response.status, await code(response)]).toEqual([422, 'CORRUPT_MEDIA'])
    })
  })

  test('of a video there is a placeholder, made of its first frame', async () => {
    const facts = async (document = {}) => {
      const response = await stage(document)('turned.mp4?format=json')
      return JSON.parse(new TextDecoder().decode(await whole(response)))
    }
    expect((await facts()).placeholder).toMatchObject({ dominant: '#000000', thumbhash: expect.any(String) })
    expect((await facts({ ffmpeg: { native: 'off', wasm: false } })).placeholder).toBe(null)
  })

  test.each(['webp', 'png', 'gif'])('on an attachment, %s is a still of its beginning', async (format) => {
    mount.put('attachments/1/2/a.mp4', mount.files.get('a.mp4')?.body ?? '')
    const { ask } = openStage({ assets: [{ preset: 'fluxer', mount: 'memory:files' }] })
    const still = await whole(await ask(`/attachments/1/2/a.mp4?format=${format}&width=48`))
    const { format: made, width, pages = 1 } = await sharp(still).metadata()
    expect([made, width, pages, await frameOf(still)]).toEqual([format, 48, 1, 0])
    const film = await ask('/attachments/1/2/a.mp4')
    expect(film.headers.get('content-type')).toBe('video/mp4')
    await film.body?.cancel()
  })

  describe('for those inside', () => {
    const SECRET = 'secret-of-those-inside'
    function post(path: string, body: object): Promise<Response> {
      const { ask } = openStage(
        { internal: { uploads: 'memory:files' } },
        { MEDIAMORPH_INTERNAL_SECRET: SECRET, MEDIAMORPH_SECRET: 'secret-of-the-addresses' },
      )
      const headers = { 'x-internal-secret': SECRET, 'content-type': 'application/json' }
      return ask(path, { method: 'POST', headers, body: JSON.stringify(body) })
    }

    test('/_metadata tells of size, length and look', async () => {
      const response = await post('/_metadata', {
        type: 'upload',
        upload_filename: 'turned.mp4',
        isNSFWAllowed: true,
      })
      expect(await response.json()).toMatchObject({
        format: 'mp4',
        content_type: 'video/mp4',
        width: 64,
        height: 96,
        duration: 3,
        placeholder: expect.stringMatching(/^[\w+/]+=*$/),
      })
    })

    test('/_thumbnail is the first frame', async () => {
      const response = await post('/_thumbnail', { type: 'upload', upload_filename: 'a.mkv' })
      expect(response.headers.get('content-type')).toBe('image/jpeg')
      expect(await frameOf(await whole(response))).toBe(0)
    })

    test('/_frames are three', async () => {
      const response = await post('/_frames', { type: 'upload', upload_filename: 'a.mp4' })
      const { frames } = (await response.json()) as { frames: { timestamp: number; base64: string }[] }
      expect(frames.map((frame) => frame.timestamp)).toEqual([1, 1.5, 2])
      const pictures = frames.map((frame) => frameOf(Buffer.from(frame.base64, 'base64')))
      expect(await Promise.all(pictures)).toEqual([25, 37, 50])
    })
  })

  describe('a frame', () => {
    test.each([
      ...['a.mp4', 'a.mov', 'a.mkv', 'a.ts'].map((name) => [name, 'ffmpeg-native'] as const),
      ...['vp8.webm', 'vp9.webm', 'hevc.mp4'].flatMap((name) => [
        [name, 'ffmpeg-native'] as const,
        [name, 'ffmpeg-wasm'] as const,
      ]),
      ['a.mp4', 'ffmpeg-wasm'] as const,
    ])('of %s is the one that is shown at that time, by %s', async (name, by) => {
      const get = tier(by)
      for (const [time, frame] of [
        ['0', 0],
        ['0.39', 9],
        ['1.63', 40],
        ['50%', 37],
        ['-0.02', 74],
        ['99', 74],
      ] as const) {
        const response = await get(`${name}?mode=frame&format=png&time=${encodeURIComponent(time)}`)
        expect([time, await frameOf(await whole(response))]).toEqual([time, frame])
        expect(response.headers.get('x-transform-source')).toBe(by)
      }
    })

    test.each(['a.mp4', 'hevc.mp4', 'alpha.webm', 'vp9.webm', 'test.mp4', 'turned.mp4', 'wide.mp4'])(
      'of %s has the same pixels whoever makes it',
      async (name) => {
        const pixels = async (by: keyof typeof TIERS) => {
          const picture = sharp(await whole(await tier(by)(`${name}?mode=frame&time=0.5&format=png`)))
          const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
          return { data, size: [info.width, info.height, info.channels] }
        }
        const native = await pixels('ffmpeg-native')
        const wasm = await pixels('ffmpeg-wasm')
        expect(wasm.size).toEqual([...native.size])
        expect(native.size[2]).toBe(name === 'alpha.webm' ? 4 : 3)
        const apart = native.data.map((value, at) => Math.abs(value - (wasm.data[at] ?? 255)))
        expect(Math.max(...apart)).toBe(0)
      },
    )

    test('is a picture as any other', async () => {
      const response = await stage()('a.mp4?mode=frame&time=1&width=48&format=webp&rotate=90')
      const { format, width, height } = await sharp(await whole(response)).metadata()
      expect([format, width, height]).toEqual(['webp', 48, 72])
      expect(response.headers.get('content-type')).toBe('image/webp')
      expect([response.headers.get('x-resolved-width'), response.headers.get('x-resolved-height')]).toEqual([
        '48',
        '72',
      ])
    })

    test.each([
      ['turned.mp4', 64, 96],
      ['wide.mp4', 192, 64],
    ])('of %s stands as it is displayed', async (name, width, height) => {
      const picture = await sharp(await whole(await stage()(`${name}?format=jpeg`))).metadata()
      expect([picture.format, picture.width, picture.height]).toEqual(['jpeg', width, height])
    })

    test('without an ffmpeg is refused with the reason', async () => {
      const response = await stage({ ffmpeg: { native: 'off', wasm: false } })('a.mp4?mode=frame')
      expect([response.status, await code(response)]).toEqual([501, 'NOT_SUPPORTED_HERE'])
    })

    test('of sound is refused', async () => {
      const response = await stage()('sound.m4a?mode=frame')
      expect([response.status, await code(response)]).toEqual([400, 'INVALID_PARAMETER'])
    })
  })

  describe('a copy', () => {
    test.each(['a.mp4', 'a.mov', 'a.mkv', 'a.ts'])('of a part of %s shows that part', async (name) => {
      const response = await stage()(`${name}?format=mp4&time=1.2&duration=1`)
      const clip = await whole(response)
      expect(framesOf(clip, 'mp4').slice(0, 25)).toEqual(Array.from({ length: 25 }, (_, n) => 30 + n))
      expect(ffprobe(clip).streams.map((stream) => stream.codec_name)).toEqual(['h264', 'aac'])
      expect(response.headers.get('x-transform-source')).toBe('container')
    })

    test.each(['mkv', 'ts'])('into a file of the kind %s begins with the key frame before', async (as) => {
      const clip = await whole(await stage()(`a.${as}?time=1.2&duration=1`))
      expect(framesOf(clip, as)[0]).toBe(20)
    })

    test('without sound', async () => {
      const clip = await whole(await stage()('a.mp4?audio=false'))
      expect(ffprobe(clip).streams.map((stream) => stream.codec_type)).toEqual(['video'])
      expect(framesOf(clip, 'mp4')).toHaveLength(75)
    })

    test('of the sound alone', async () => {
      const response = await stage()('a.mp4?format=m4a')
      const { streams } = ffprobe(await whole(response))
      expect(streams.map(({ codec_name, duration }) => [codec_name, Math.round(Number(duration))])).toEqual([
        ['aac', 3],
      ])
      expect(response.headers.get('content-type')).toBe('audio/mp4')
    })

    test('that is none needs an ffmpeg', async () => {
      const response = await stage({ ffmpeg: { native: 'off', wasm: false } })('a.mp4?format=webm')
      expect([response.status, await code(response)]).toEqual([501, 'NOT_SUPPORTED_HERE'])
    })

    test('larger than what may be made is refused', async () => {
      const response = await stage({ limits: { outputBytes: 2000 } })('a.mp4?format=mp4')
      expect([response.status, await code(response)]).toEqual([422, 'LIMIT_EXCEEDED'])
    })

    test('is answered from the store, with ranges', async () => {
      const get = stage()
      const clip = await whole(await get('a.mp4?mode=video&time=1'))
      const again = await get('a.mp4?mode=video&time=1s')
      expect(again.headers.get('x-cache')).toBe('HIT')
      expect(await bytes(again)).toEqual(clip)
    })

    test('of a track that is not there is refused', async () => {
      const response = await stage()('a.mp4?mode=audio&track=1')
      expect([response.status, await code(response)]).toEqual([400, 'INVALID_PARAMETER'])
    })
  })
})

describe('with the packages alone', () => {
  test('a frame of a small video is made', async () => {
    mount.put('tiny.mkv', TINY_VIDEO)
    for (const n of [0, 4, 7]) {
      const response = await tier('ffmpeg-wasm')(
        `tiny.mkv?mode=frame&time=${(n / 25 + 0.01).toFixed(2)}&format=png`,
      )
      const { channels } = await sharp(await whole(response)).stats()
      expect(Math.abs((channels[0]?.mean ?? 0) - tinyGrey(n))).toBeLessThan(3)
      expect(response.headers.get('x-transform-source')).toBe('ffmpeg-wasm')
    }
  })

  test('one that lies about what is in it is refused', async () => {
    const bytes = TINY_VIDEO.slice()
    bytes.fill(0xff, 600)
    mount.put('damaged.mkv', bytes)
    const response = await tier('ffmpeg-wasm')('damaged.mkv?mode=frame&format=png')
    expect([response.status, await code(response)]).toEqual([422, 'CORRUPT_MEDIA'])
  })
})
