/** Video on Workers: what Media Transformations are asked, what comes of it, and what is said where they fail. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Log, LogLevel, Miniflare } from 'miniflare'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FAKE_MEDIA } from '../support/fake-media.ts'
import { FFMPEG, ffmpeg, hasFfmpeg } from '../support/videos.ts'
import { build, ROOT } from './commands.ts'
import { bucketOf, bundleWorker, modulesOf } from './worker-bundle.ts'

const WORKER = `
import { core } from 'mediamorph/workers/core'
import { createMediamorph } from 'mediamorph/workers/slim'
const origin = (name, more) => ({
  name, match: '^/' + name + '/(?<key>.+)$', access: 'public',
  sources: [{ type: 'storage', mount: 'r2:FILES', key: '\${key}' }], ...more,
})
const media = createMediamorph({
  origins: [origin('files', { ttl: { clientError: 0, serverError: 0 } }), origin('kept', { fallback: 'original' })],
  storage: { cache: 'r2:CACHE' },
  database: 'd1:INDEX',
  cloudflare: { sourceBytes: 1000000 },
  debug: { public: true },
}, { modules: core })
export default { fetch: media.fetch }
`

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  let folder: string
  let miniflare: Miniflare
  let video: Uint8Array

  beforeAll(async () => {
    build()
    folder = await mkdtemp(join(tmpdir(), 'mediamorph-media-'))
    await mkdir(join(folder, 'node_modules'))
    await symlink(ROOT, join(folder, 'node_modules/mediamorph'))
    await writeFile(join(folder, 'worker.ts'), WORKER)
    const bundle = await bundleWorker(join(folder, 'worker.ts'))
    miniflare = new Miniflare({
      cf: false,
      log: new Log(LogLevel.ERROR),
      workers: [
        {
          name: 'mediamorph',
          modulesRoot: '/',
          modules: modulesOf(bundle),
          compatibilityDate: '2026-04-01',
          compatibilityFlags: ['enable_request_signal'],
          bindings: { LOG_LEVEL: 'silent' },
          r2Buckets: ['FILES', 'CACHE'],
          d1Databases: ['INDEX'],
          serviceBindings: { MEDIA: { name: 'cloudflare', entrypoint: 'FakeMedia' } },
        },
        {
          name: 'cloudflare',
          modules: [{ type: 'ESModule', path: 'fake.js', contents: FAKE_MEDIA }],
          compatibilityDate: '2026-04-01',
        },
      ],
    })
    const picture = ['-f', 'lavfi', '-i', 'testsrc=97x65:rate=1:duration=100']
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=100']
    const codecs = ['-c:v', 'libx264', '-pix_fmt', 'yuv444p', '-c:a', 'libmp3lame', '-b:a', '8k']
    video = ffmpeg('mp4', [...picture, ...sound, ...codecs])
    const files = await bucketOf(miniflare, 'FILES')
    await files.put('a.mp4', video)
    const padding = Buffer.alloc(1_000_000)
    padding.writeUInt32BE(padding.length)
    padding.write('free', 4)
    await files.put('large.mp4', new Uint8Array(Buffer.concat([video, padding])))
  }, 120_000)
  afterAll(async () => {
    await miniflare.dispose()
    await rm(folder, { recursive: true, force: true })
  })

  const get = async (path: string) =>
    (await miniflare.dispatchFetch(`http://m.test/${path}`)) as unknown as Response
  const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
  const codeOf = async (response: Response) => {
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    return [response.status, error.code]
  }

  async function pictureOf(path: string) {
    const response = await get(path)
    const body = await bytesOf(response)
    expect([response.status, response.status === 200 ? '' : Buffer.from(body).toString()]).toEqual([200, ''])
    const { data, info } = await sharp(body).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    const { format } = await sharp(body).metadata()
    return { response, pixel: [...data.subarray(0, 3)], size: [info.width, info.height], format }
  }

  test('a frame is a picture as any other, from the whole original', async () => {
    const { response, pixel, size, format } = await pictureOf('files/a.mp4?mode=frame&time=33&format=png')
    expect([pixel, size, format]).toEqual([[video.length % 251, 33, 7], [97, 65], 'png'])
    expect(response.headers.get('x-transform-source')).toBe('cloudflare')
    expect(response.headers.get('x-resolved-width')).toBe('97')
    const again = await get('files/a.mp4?mode=frame&time=33&format=png')
    expect([again.headers.get('x-cache'), (await bytesOf(again)).length > 0]).toEqual(['HIT', true])
  })

  test.each([
    ['width=48', [48, 32]],
    ['width=48&height=48&fit=cover', [48, 48]],
    ['crop=40:20:10:10', [40, 20]],
    ['width=31&rotate=90&format=webp', [31, 46]],
  ])('a frame with %s', async (how, size) => {
    const made = await pictureOf(`files/a.mp4?mode=frame&time=5&format=png&${how}`)
    expect(made.size).toEqual(size)
    expect(made.pixel[0]).toBeCloseTo(video.length % 251, -1)
  })

  test('a sheet, and its storyboard', async () => {
    const sheet = 'imageCount=4&width=32&height=20&time=10&duration=40'
    const { pixel, size } = await pictureOf(`files/a.mp4?mode=spritesheet&format=png&${sheet}`)
    expect([pixel, size]).toEqual([
      [4, 10, 9],
      [64, 40],
    ])
    const cues = await get(`files/a.mp4?mode=storyboard&${sheet}`)
    expect([cues.status, (await cues.text()).match(/#xywh=\S+/g)]).toEqual([
      200,
      ['#xywh=0,0,32,20', '#xywh=32,0,32,20', '#xywh=0,20,32,20', '#xywh=32,20,32,20'],
    ])
    // Of three it lays another one.
    const other = sheet.replace('=4', '=3')
    expect(await codeOf(await get(`files/a.mp4?mode=spritesheet&format=png&${other}`))).toEqual([
      501,
      'NOT_SUPPORTED_HERE',
    ])
  })

  test('a part of it, made anew', async () => {
    const response = await get('files/a.mp4?mode=video&format=mp4&width=48&time=3&duration=5.5&audio=false')
    expect(response.headers.get('content-type')).toBe('video/mp4')
    expect(response.headers.get('x-transform-source')).toBe('cloudflare')
    expect(await response.json()).toEqual({
      bytes: video.length,
      size: { width: 48, height: 32, fit: 'contain' },
      what: { mode: 'video', time: '3s', duration: '5.5s', audio: false },
    })
  })

  test('its sound', async () => {
    const response = await get('files/a.mp4?mode=audio&format=m4a&time=2&duration=30')
    expect(response.headers.get('content-type')).toBe('audio/mp4')
    expect(await response.json()).toEqual({
      bytes: video.length,
      what: { mode: 'audio', format: 'm4a', time: '2s', duration: '30s' },
    })
  })

  test('what needs no decoding is done here', async () => {
    const response = await get('files/a.mp4?time=3&duration=5&format=mp4')
    expect(response.headers.get('x-transform-source')).toBe('container')
    await response.arrayBuffer()
  })

  test.each([
    ['94.01', 501, 'NOT_SUPPORTED_HERE'],
    ['94.02', 413, 'SOURCE_TOO_LARGE'],
    ['94.03', 508, 'REQUEST_LOOP'],
    ['94.04', 502, 'REMOTE_FAILED'],
    ['94.06', 501, 'NOT_SUPPORTED_HERE'],
    ['94.07', 502, 'REMOTE_FAILED'],
    ['94.08', 502, 'REMOTE_FAILED'],
    ['94.09', 504, 'REMOTE_TIMEOUT'],
    ['94.12', 422, 'UNSUPPORTED_CODEC'],
    ['94.13', 413, 'SOURCE_TOO_LARGE'],
    ['94.15', 422, 'UNSUPPORTED_CODEC'],
    ['94.19', 501, 'NOT_SUPPORTED_HERE'],
    ['94.29', 503, 'BUSY'],
    ['95.03', 503, 'BUSY'],
    ['95.04', 504, 'REMOTE_TIMEOUT'],
    ['95.09', 502, 'REMOTE_FAILED'],
    ['95.17', 502, 'REMOTE_FAILED'],
    ['95.23', 502, 'REMOTE_FAILED'],
    ['95.55', 502, 'REMOTE_FAILED'],
  ])('a failure at %s is %i %s', async (time, status, code) => {
    const response = await get(`files/a.mp4?mode=frame&time=${time}&format=png`)
    if (status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await codeOf(response)).toEqual([status, code])
  })

  test('what comes back untouched is no result', async () => {
    expect(await codeOf(await get('files/a.mp4?mode=audio&format=m4a&time=77'))).toEqual([
      502,
      'REMOTE_FAILED',
    ])
  })

  test.each(['94.12', '95.17', '94.02'])(
    'at %s the original comes where the origin says so',
    async (time) => {
      const response = await get(`kept/a.mp4?mode=frame&time=${time}&format=png`)
      expect([response.status, response.headers.get('x-transform-source')]).toEqual([200, 'passthrough'])
      expect(Buffer.compare(await bytesOf(response), video)).toBe(0)
    },
  )

  test.each([
    ['a.mp4?mode=video&format=mp4&width=48&fps=5', 'parameters of the encoder'],
    ['a.mp4?mode=video&format=webm&width=48', 'an encoder for webm'],
    ['a.mp4?mode=video&format=mp4&width=8', 'sides of fewer than 10 or more than 2000 pixels'],
    ['a.mp4?mode=video&format=mp4&width=48', 'parts of less than 1 or more than 60 seconds'],
    ['a.mp4?mode=waveform', 'an engine for waveform'],
    ['large.mp4?mode=frame', 'room for originals of more than 1000000 bytes'],
  ])('%s is refused with the reason', async (path, lack) => {
    const response = await get(`files/${path}`)
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    expect([response.status, error.code]).toEqual([501, 'NOT_SUPPORTED_HERE'])
    expect(error.message).toContain(`cloudflare lacks ${lack}`)
  })

  test('debug=view says who makes it', async () => {
    const seen = await (await get('files/a.mp4?mode=frame&time=1&debug=view')).json()
    expect(seen).toMatchObject({ engine: 'cloudflare', recipe: { kind: 'frame' } })
    const refused = await (await get('files/a.mp4?mode=waveform&debug=view')).json()
    expect(refused).toMatchObject({
      error: {
        code: 'NOT_SUPPORTED_HERE',
        message: expect.stringContaining('cloudflare lacks an engine for waveform'),
      },
    })
  })
})
