/** Pixels and samples: the container's packets go through an ffmpeg, and pictures that come of it through the engine for pictures. */
import { isMediaError, MediaError } from '../../../error.ts'
import { cancelQuietly, toStream } from '../../../lib/stream.ts'
import { formatRow } from '../../../media/format.ts'
import type { TimedInfo } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { Recipe } from '../../../plan/recipe.ts'
import type { ClipRecipe, FrameRecipe, SoundRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg, FfmpegAbilities } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { cutFrames } from '../container/cut.ts'
import { openFeed, type Feed } from '../container/feed.ts'
import { readsContainer, withContainer } from '../container/open.ts'
import { decodersFor, frameArguments } from './arguments.ts'
import { clipArguments, soundArguments, soundEncoderFor, videoEncodersFor } from './encode.ts'

/** @param images makes a picture of what it is given whole */
export function createFfmpegEngine(
  ffmpeg: Ffmpeg,
  images: (png: Uint8Array, recipe: FrameRecipe['picture'], budget: Budget) => Promise<Rendition>,
): Engine {
  async function frame(recipe: FrameRecipe, original: Original, budget: Budget): Promise<Rendition> {
    const { signal, sourceBytes, outputBytes, transformMs } = budget
    const cut = await withContainer(original, recipe.from, { signal, bytes: sourceBytes }, (input) =>
      cutFrames(input, { from: recipe.from, times: [recipe.at], bytes: outputBytes }),
    )
    const decoder = firstOf(await ffmpeg.abilities(), 'decoders', decodersFor(recipe.track))
    const png = await ffmpeg.run({
      args: frameArguments(recipe.track, decoder),
      input: once(cut.bytes),
      outputBytes,
      signal,
      deadlineMs: transformMs,
    })
    const made = await images(png, recipe.picture, budget)
    return { ...made, facts: { ...made.facts, engine: ffmpeg.name } }
  }

  async function encode(
    recipe: ClipRecipe | SoundRecipe,
    original: Original,
    { signal, sourceBytes, outputBytes, transformMs }: Budget,
  ): Promise<Rendition> {
    const args = await argumentsFor(recipe)
    const body = await withContainer(original, recipe.from, { signal, bytes: sourceBytes }, async (input) => {
      const video = recipe.kind === 'clip' ? await input.getPrimaryVideoTrack() : null
      const audio = recipe.track === undefined ? undefined : (await input.getAudioTracks())[recipe.track]
      const feed = await openFeed(input, {
        span: recipe,
        ...(video ? { video } : {}),
        ...(audio ? { audio } : {}),
      })
      const job = { input: feed.stream, seeks: true, outputBytes, signal, deadlineMs: transformMs }
      return fed(feed, ffmpeg.run({ ...job, args: args(feed) }))
    })
    const size = recipe.kind === 'clip' ? { width: recipe.width, height: recipe.height } : {}
    return {
      main: { name: '', type: formatRow(recipe.to).mime, body },
      facts: { engine: ffmpeg.name, ...size },
    }
  }

  async function argumentsFor(recipe: ClipRecipe | SoundRecipe): Promise<(feed: Feed) => string[]> {
    const abilities = await ffmpeg.abilities()
    if (recipe.kind === 'sound') {
      const { encoding } = recipe
      if (!encoding) throw new MediaError('INTERNAL')
      return (feed) => soundArguments(recipe, encoding, feed)
    }
    const { encoding } = recipe
    if (!encoding) throw new MediaError('INTERNAL')
    const decoder = firstOf(abilities, 'decoders', decodersFor(encoding.from))
    const encoder = firstOf(abilities, 'encoders', videoEncodersFor(encoding, recipe))
    const canToneMap = ['zscale', 'tonemap'].every((name) => abilities?.filters?.has(name))
    return (feed) => clipArguments(recipe, encoding, feed, { decoder, encoder, canToneMap })
  }

  return {
    name: ffmpeg.name,
    async can(recipe, info) {
      return info.class !== 'image' && (await lackOf(ffmpeg, recipe, info)) === undefined
    },
    async lack(recipe, info) {
      return info.class === 'image' ? undefined : lackOf(ffmpeg, recipe, info)
    },
    async run(recipe, original, budget) {
      if (recipe.kind === 'frame') return frame(recipe, original, budget)
      if (recipe.kind === 'clip' || recipe.kind === 'sound') return encode(recipe, original, budget)
      throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
    },
  }
}

/** What is missing; undefined: nothing is. */
async function lackOf(ffmpeg: Ffmpeg, recipe: Recipe, info: TimedInfo): Promise<string | undefined> {
  if (!readsContainer(info.format)) return `a reader of ${info.format}`
  const abilities = await ffmpeg.abilities()
  if (!abilities) return 'an ffmpeg'
  const needs = needsOf(recipe, info)
  if (!needs) return `an engine for ${recipe.kind}`
  const missing = needs.find(([kind, names]) => !names.some((name) => abilities[kind].has(name)))
  return (
    missing &&
    `${missing[0] === 'decoders' ? 'a decoder' : 'an encoder'}: ${missing[1].join(' or ') || 'its codec is not known'}`
  )
}

type Need = readonly [kind: 'decoders' | 'encoders', names: readonly string[]]

/** Undefined for what no ffmpeg makes. */
function needsOf(recipe: Recipe, info: TimedInfo): readonly Need[] | undefined {
  if (recipe.kind === 'frame') return [['decoders', decodersFor(recipe.track)]]
  if ((recipe.kind !== 'clip' && recipe.kind !== 'sound') || !recipe.encoding) return undefined
  const source = recipe.track === undefined ? undefined : info.audio?.[recipe.track]
  const heard: readonly Need[] = source && source.codec === null ? [['decoders', []]] : []
  if (recipe.kind === 'sound') return [...heard, ['encoders', [soundEncoderFor(recipe.encoding)]]]
  const { encoding } = recipe
  return [
    ...heard,
    ['decoders', decodersFor(encoding.from)],
    ['encoders', videoEncodersFor(encoding, recipe)],
    ...(encoding.sound ? [['encoders', [soundEncoderFor(encoding.sound)]] as const] : []),
  ]
}

function firstOf(
  abilities: FfmpegAbilities | undefined,
  kind: 'decoders' | 'encoders',
  names: readonly string[],
): string {
  const name = names.find((one) => abilities?.[kind].has(one))
  if (name) return name
  throw new MediaError('NOT_SUPPORTED_HERE', `No engine here has ${names.join(' or ')}`)
}

/** What broke the stream off is the reason, where both failed; a reader that has enough may stop. */
async function fed<T>({ stream, done }: Feed, work: Promise<T>): Promise<T> {
  let broken: unknown
  const pumped = done.catch((error: unknown) => {
    broken = error
  })
  try {
    const result = await work
    await cancelQuietly(stream)
    await pumped
    return result
  } catch (error) {
    await cancelQuietly(stream)
    await pumped
    throw isMediaError(broken) ? broken : error
  }
}

function once(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let left: Uint8Array | undefined = bytes
  return toStream(async () => {
    const chunk = left
    left = undefined
    return chunk
  })
}
