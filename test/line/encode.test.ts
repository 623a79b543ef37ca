/** Video and sound made anew through the whole line: sizes, times, codecs, colours. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openVideoStage } from '../support/video-stage.ts'
import { FFMPEG, ffmpeg, ffprobe, framesOf, hasFfmpeg, makeVideo, pixelsOf } from '../support/videos.ts'

const { mount, stage, whole, code, close } = openVideoStage()
afterAll(close)
/** One service for all: each asks its ffmpeg what it can. */
let get: ReturnType<typeof stage>

const VP9_ALPHA = ['-c:v', 'libvpx-vp9', '-pix_fmt', 'yuva420p', '-auto-alt-ref', '0', '-cpu-used', '8']
const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n)
const videoOf = (clip: Uint8Array) => ffprobe(clip).streams.find((stream) => stream.codec_type === 'video')
const codecsOf = (clip: Uint8Array) => ffprobe(clip).streams.map((stream) => stream.codec_name)
const seconds = (clip: Uint8Array) => Number(ffprobe(clip).format.duration)

describe.runIf(hasFfmpeg())(`made anew with ${FFMPEG}`, () => {
  beforeAll(() => {
    get = stage()
    const mp4 = makeVideo({ as: 'mp4' })
    mount.put('a.mp4', mp4)
    mount.put('a.mkv', ffmpeg('mkv', ['-f', 'mov', '-i', 'pipe:0', '-c', 'copy'], mp4))
    mount.put(
      'turned.mp4',
      ffmpeg('mp4', ['-f', 'mov', '-i', 'pipe:0', '-c', 'copy', '-metadata:s:v', 'rotate=90'], mp4),
    )
    const noise = 'color=gray:size=320x240:rate=25:duration=4,noise=alls=60:allf=t'
    const coded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '24', '-g', '10', '-pix_fmt', 'yuv420p']
    mount.put('noise.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', noise, ...coded, '-movflags', '+faststart']))
    const x265 = 'log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc'
    const pq = ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc']
    const hdr = [
      '-vf',
      'format=yuv420p10le',
      '-c:v',
      'libx265',
      '-x265-params',
      x265,
      ...pq,
      '-tag:v',
      'hvc1',
    ]
    const grey = ['-f', 'lavfi', '-i', 'color=gray:size=96x64:rate=25:duration=0.4']
    mount.put('hdr.mp4', ffmpeg('mp4', [...grey, ...hdr]))
    // Red on the left, blue on the right.
    const halves = 'color=red:size=96x64:rate=25:duration=1,drawbox=x=48:w=48:h=64:t=fill:c=blue'
    mount.put(
      'halves.mp4',
      ffmpeg('mp4', ['-f', 'lavfi', '-i', halves, '-c:v', 'libx264', '-qp', '4', '-pix_fmt', 'yuv420p']),
    )
    const clear =
      'color=red@0:size=96x64:rate=25:duration=1,format=yuva420p,drawbox=w=48:h=64:t=fill:replace=1:c=red@1'
    mount.put('alpha.webm', ffmpeg('webm', ['-f', 'lavfi', '-i', clear, ...VP9_ALPHA]))
    const odd = "setpts='(N+floor(N/3)*2)/25/TB'"
    mount.put(
      'odd.mp4',
      makeVideo({ as: 'mp4', seconds: 1, options: ['-vf', odd, '-fps_mode', 'passthrough'], silent: true }),
    )
    const surround =
      'sine=frequency=440:duration=1,aformat=channel_layouts=mono,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0'
    mount.put('surround.m4a', ffmpeg('m4a', ['-f', 'lavfi', '-i', surround, '-c:a', 'aac']))
  })

  test('of another size keeps all its frames and its sound', async () => {
    const response = await get('a.mp4?width=48')
    const clip = await whole(response)
    expect(videoOf(clip)).toMatchObject({ codec_name: 'h264', width: 48, height: 32, pix_fmt: 'yuv420p' })
    expect(codecsOf(clip)).toEqual(['h264', 'aac'])
    expect(framesOf(clip, 'mp4')).toEqual(range(0, 75))
    expect(seconds(clip)).toBeCloseTo(3, 1)
    expect(response.headers.get('x-transform-source')).toBe('ffmpeg-native')
    expect(response.headers.get('x-resolved-width')).toBe('48')
    // Players begin before they have it all.
    const text = new TextDecoder('latin1').decode(clip)
    expect(text.indexOf('moov')).toBeLessThan(text.indexOf('mdat'))
  })

  test.each(['a.mp4', 'a.mkv'])('of a part of %s is that part exactly', async (name) => {
    const clip = await whole(await get(`${name}?width=48&format=mp4&time=1.23&duration=1`))
    expect(framesOf(clip, 'mp4')).toEqual(range(30, 26))
    expect(seconds(clip)).toBeGreaterThan(0.95)
    expect(seconds(clip)).toBeLessThan(1.1)
    expect(Number(videoOf(clip)?.start_time)).toBe(0)
  })

  test.each([
    ['h265', 'hevc', 'mp4'],
    ['vp9', 'vp9', 'webm'],
    ['webm', 'vp9', 'webm'],
    ['av1', 'av1', 'mp4'],
  ])('as %s', async (format, codec, container) => {
    const response = await get(`a.mp4?format=${format}&duration=0.4&compression=low&quality=95`)
    const clip = await whole(response)
    expect(response.headers.get('content-type')).toBe(`video/${container}`)
    expect(videoOf(clip)).toMatchObject({ codec_name: codec, width: 96, height: 64 })
    const frames = framesOf(clip, container)
    expect(frames).toHaveLength(10)
    // A step of luma is what AV1 may be off by.
    for (const [n, frame] of frames.entries()) expect(Math.abs(frame - n)).toBeLessThanOrEqual(1)
    expect(seconds(clip)).toBeCloseTo(0.4, 1)
  })

  test('is copied where nothing would change', async () => {
    for (const query of [
      'format=h264',
      'width=5000',
      'width=96&height=64&fit=cover',
      'speed=1&quality=auto&mode=video',
    ]) {
      const response = await get(`a.mp4?${query}`)
      expect([query, response.status, response.headers.get('x-transform-source')]).toEqual([
        query,
        200,
        'container',
      ])
    }
  })

  test.each([
    ['fps=5&time=1&duration=1', 5, 1],
    ['speed=2&duration=2', 50, 1],
    ['speed=0.25&duration=0.4', 10, 1.6],
  ])('with %s', async (query, frames, length) => {
    const clip = await whole(await get(`a.mp4?${query}`))
    expect(framesOf(clip, 'mp4')).toHaveLength(frames)
    expect(seconds(clip)).toBeGreaterThan(length - 0.2)
    expect(seconds(clip)).toBeLessThan(length + 0.2)
  })

  test('of frames at odd times keeps their times', async () => {
    const times = (clip: Uint8Array) => framesTimes(clip).map((time) => Math.round(time * 25))
    const clip = await whole(await get('odd.mp4?width=48'))
    expect(times(clip).slice(0, 7)).toEqual([0, 1, 2, 5, 6, 7, 10])
  })

  test('is larger with a better quality, and near the bitrate that is asked for', async () => {
    const sizes = []
    for (const query of ['quality=low', 'quality=90', 'bitrate=2M'])
      sizes.push((await whole(await get(`halves.mp4?${query}`))).length)
    expect(sizes[0]).toBeLessThan(sizes[1] as number)
  })

  describe('shows', () => {
    const RED = [254, 0, 0]
    const BLUE = [0, 0, 254]
    const near = (pixel: readonly number[] | undefined, wanted: readonly number[]) =>
      expect(Math.max(...wanted.map((value, n) => Math.abs(value - (pixel?.[n] ?? 999))))).toBeLessThan(24)

    test.each([
      ['crop=40:60:4:2', 40, 60, RED, RED],
      ['rotate=180', 96, 64, BLUE, RED],
      ['flip=h', 96, 64, BLUE, RED],
      ['crop=50%25:100%25:50%25:0', 48, 64, BLUE, BLUE],
      ['width=16&height=64&fit=cover&gravity=east', 16, 64, BLUE, BLUE],
      ['width=40&height=40&fit=fill', 40, 40, RED, BLUE],
      ['width=41&height=21&fit=fill', 40, 20, RED, BLUE],
      ['width=200&height=64&fit=pad&background=00ff00', 200, 64, [0, 255, 0], [0, 255, 0]],
      ['width=120&height=64&fit=pad', 120, 64, [255, 255, 255], [255, 255, 255]],
      ['rotate=45&background=00ff00', 112, 112, [0, 255, 0], [0, 255, 0]],
      ['width=48&dpr=2&flip=h', 96, 64, BLUE, RED],
    ])('with %s what was asked for', async (query, width, height, first, last) => {
      const clip = await whole(await get(`halves.mp4?${query}`))
      const { pixels, ...size } = pixelsOf(clip, 'mp4')
      expect(size).toEqual({ width, height })
      near(pixels[2 * width + 2], first)
      near(pixels[2 * width + width - 3], last)
    })

    test('a turned original upright', async () => {
      const clip = await whole(await get('turned.mp4?height=48'))
      expect(videoOf(clip)).toMatchObject({ width: 32, height: 48 })
    })

    test('transparency in WebM, and a background elsewhere', async () => {
      const clear = pixelsOf(await whole(await get('alpha.webm?width=48')), 'webm', 'libvpx-vp9')
      near(clear.pixels[10 * 48 + 5]?.slice(3), [255])
      near(clear.pixels[10 * 48 + 43]?.slice(3), [0])
      for (const [query, container] of [
        ['format=mp4', 'mp4'],
        ['format=webm', 'webm'],
      ] as const) {
        const clip = await whole(await get(`alpha.webm?width=48&${query}&background=00ff00`))
        const { pixels } = pixelsOf(clip, container)
        near(pixels[10 * 48 + 5], RED)
        near(pixels[10 * 48 + 43], [0, 255, 0])
      }
    })
  })

  test('of PQ is SDR that says so', async () => {
    const clip = await whole(await get('hdr.mp4?width=48'))
    expect(videoOf(clip)).toMatchObject({ pix_fmt: 'yuv420p', color_transfer: 'bt709', color_space: 'bt709' })
  })

  describe('sound', () => {
    test.each([
      ['mp3', 'mp3', 'audio/mpeg'],
      ['opus', 'opus', 'audio/ogg'],
      ['flac', 'flac', 'audio/flac'],
      ['wav', 'pcm_s16le', 'audio/wav'],
      ['m4a&bitrate=48k', 'aac', 'audio/mp4'],
    ])('as %s', async (format, codec, type) => {
      const response = await get(`a.mp4?mode=audio&format=${format}&time=1&duration=1.5`)
      const sound = await whole(response)
      expect(codecsOf(sound)).toEqual([codec])
      expect(seconds(sound)).toBeGreaterThan(1.45)
      expect(seconds(sound)).toBeLessThan(1.6)
      expect([response.headers.get('content-type'), response.headers.get('x-transform-source')]).toEqual([
        type,
        'ffmpeg-native',
      ])
    })

    test('is copied where it is of that codec', async () => {
      const response = await get('a.mp4?mode=audio&format=m4a&width=20&quality=3')
      expect(response.headers.get('x-transform-source')).toBe('container')
    })

    test('of six channels has two as MP3', async () => {
      const sound = await whole(await get('surround.m4a?format=mp3'))
      expect(ffprobe(sound).streams).toMatchObject([{ codec_name: 'mp3', channels: 2 }])
    })

    test('follows the speed', async () => {
      const sound = await whole(await get('a.mp4?mode=audio&format=wav&speed=3'))
      expect(seconds(sound)).toBeCloseTo(1, 1)
    })
  })

  test('of a part reads that part alone', async () => {
    const { length } = mount.files.get('noise.mp4')?.body ?? []
    const limited = stage({ limits: { sourceBytes: length >> 1 } })
    expect((await limited('noise.mp4?width=48&time=3&duration=0.2')).status).toBe(200)
    expect((await limited('noise.mp4?width=48')).status).toBe(413)
  })

  test('by an encoder that is not there is refused with its name', async () => {
    const response = await stage({}, { lacks: 'libx264' })('a.mp4?width=48')
    const { error } = (await response.json()) as { error: { message: string } }
    expect([response.status, error.message]).toEqual([501, expect.stringContaining('libx264')])
  })

  test('in a format that is no video is refused', async () => {
    const response = await get('a.mp4?mode=video&format=mp3')
    expect([response.status, await code(response)]).toEqual([400, 'INVALID_PARAMETER'])
  })

  test('larger than what may be made is refused', async () => {
    const response = await stage({ limits: { outputBytes: 2000 } })('a.mp4?width=48')
    expect([response.status, await code(response)]).toEqual([422, 'LIMIT_EXCEEDED'])
  })
})

function framesTimes(clip: Uint8Array): number[] {
  return (
    ffprobe(clip, ['-show_frames', '-select_streams', 'v']).frames?.map((frame) => Number(frame.pts_time)) ??
    []
  )
}
