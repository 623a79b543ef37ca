/** Damaged files of video and sound through all that is done without decoding them: described, cut, copied, fed to an ffmpeg. */
import { createContainerEngine } from '../../src/engines/video/container/engine.ts'
import { cutFrames } from '../../src/engines/video/container/cut.ts'
import { openFeed } from '../../src/engines/video/container/feed.ts'
import { readsContainer, withContainer } from '../../src/engines/video/container/open.ts'
import { createPcmWaveforms } from '../../src/engines/video/waveform/engine.ts'
import { probe } from '../../src/engines/probe.ts'
import { isMediaError } from '../../src/error.ts'
import { cancelQuietly } from '../../src/lib/stream.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { Original } from '../../src/media/original.ts'
import type { Ask } from '../../src/plan/plan.ts'
import type { Recipe } from '../../src/plan/recipe.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { bytesOriginal } from '../../src/sources/bytes.ts'
import { emptyAvi } from './avi.ts'
import { createRandom, mutate } from './mutate.ts'
import { silentMp3, taggedMp3 } from './songs.ts'
import { tinyFlv } from './flv.ts'
import { TINY_VIDEO } from './tiny-video.ts'
import { hasFfmpeg, makeVideo } from './videos.ts'

/** Milliseconds: of work, of looking at an index (of its own clock), and of hearing that time is up. */
const [DEADLINE, PROBING, SLACK] = [1000, 10_000, 4000]
const LIMITS = { pixels: 4e6, frames: 50, outputSide: 2000, outputPixels: 4e6, avifPixels: 1e5 }
const BYTES = 8_000_000

const CODES: ReadonlySet<string> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'UNSUPPORTED_MEDIA',
  'LIMIT_EXCEEDED',
  'SOURCE_TOO_LARGE',
  'INVALID_PARAMETER',
  'NOT_SUPPORTED_HERE',
  'TRANSFORM_TIMEOUT',
])

const SMALL = { seconds: 0.6, size: '32x32' } as const
const H264 = ['-c:v', 'libx264', '-g', '5', '-bf', '2', '-pix_fmt', 'yuv420p']
const VP9 = ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-g', '5', '-c:a', 'libopus']
const SOUND = ['-vn', '-c:a']

/** How the ffmpeg of the machine makes a small one. */
const MADE: Readonly<Record<string, readonly string[]>> = {
  mp4: H264,
  mov: [...H264, '-c:a', 'pcm_s16le'],
  mkv: [...H264, '-c:a', 'libvorbis'],
  webm: VP9,
  ts: H264,
  avi: ['-c:v', 'mpeg4', '-c:a', 'libmp3lame'],
  flv: [...H264, '-c:a', 'aac', '-ar', '44100'],
  mp3: [...SOUND, 'libmp3lame'],
  flac: [...SOUND, 'flac'],
  ogg: [...SOUND, 'libopus'],
  m4a: [...SOUND, 'aac'],
  wav: [...SOUND, 'pcm_s16le'],
  aac: [...SOUND, 'aac'],
}
export const TIMED = hasFfmpeg() ? Object.keys(MADE) : ['mkv', 'avi', 'flv', 'mp3']

const ASKS: readonly Ask[] = [
  { format: 'json' },
  { timed: { mode: 'video', time: '0.2', duration: '0.2' } },
  { format: 'mp4' },
  { timed: { mode: 'video', audio: 'false' } },
  { timed: { mode: 'audio' } },
  { format: 'm4a', timed: { time: '0.1' } },
  { format: 'jpeg', timed: { mode: 'frame', time: '50%' } },
  { format: 'png', timed: { mode: 'frame', time: 'auto' } },
  { format: 'mp4', width: 16 },
  { timed: { mode: 'waveform' } },
]

export interface TimedDamage {
  /** One damaged file. What came of it: `made`, or a code. @throws Error when anything else came of it */
  round(format: string): Promise<string>
  /** Good files are still read as at first. @throws Error when not */
  check(): Promise<void>
}

export async function createTimedDamage(seed: number): Promise<TimedDamage> {
  const random = createRandom(seed)
  const engines = [createPcmWaveforms(), createContainerEngine()]
  const seeds = new Map(TIMED.map((format) => [format, seedsOf(format)]))
  const all = [...seeds.values()].flat()
  const at = <T>(list: readonly T[]) => list[random(list.length)] as T

  async function make(bytes: Uint8Array<ArrayBuffer>, ask: Ask): Promise<string> {
    const original = bytesOriginal(bytes, 'memory')
    const info = await probe(original)
    const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
    const recipe = resolve(plan, info, LIMITS as never)
    const { signal } = new AbortController()
    const bounds = { imageBytes: BYTES, sourceBytes: BYTES, outputBytes: BYTES }
    for (const engine of engines)
      if (await engine.can(recipe, info)) {
        const { main } = await engine.run(recipe, original, { signal, transformMs: DEADLINE, ...bounds })
        return `${main.type} ${Buffer.from(main.body).toString('base64')}`
      }
    return readsContainer(info.format) ? prepareFor(recipe, original, info.format) : 'whole'
  }

  const references = new Map<string, string>()
  for (const [format, [good]] of seeds) references.set(format, await make(copyOf(good), { format: 'json' }))

  async function attempt(bytes: Uint8Array<ArrayBuffer>, ask: Ask): Promise<string> {
    const start = performance.now()
    const outcome = await make(bytes, ask).then(
      () => 'made',
      (error: unknown) => {
        if (isMediaError(error) && CODES.has(error.code)) return error.code
        throw error
      },
    )
    const took = performance.now() - start
    if (took > DEADLINE + PROBING + SLACK) throw new Error(`it went on for ${Math.round(took)} ms`)
    return outcome
  }

  return {
    async round(format) {
      const bytes = mutate(at(seeds.get(format) ?? []), at(all), random)
      const ask = at(ASKS)
      try {
        return await attempt(bytes, ask)
      } catch (error) {
        const file = Buffer.from(bytes).toString('base64')
        throw new Error(`${format} with ${JSON.stringify(ask)}: ${String(error)}\n${file}`, { cause: error })
      }
    },
    async check() {
      for (const [format, [good]] of seeds)
        if ((await make(copyOf(good), { format: 'json' })) !== references.get(format))
          throw new Error(`a good ${format} is not read as before`)
    },
  }
}

/** What an ffmpeg would be given. */
function prepareFor(recipe: Recipe, original: Original, from: FormatName): Promise<string> {
  const limits = { signal: new AbortController().signal, bytes: BYTES, ms: DEADLINE }
  return withContainer(original, from, limits, async (input, reading) => {
    if (recipe.kind === 'frame') {
      const { at, among = [at] } = recipe
      const { bytes } = await cutFrames(input, reading, { from, times: among, slack: Infinity, bytes: BYTES })
      return `cut ${bytes.length}`
    }
    if (recipe.kind !== 'clip' && recipe.kind !== 'sound' && recipe.kind !== 'waveform') return recipe.kind
    const video = recipe.kind === 'clip' ? await input.getPrimaryVideoTrack() : null
    const audio = recipe.track === undefined ? undefined : (await input.getAudioTracks())[recipe.track]
    const feed = await openFeed(input, reading, {
      span: recipe,
      ...(video ? { video } : {}),
      ...(audio ? { audio } : {}),
    })
    const done = feed.done.then(
      () => undefined,
      (error: unknown) => error,
    )
    let size = 0
    const reader = feed.stream.getReader()
    try {
      for (let step = await reader.read(); !step.done && size < BYTES; step = await reader.read())
        size += step.value.length
    } catch (error) {
      throw (await done) ?? error
    } finally {
      await cancelQuietly(reader)
    }
    return `fed ${size}`
  })
}

const copyOf = (bytes: Uint8Array | undefined) => Uint8Array.from(bytes ?? [])

/** Without an ffmpeg those that are written by hand. */
function seedsOf(format: string): Uint8Array[] {
  const byHand = BY_HAND[format]?.() ?? []
  const codecs = MADE[format]
  return hasFfmpeg() && codecs ? [makeVideo({ as: format, codecs, ...SMALL }), ...byHand] : byHand
}

const BY_HAND: Readonly<Record<string, () => Uint8Array[]>> = {
  mkv: () => [TINY_VIDEO],
  avi: () => [emptyAvi()],
  flv: () => [tinyFlv()],
  mp3: () => [silentMp3(), taggedMp3([{ picture: TINY_VIDEO.subarray(0, 300) }])],
}
