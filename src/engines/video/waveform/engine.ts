/** Waveforms: samples as they lie in the file where they are stored so, else as an ffmpeg decodes them; never all of them at once. */
import type { Input, InputAudioTrack } from 'mediabunny'
import { MediaError } from '../../../error.ts'
import { nextTurn } from '../../../lib/turn.ts'
import type { TimedInfo } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { Recipe } from '../../../plan/recipe.ts'
import type { WaveformRecipe } from '../../../plan/timed/waveform.ts'
import type { Ffmpeg, FfmpegJob } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { openFeed } from '../container/feed.ts'
import { expectSpan, readsContainer, withContainer, type Reading } from '../container/open.ts'
import { packetsWithin } from '../container/packets.ts'
import { fed } from '../ffmpeg/engine.ts'
import { soundFilters } from '../ffmpeg/filters.ts'
import { feedInput, type Input as FfmpegInput } from '../ffmpeg/input.ts'
import { openWhole, readsWhole, wholeInput } from '../ffmpeg/whole.ts'
import { createPeaks, type Waveform } from './peaks.ts'
import { isPcm, mixPcm } from './pcm.ts'

type Maker = (
  recipe: WaveformRecipe,
  file: { readonly input: Input; readonly reading: Reading; readonly track: InputAudioTrack },
  budget: Budget,
) => Promise<Waveform>

/** Of sound that is stored as samples. Runs everywhere. */
export function createPcmWaveforms(): Engine {
  return {
    name: 'container',
    can: (recipe, info) => isReadable(recipe, info) && !recipe.whole && isPcm(codecOf(recipe, info)),
    run: (recipe, original, budget) => run('container', recipe, original, budget, readSamples),
  }
}

export function createFfmpegWaveforms(ffmpeg: Ffmpeg): Engine {
  const { name } = ffmpeg
  /** Peaks are counted while samples come. */
  async function count(
    recipe: WaveformRecipe,
    heard: FfmpegInput,
    input: FfmpegJob['input'],
    budget: Budget,
  ) {
    const { points, sampleRate, length } = recipe
    const peaks = createPeaks(points, samplesIn(length, sampleRate))
    const take = createReader((sample) => peaks.add(sample))
    const job = { args: samplesArguments(recipe, heard), input, take }
    const { signal, transformMs } = budget
    await ffmpeg.run({ ...job, outputBytes: MOST_SAMPLES, signal, deadlineMs: transformMs })
    return peaks.finish(sampleRate)
  }

  const decode: Maker = async (recipe, { input, reading, track: audio }, budget) => {
    const feed = await openFeed(input, reading, { span: recipe, audio })
    return fed(feed, count(recipe, feedInput(feed), feed.stream, budget))
  }

  async function decodeWhole(recipe: WaveformRecipe, original: Original, budget: Budget) {
    const heard = { ...wholeInput(recipe.from, recipe), sound: recipe.track }
    return count(recipe, heard, await openWhole(original, budget.sourceBytes), budget)
  }
  return {
    name,
    async can(recipe, info) {
      if (!isReadable(recipe, info) || (codecOf(recipe, info) === null && !recipe.whole)) return false
      return (await ffmpeg.abilities()) !== undefined
    },
    async run(recipe, original, budget) {
      if (recipe.kind !== 'waveform' || !recipe.whole) return run(name, recipe, original, budget, decode)
      return told(name, await decodeWhole(recipe, original, budget))
    },
  }
}

/** Bytes that come of an ffmpeg: half more than were reckoned with, where a file tells less than it holds. */
const MOST_SAMPLES = 192 * 1_048_576

type Info = Parameters<Engine['can']>[1]

function isReadable(recipe: Recipe, info: Info): recipe is WaveformRecipe {
  if (recipe.kind !== 'waveform' || info.class === 'image') return false
  return recipe.whole ? readsWhole(info.format) : readsContainer(info.format)
}

function codecOf({ track }: WaveformRecipe, info: Info): string | null {
  return (info as TimedInfo).audio?.[track]?.codec ?? null
}

async function run(
  engine: string,
  recipe: Recipe,
  original: Original,
  budget: Budget,
  make: Maker,
): Promise<Rendition> {
  if (recipe.kind !== 'waveform') throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
  const limits = { signal: budget.signal, bytes: budget.sourceBytes, ms: budget.transformMs }
  const waveform = await withContainer(original, recipe.from, limits, async (input, reading) => {
    const track = (await input.getAudioTracks())[recipe.track]
    if (!track) throw new MediaError('CORRUPT_MEDIA')
    return make(recipe, { input, reading, track }, budget)
  })
  return told(engine, waveform)
}

function told(engine: string, waveform: Waveform): Rendition {
  const body = new TextEncoder().encode(JSON.stringify(waveform))
  return { main: { name: '', type: 'application/json', body }, facts: { engine } }
}

/** One at least: what is shorter than a sample is none. */
function samplesIn(seconds: number | undefined, sampleRate: number): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.round(seconds * sampleRate))
}

/** Packets after which others have their turn. */
const PACKETS = 64

const readSamples: Maker = async (recipe, { input, reading, track }, { signal }) => {
  const { points, start = 0, length, end = Infinity } = recipe
  await expectSpan(input, reading, recipe)
  const sampleRate = await track.getSampleRate()
  const layout = { codec: (await track.getCodec()) ?? '', channels: await track.getNumberOfChannels() }
  const origin = Math.max(0, await input.getFirstTimestamp())
  const peaks = createPeaks(points, samplesIn(length, sampleRate))
  let packets = 0
  for await (const { timestamp, data } of packetsWithin(track, {
    start: origin + start,
    end: origin + end,
  })) {
    const at = (seconds: number) => Math.round((origin + seconds - timestamp) * sampleRate)
    mixPcm(layout, data, [at(start), at(end)], (sample) => peaks.add(sample))
    if (++packets % PACKETS > 0) continue
    await nextTurn()
    signal.throwIfAborted()
  }
  return peaks.finish(sampleRate)
}

function samplesArguments({ sampleRate }: WaveformRecipe, input: FfmpegInput): string[] {
  const filters = soundFilters({ speed: 1, sampleRate }, input).join(',')
  const make = ['-map', `0:a:${input.sound ?? 0}`, '-vn', '-sn', '-dn', '-af', filters, '-ac', '1']
  return [...input.read, ...make, '-ar', String(sampleRate), '-c:a', 'pcm_s16le', '-f', 's16le']
}

/** Of pieces that may end within a sample. */
function createReader(add: (sample: number) => void): (piece: Uint8Array) => void {
  let low: number | undefined
  return (piece) => {
    for (const byte of piece) {
      if (low === undefined) low = byte
      else {
        add(((((byte << 8) | low) << 16) >> 16) / 0x8000)
        low = undefined
      }
    }
  }
}
