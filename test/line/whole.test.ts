/** Originals that only an ffmpeg reads, whole, through the line and both ffmpegs: facts, frames, parts, sound. */
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openVideoStage } from '../support/video-stage.ts'
import { FFMPEG, ffmpeg, ffprobe, frameOf, framesOf, hasFfmpeg, makeVideo } from '../support/videos.ts'

const { mount, stage, whole, code, close } = openVideoStage()
afterAll(close)

const TIERS = { 'ffmpeg-native': { wasm: false }, 'ffmpeg-wasm': { native: 'off' } } as const
const mpeg4 = ['-c:v', 'mpeg4', '-qscale:v', '2', '-g', '20', '-bf', '2']
const h264 = ['-c:v', 'libx264', '-preset', 'fast', '-g', '20', '-bf', '2', '-pix_fmt', 'yuv420p', '-qp', '4']
const FILES: readonly (readonly [
  name: string,
  codec: string,
  sound: string | null,
  options: readonly string[],
])[] = [
  ['xvid.avi', 'mpeg4', 'mp3', [...mpeg4, '-bf', '0', '-vtag', 'XVID', '-c:a', 'libmp3lame']],
  ['h264.avi', 'avc', 'pcm-s16', [...h264, '-bf', '0', '-c:a', 'pcm_s16le']],
  ['jpeg.avi', 'mjpeg', null, ['-c:v', 'mjpeg', '-qscale:v', '2', '-an']],
  ['old.flv', 'flv', 'mp3', ['-c:v', 'flv', '-qscale:v', '2', '-g', '20', '-c:a', 'libmp3lame']],
  ['h264.flv', 'avc', 'aac', [...h264, '-c:a', 'aac']],
  ['mpeg4.mp4', 'mpeg4', 'aac', [...mpeg4, '-c:a', 'aac']],
  ['mpeg4.mkv', 'mpeg4', 'aac', [...mpeg4, '-c:a', 'aac']],
  ['mpeg2.mkv', 'mpeg2video', null, ['-c:v', 'mpeg2video', '-qscale:v', '2', '-g', '20', '-an']],
  ['jpeg.mov', 'mjpeg', null, ['-c:v', 'mjpeg', '-qscale:v', '2', '-an']],
  ['prores.mov', 'prores', null, ['-c:v', 'prores_ks', '-an']],
  ['sound.mkv', 'avc', null, [...h264, '-c:a', 'mp2']],
]
const PARTS = FILES.filter(([name]) => /^(?:xvid.avi|h264.flv|mpeg4.mkv|jpeg.mov|sound.mkv)$/.test(name))
const near = (frame: number, wanted: number) => expect(Math.abs(frame - wanted)).toBeLessThanOrEqual(1)

describe.runIf(hasFfmpeg())(`whole with ${FFMPEG}`, () => {
  beforeAll(() => {
    for (const [name, , , codecs] of FILES)
      mount.put(
        name,
        makeVideo({ as: name.split('.')[1] ?? '', codecs, options: ['-pix_fmt', ...pixelsOf(codecs)] }),
      )
    const wide = ['-c:v', 'mpeg4', '-vtag', 'XVID', '-qscale:v', '2']
    mount.put(
      'wide.avi',
      makeVideo({ as: 'avi', codecs: wide, options: ['-vf', 'setsar=2/1'], silent: true }),
    )
    const late = 'color=black:96x64:25:d=2[a];testsrc=96x64:25:d=1[b];[a][b]concat'
    mount.put('late.avi', ffmpeg('avi', ['-filter_complex', late, ...wide]))
    const avi = mount.files.get('xvid.avi')?.body ?? new Uint8Array(0)
    mount.put('cut.avi', avi.subarray(0, 150))
    mount.put('damaged.avi', avi.slice().fill(7, avi.length >> 1))
  })

  describe.each(Object.entries(TIERS))('by %s', (tier, settings) => {
    let get: ReturnType<typeof stage>
    beforeAll(() => {
      get = stage({ ffmpeg: settings })
    })

    test.each(FILES)('%s says what it is', async (name, codec, sound) => {
      const facts = JSON.parse(new TextDecoder().decode(await whole(await get(`${name}?format=json`))))
      expect(facts).toMatchObject({ width: 96, height: 64, video: { codec, rotation: 0 } })
      expect(facts.duration).toBeGreaterThan(2.9)
      expect(facts.duration).toBeLessThan(3.1)
      expect(Math.abs(facts.video.fps - 25)).toBeLessThan(0.1)
      if (sound) expect(facts.audio).toMatchObject({ codec: sound, channels: 1, sampleRate: 44_100 })
      expect(typeof facts.placeholder.thumbhash).toBe('string')
    })

    test.each(FILES)('%s gives the frame that stands at a time', async (name) => {
      for (const [time, wanted] of [
        ['0', 0],
        ['1.99', 49],
        ['100%25', 74],
      ] as const) {
        const response = await get(`${name}?mode=frame&format=png&time=${time}`)
        const frame = await frameOf(await whole(response))
        expect([name, time, Math.abs(frame - wanted) <= 1, frame]).toEqual([name, time, true, frame])
        expect(response.headers.get('x-transform-source')).toBe(tier)
      }
    })

    test.each(PARTS)('%s becomes a part that is a file for browsers', async (name, _, sound) => {
      const clip = await whole(await get(`${name}?format=mp4&time=1&duration=1&width=48`))
      const frames = framesOf(clip, 'mp4')
      expect(frames).toHaveLength(25)
      for (const [n, frame] of frames.entries()) near(frame, 25 + n)
      const { streams, format } = ffprobe(clip)
      expect(streams.map(({ codec_name }) => codec_name)).toEqual(
        sound || name === 'sound.mkv' ? ['h264', 'aac'] : ['h264'],
      )
      expect(streams[0]).toMatchObject({ width: 48, height: 32 })
      expect(Number(format.duration)).toBeCloseTo(1, 1)
    })

    test.each(['xvid.avi', 'old.flv', 'h264.flv', 'sound.mkv'])('%s gives its sound', async (name) => {
      const sound = await whole(await get(`${name}?mode=audio&format=wav&time=1&duration=1.5`))
      expect(ffprobe(sound).streams).toMatchObject([{ codec_name: 'pcm_s16le', channels: 1 }])
      expect(Number(ffprobe(sound).format.duration)).toBeCloseTo(1.5, 1)
    })

    test.each(PARTS.slice(0, -1))('%s becomes a sheet of moments evenly apart', async (name) => {
      const query = 'mode=spritesheet&imageCount=6&columns=3&width=24&height=16&format=png'
      const sheet = await whole(await get(`${name}?${query}`))
      const facts = JSON.parse(new TextDecoder().decode(await whole(await get(`${name}?format=json`))))
      for (let n = 0; n < 6; n++) {
        const area = { left: (n % 3) * 24, top: Math.floor(n / 3) * 16, width: 24, height: 16 }
        const tile = new Uint8Array(await sharp(sheet).extract(area).png().toBuffer())
        near(await frameOf(tile), Math.floor((((n + 0.5) * facts.duration) / 6) * 25))
      }
      const board = await whole(await get(`${name}?mode=storyboard&imageCount=6&columns=3`))
      expect(new TextDecoder().decode(board).match(/ --> /g)).toHaveLength(6)
    })

    test('the first frame that shows something is found', async () => {
      const at = async (time: string) => whole(await get(`late.avi?mode=frame&time=${time}&format=png`))
      expect(await at('auto')).toEqual(await at('2'))
      expect(await at('auto')).not.toEqual(await at('1'))
    })

    test.each(['xvid.avi', 'old.flv', 'sound.mkv'])('%s has a waveform', async (name) => {
      const peaks = JSON.parse(
        new TextDecoder().decode(await whole(await get(`${name}?mode=waveform&width=50`))),
      )
      expect(peaks).toMatchObject({ version: 2, channels: 1, bits: 8 })
      expect(peaks.data.length).toBeGreaterThan(90)
      expect(Math.max(...peaks.data)).toBeGreaterThan(10)
    })

    test('whole it is a video too, and a preview', async () => {
      expect(framesOf(await whole(await get('h264.flv?format=mp4')), 'mp4')).toHaveLength(75)
      const { pages } = await sharp(
        await whole(await get('xvid.avi?format=webp&time=0&duration=1')),
      ).metadata()
      expect(pages).toBeGreaterThan(7)
    })

    test('pixels are square', async () => {
      const { width, height } = await sharp(
        await whole(await get('wide.avi?mode=frame&format=png')),
      ).metadata()
      expect([width, height]).toEqual([192, 64])
    })

    test('what is damaged is said to be', async () => {
      const cut = await get('cut.avi?mode=frame&format=png')
      expect([cut.status, await code(cut)]).toEqual([422, 'CORRUPT_MEDIA'])
      expect((await get('damaged.avi?format=json')).status).toBe(200)
      const damaged = await get('damaged.avi?mode=frame&format=png&time=2')
      expect([200, 422]).toContain(damaged.status)
    })

    test('what is larger than may be read is refused', async () => {
      const response = await stage({ ffmpeg: settings, limits: { sourceBytes: 10_000 } })(
        'xvid.avi?mode=frame&format=png',
      )
      expect([response.status, await code(response)]).toEqual([413, 'SOURCE_TOO_LARGE'])
    })
  })

  test('without an ffmpeg its facts are known, and the rest is not to be had', async () => {
    const get = stage({ ffmpeg: { native: 'off', wasm: false } })
    const facts = JSON.parse(new TextDecoder().decode(await whole(await get('old.flv?format=json'))))
    expect(facts).toMatchObject({ format: 'flv', width: 96, placeholder: null })
    expect((await get('old.flv?mode=frame&format=png')).status).toBe(501)
  })
})

function pixelsOf(codecs: readonly string[]): string[] {
  return [codecs.includes('mjpeg') ? 'yuvj420p' : codecs.includes('prores_ks') ? 'yuv422p10le' : 'yuv420p']
}
