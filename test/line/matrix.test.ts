/** Every codec in every container that holds it: facts, a frame, a copy and two encodes of each, played by a real browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, hasChromium, openChromium, type Chromium } from '../support/chromium.ts'
import { openVideoStage } from '../support/video-stage.ts'
import { FFMPEG, ffprobe, frameOf, framesOf, hasFfmpeg, makeVideo } from '../support/videos.ts'

const SECONDS = 0.6
const FRAMES = Array.from({ length: 15 }, (_, n) => n)

interface Codec {
  readonly options: readonly string[]
  /** As `format=json` names it, and as ffprobe does. */
  readonly names: readonly [ours: string, theirs: string]
  readonly containers: readonly string[]
  /** Not decoded by the ffmpeg in WebAssembly. */
  readonly nativeOnly?: true
}

const grey = ['-g', '10', '-pix_fmt', 'yuv420p']
const CODECS: Readonly<Record<string, Codec>> = {
  'H.264': {
    options: ['-c:v', 'libx264', '-preset', 'fast', '-bf', '2', '-qp', '4', ...grey],
    names: ['avc', 'h264'],
    containers: ['mp4', 'mov', 'mkv', 'ts'],
  },
  HEVC: {
    options: ['-c:v', 'libx265', '-x265-params', 'log-level=error:keyint=10:qp=4', ...grey],
    names: ['hevc', 'hevc'],
    containers: ['mp4', 'mov', 'mkv', 'ts'],
  },
  VP9: {
    options: ['-c:v', 'libvpx-vp9', '-lossless', '1', '-cpu-used', '8', ...grey],
    names: ['vp9', 'vp9'],
    containers: ['mp4', 'mkv', 'webm'],
  },
  AV1: {
    options: ['-c:v', 'libaom-av1', '-crf', '4', '-cpu-used', '8', ...grey],
    names: ['av1', 'av1'],
    containers: ['mp4', 'mkv', 'webm'],
    nativeOnly: true,
  },
  // Its packets cannot be had one by one: the whole file goes to an ffmpeg.
  'MPEG-4': {
    options: ['-c:v', 'mpeg4', '-q:v', '2', '-bf', '1', ...grey],
    names: ['mpeg4', 'mpeg4'],
    containers: ['mp4', 'mov', 'mkv', 'avi'],
  },
}
/**
 * What the muxers of ffmpeg refuse, which is why these cells are empty. So are VP9 and AV1 in MPEG-TS, where they are written as
 * private data that nobody reads back.
 */
const IMPOSSIBLE = [
  ['VP9', 'mov'],
  ['AV1', 'mov'],
  ['H.264', 'webm'],
  ['HEVC', 'webm'],
  ['MPEG-4', 'webm'],
] as const

const HVC1 = ['-tag:v', 'hvc1']
const CELLS = Object.entries(CODECS).flatMap(([name, codec]) =>
  codec.containers.map((as) => ({ name, as, file: `${name}.${as}`, ...codec })),
)

const { mount, stage, whole, close } = openVideoStage()
const tiers = new Map<string, ReturnType<typeof stage>>()
let browser: Chromium

function tier(name: 'native' | 'wasm') {
  const get = tiers.get(name) ?? stage({ ffmpeg: name === 'native' ? { wasm: false } : { native: 'off' } })
  tiers.set(name, get)
  return get
}

describe.runIf(hasFfmpeg() && hasChromium())(`codecs and containers, with ${FFMPEG} and ${CHROMIUM}`, () => {
  beforeAll(async () => {
    for (const { as, file, options, names } of CELLS) {
      const tag = names[1] === 'hevc' && (as === 'mp4' || as === 'mov') ? HVC1 : []
      const sound = ['-c:a', as === 'webm' ? 'libopus' : 'aac']
      mount.put(file, makeVideo({ as, seconds: SECONDS, codecs: [...options, ...sound], options: tag }))
    }
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await close()
  })

  test.each(IMPOSSIBLE)('%s in %s is no file that anybody can have', (name, as) => {
    const { options = [] } = CODECS[name] ?? {}
    expect(() => makeVideo({ as, seconds: 0.2, codecs: options, silent: true })).toThrow()
  })

  describe.each(CELLS)('$name in $as', ({ file, names: [ours, theirs], nativeOnly = false }) => {
    test('is told', async () => {
      const facts = JSON.parse(
        new TextDecoder().decode(await whole(await tier('native')(`${file}?format=json`))),
      )
      expect(facts).toMatchObject({ width: 96, height: 64, video: { codec: ours } })
      expect(facts.duration).toBeGreaterThan(0.55)
      expect(facts.duration).toBeLessThan(0.75)
      expect(facts.placeholder).not.toBeNull()
    })

    test('gives the frame that is shown then, in both tiers', async () => {
      const path = `${file}?mode=frame&time=0.3&format=png`
      const native = await whole(await tier('native')(path))
      expect(Math.abs((await frameOf(native)) - 7)).toBeLessThanOrEqual(1)
      const response = await tier('wasm')(path)
      if (nativeOnly) expect(response.status).toBe(501)
      else expect(await whole(response)).toEqual(native)
    })

    test('is played as H.264', async () => {
      const response = await tier('native')(`${file}?format=h264`)
      const clip = await whole(response)
      const isCopy = theirs === 'h264'
      expect(response.headers.get('x-transform-source')).toBe(isCopy ? 'container' : 'ffmpeg-native')
      expect(ffprobe(clip).streams.map((one) => one.codec_name)).toEqual(['h264', 'aac'])
      const frames = framesOf(clip, 'mp4')
      expect(frames).toHaveLength(FRAMES.length)
      for (const n of FRAMES) expect(Math.abs((frames[n] ?? 99) - n)).toBeLessThanOrEqual(1)
      expect(await browser.play(clip, 'video/mp4')).toMatchObject({ error: null, width: 96, height: 64 })
    })

    test('is played as WebM', async () => {
      const clip = await whole(await tier('native')(`${file}?format=webm`))
      // AAC cannot stay, and pictures are made anew with their sound.
      const isCopy = file.endsWith('.webm')
      const codecs = ffprobe(clip).streams.map((one) => one.codec_name)
      expect(codecs).toEqual([isCopy ? theirs : 'vp9', 'opus'])
      const played = await browser.play(clip, 'video/webm')
      expect(played).toMatchObject({ error: null, width: 96, height: 64 })
      expect(played.frames).toBeGreaterThan(10)
      expect(played.at).toBeGreaterThan(0.5)
    })
  })

  test('sound is played in every format that is made of it', async () => {
    mount.put('second.mp4', makeVideo({ as: 'mp4', seconds: 1 }))
    for (const format of ['m4a', 'mp3', 'opus', 'flac', 'wav']) {
      const response = await tier('native')(`second.mp4?mode=audio&format=${format}`)
      const type = response.headers.get('content-type') ?? ''
      const played = await browser.play(await whole(response), type, 'audio')
      expect([format, played.error, Math.round(played.at)]).toEqual([format, null, 1])
    }
  })

  test('a part by copy is played from its start', async () => {
    mount.put('two.mp4', makeVideo({ as: 'mp4', seconds: 2 }))
    const clip = await whole(await tier('native')('two.mp4?time=1.2'))
    const played = await browser.play(clip, 'video/mp4')
    expect(played.error).toBeNull()
    expect(played.at).toBeGreaterThan(0.7)
    expect(played.at).toBeLessThan(0.95)
  })
})
