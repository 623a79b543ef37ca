/** `mode=waveform` through the whole line: of samples without any ffmpeg, of all else with one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FFMPEG, ffmpeg, hasFfmpeg, makeVideo } from '../support/videos.ts'
import { openVideoStage } from '../support/video-stage.ts'

const { mount, stage, whole, code, close } = openVideoStage()
afterAll(close)

const NATIVE = { ffmpeg: { wasm: false } }
const WASM = { ffmpeg: { native: 'off' } }
const NONE = { ffmpeg: { native: 'off', wasm: false } }

interface Waveform {
  readonly version: number
  readonly channels: number
  readonly sample_rate: number
  readonly samples_per_pixel: number
  readonly bits: number
  readonly length: number
  readonly data: number[]
}

const read = async (response: Response) => {
  const body = await whole(response)
  expect(response.headers.get('content-type')).toBe('application/json')
  return JSON.parse(new TextDecoder().decode(body)) as Waveform
}

/** A second of silence, one of a square wave of half the height, at 8 kHz. */
function wav(): Uint8Array {
  const bytes = Buffer.alloc(44 + 32_000)
  bytes.write('RIFF')
  bytes.writeUInt32LE(36 + 32_000, 4)
  bytes.write('WAVEfmt \x10\0\0\0\x01\0\x01\0', 8, 'latin1')
  bytes.writeUInt32LE(8000, 24)
  bytes.writeUInt32LE(16_000, 28)
  bytes.write('\x02\0\x10\0data', 32, 'latin1')
  bytes.writeUInt32LE(32_000, 40)
  for (let at = 0; at < 8000; at++) bytes.writeInt16LE(at % 32 < 16 ? 16_384 : -16_384, 44 + 16_000 + at * 2)
  return new Uint8Array(bytes)
}
mount.put('a.wav', wav())

describe('of samples, with no ffmpeg at all', () => {
  test('the JSON that players read', async () => {
    const get = stage(NONE)
    expect(await read(await get('a.wav?mode=waveform&width=4'))).toEqual({
      version: 2,
      channels: 1,
      sample_rate: 8000,
      samples_per_pixel: 4000,
      bits: 8,
      length: 4,
      data: [0, 0, 0, 0, -64, 64, -64, 64],
    })
  })

  test('800 points, as many as `width` says, and a part', async () => {
    const get = stage(NONE)
    expect(await read(await get('a.wav?mode=waveform'))).toMatchObject({ samples_per_pixel: 20, length: 800 })
    expect(await read(await get('a.wav?mode=waveform&width=1'))).toMatchObject({ data: [-64, 64] })
    const part = await read(await get('a.wav?mode=waveform&time=0.5&duration=1&width=2&format=json'))
    expect(part).toMatchObject({ samples_per_pixel: 4000, data: [0, 0, -64, 64] })
    const late = await read(await get('a.wav?mode=waveform&time=-0.25&width=2'))
    expect(late).toMatchObject({ samples_per_pixel: 1000, data: [-64, 64, -64, 64] })
  })

  test('what it cannot be', async () => {
    const get = stage(NONE)
    for (const query of ['format=png', 'format=mp3', 'track=1', 'time=9', 'width=9000'])
      expect([query, await code(await get(`a.wav?mode=waveform&${query}`))]).toEqual([
        query,
        'INVALID_PARAMETER',
      ])
  })
})

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  beforeAll(() => {
    const input = wav()
    const from = (as: string, ...options: string[]) =>
      mount.put(`a.${as}`, ffmpeg(as, ['-f', 'wav', '-i', 'pipe:0', ...options], input))
    from('flac')
    from('mp3', '-b:a', '128k')
    from('m4a', '-c:a', 'aac', '-b:a', '96k')
    from('opus', '-c:a', 'libopus')
    from('mov', '-c:a', 'pcm_s24be')
    from('mkv', '-c:a', 'pcm_f32le', '-af', 'pan=stereo|c0=c0|c1=c0')
    const burst = ['-af', "volume=0:enable='lt(t,1)'"]
    mount.put('burst.mp4', makeVideo({ as: 'mp4', options: burst }))
    const two = ['sine=frequency=440:duration=1', 'anullsrc=d=1']
    const inputs = two.flatMap((source) => ['-f', 'lavfi', '-i', source])
    mount.put('two.mka.mkv', ffmpeg('mkv', [...inputs, '-map', '0', '-map', '1', '-c:a', 'flac', '-t', '1']))
    mount.put('silent.mp4', makeVideo({ as: 'mp4', silent: true, seconds: 1 }))
  })

  test.each(['mov', 'mkv'])('other samples too need none: %s', async (as) => {
    const { data, samples_per_pixel: each } = await read(await stage(NONE)(`a.${as}?mode=waveform&width=4`))
    expect([each, data]).toEqual([4000, [0, 0, 0, 0, -64, 64, -64, 64]])
  })

  test.each(['native', 'wasm'])('what loses nothing gives the same: %s', async (tier) => {
    const get = stage(tier === 'native' ? NATIVE : WASM)
    const samples = await read(await get('a.wav?mode=waveform&width=37'))
    const response = await get('a.flac?mode=waveform&width=37')
    expect(response.headers.get('x-transform-source')).toBe(`ffmpeg-${tier}`)
    expect(await read(response)).toEqual(samples)
    const part = 'mode=waveform&width=10&time=0.75&duration=0.5'
    expect(await read(await get(`a.flac?${part}`))).toEqual(await read(await get(`a.wav?${part}`)))
  })

  test.each(['mp3', 'm4a', 'opus'])('of %s: silence, then sound, in its time', async (as) => {
    const { data, length } = await read(await stage(NATIVE)(`a.${as}?mode=waveform&width=40`))
    expect(length).toBeGreaterThanOrEqual(39)
    const [quiet, loud] = [data.slice(0, 34), data.slice(46, 74)]
    expect(Math.max(...quiet.map(Math.abs))).toBeLessThan(8)
    expect(Math.min(...loud.map(Math.abs))).toBeGreaterThan(8)
  })

  test('of a video, and of a part of it', async () => {
    const get = stage(NATIVE)
    const { data, sample_rate: rate } = await read(await get('burst.mp4?mode=waveform&width=30'))
    expect(rate).toBe(44_100)
    expect(Math.max(...data.slice(0, 16))).toBeLessThan(3)
    expect(Math.min(...data.slice(24, 56).filter((_, at) => at % 2))).toBeGreaterThan(10)
    const part = await read(await get('burst.mp4?mode=waveform&width=10&time=0.5&duration=1'))
    expect(Math.max(...part.data.slice(0, 8))).toBeLessThan(3)
    expect(Math.max(...part.data.slice(14))).toBeGreaterThan(10)
  })

  test('of another track, and of none', async () => {
    const get = stage(NATIVE)
    const [first, second] = [
      await read(await get('two.mka.mkv?mode=waveform&width=5')),
      await read(await get('two.mka.mkv?mode=waveform&width=5&track=1')),
    ]
    expect(Math.max(...first.data)).toBeGreaterThan(10)
    expect(Math.max(...second.data)).toBe(0)
    expect(await code(await get('silent.mp4?mode=waveform'))).toBe('INVALID_PARAMETER')
  })

  test('without an ffmpeg says what is missing', async () => {
    expect(await code(await stage(NONE)('a.mp3?mode=waveform'))).toBe('NOT_SUPPORTED_HERE')
  })
})
