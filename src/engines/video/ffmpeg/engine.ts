/** Pixels and samples: the container's packets go through an ffmpeg, and pictures that come of it through the engine for pictures. */
import { isMediaError, MediaError, type ErrorCode } from '../../../error.ts'
import { cancelQuietly, toStream } from '../../../lib/stream.ts'
import { formatRow } from '../../../media/format.ts'
import type { TimedInfo } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { PictureRecipe, Recipe } from '../../../plan/recipe.ts'
import type { ClipRecipe, FactsRecipe, FrameRecipe, SoundRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg, FfmpegAbilities } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { cutFrames } from '../container/cut.ts'
import { openFeed, type Feed } from '../container/feed.ts'
import { readsContainer, withContainer } from '../container/open.ts'
import { describeTimed } from '../facts.ts'
import { decodersFor, frameArguments, MARKED, shownFilters } from './arguments.ts'
import { clipArguments, soundArguments, soundEncoderFor, videoEncodersFor } from './encode.ts'
import { feedInput, type Input } from './input.ts'
import { openWhole, readsWhole, wholeInput } from './whole.ts'

/** Makes of a PNG, which it is given whole, what a picture becomes. */
export type MakePicture = (png: Uint8Array, recipe: PictureRecipe, budget: Budget) => Promise<Rendition>

/** Which frame, and what becomes of it. */
type Shot = Pick<FrameRecipe, 'from' | 'at' | 'track' | 'whole'> & { readonly picture: PictureRecipe }

export function createFfmpegEngine(ffmpeg: Ffmpeg, makePicture: MakePicture): Engine {
  const { name } = ffmpeg

  async function shoot(shot: Shot, original: Original, budget: Budget) {
    const { signal, outputBytes, transformMs } = budget
    const { args, input } = await (shot.whole ? wholeShot : cutShot)(shot, original, budget)
    const png = await ffmpeg.run({ args, input, outputBytes, signal, deadlineMs: transformMs })
    return makePicture(png, shot.picture, budget)
  }

  async function cutShot({ from, at, track }: Shot, original: Original, budget: Budget) {
    const { signal, sourceBytes, outputBytes, transformMs } = budget
    const limits = { signal, bytes: sourceBytes, ms: transformMs }
    const cut = await withContainer(original, from, limits, (input) =>
      cutFrames(input, { from, times: [at], bytes: outputBytes }),
    )
    const decoder = firstOf(await ffmpeg.abilities(), 'decoders', decodersFor(track))
    const args = frameArguments(track, feedInput({ start: 0 }, track, decoder), MARKED)
    return { args, input: once(cut.bytes) }
  }

  async function wholeShot({ from, at, track }: Shot, original: Original, { sourceBytes }: Budget) {
    const input = wholeInput(from, { start: at }, track)
    const args = frameArguments(track, input, shownFilters(input))
    return { args, input: await openWhole(original, sourceBytes) }
  }

  /** What the index says holds whatever follows it: frames that cannot be had cost the placeholder alone. */
  async function tell(recipe: FactsRecipe, original: Original, budget: Budget) {
    const { from, sample } = recipe
    const placeholder = sample && (await placeholderOf({ from, ...sample }, original, budget))
    const body = describeTimed(recipe, { size: original.size, placeholder })
    const { video } = recipe.info
    const size = video ? { width: video.width, height: video.height } : {}
    return { main: { name: '', type: 'application/json', body }, facts: { engine: name, ...size } }
  }

  async function placeholderOf(shot: Shot, original: Original, budget: Budget): Promise<unknown> {
    try {
      const { main } = await shoot(shot, original, budget)
      return (JSON.parse(new TextDecoder().decode(main.body)) as { placeholder: unknown }).placeholder
    } catch (error) {
      if (isMediaError(error) && VIDEOS_FAULT.has(error.code)) return null
      throw error
    }
  }

  async function encode(
    recipe: ClipRecipe | SoundRecipe,
    original: Original,
    { signal, sourceBytes, outputBytes, transformMs }: Budget,
  ): Promise<Rendition> {
    const args = await argumentsFor(recipe)
    const job = { seeks: true, outputBytes, signal, deadlineMs: transformMs }
    const picture = recipe.kind === 'clip' ? recipe.encoding?.from : undefined
    if (recipe.whole) {
      const file = await openWhole(original, sourceBytes)
      const sound = recipe.track === undefined ? {} : { sound: recipe.track }
      const input = { ...wholeInput(recipe.from, recipe, picture), ...sound }
      return encoded(recipe, await ffmpeg.run({ ...job, input: file, args: args(input) }))
    }
    const limits = { signal, bytes: sourceBytes, ms: transformMs }
    const decoder = picture && firstOf(await ffmpeg.abilities(), 'decoders', decodersFor(picture))
    const body = await withContainer(original, recipe.from, limits, async (input) => {
      const video = recipe.kind === 'clip' ? await input.getPrimaryVideoTrack() : null
      const audio = recipe.track === undefined ? undefined : (await input.getAudioTracks())[recipe.track]
      const feed = await openFeed(input, {
        span: recipe,
        ...(video ? { video } : {}),
        ...(audio ? { audio } : {}),
      })
      return fed(
        feed,
        ffmpeg.run({ ...job, input: feed.stream, args: args(feedInput(feed, picture, decoder)) }),
      )
    })
    return encoded(recipe, body)
  }

  function encoded(recipe: ClipRecipe | SoundRecipe, body: Uint8Array): Rendition {
    const size = recipe.kind === 'clip' ? { width: recipe.width, height: recipe.height } : {}
    return {
      main: { name: '', type: formatRow(recipe.to).mime, body },
      facts: { engine: ffmpeg.name, ...size },
    }
  }

  async function argumentsFor(recipe: ClipRecipe | SoundRecipe): Promise<(input: Input) => string[]> {
    const abilities = await ffmpeg.abilities()
    if (recipe.kind === 'sound') {
      const { encoding } = recipe
      if (!encoding) throw new MediaError('INTERNAL')
      return (input) => soundArguments(recipe, encoding, input)
    }
    const { encoding } = recipe
    if (!encoding) throw new MediaError('INTERNAL')
    const encoder = firstOf(abilities, 'encoders', videoEncodersFor(encoding, recipe))
    const canToneMap = ['zscale', 'tonemap'].every((name) => abilities?.filters?.has(name))
    return (input) => clipArguments(recipe, encoding, input, { encoder, canToneMap })
  }

  return {
    name,
    async can(recipe, info) {
      return info.class !== 'image' && (await lackOf(ffmpeg, recipe, info)) === undefined
    },
    async lack(recipe, info) {
      return info.class === 'image' ? undefined : lackOf(ffmpeg, recipe, info)
    },
    async run(recipe, original, budget) {
      if (recipe.kind === 'facts') return tell(recipe, original, budget)
      if (recipe.kind === 'clip' || recipe.kind === 'sound') return encode(recipe, original, budget)
      if (recipe.kind !== 'frame') throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
      const made = await shoot(recipe, original, budget)
      return { ...made, facts: { ...made.facts, engine: name } }
    },
  }
}

/** What is missing; undefined: nothing is. */
async function lackOf(ffmpeg: Ffmpeg, recipe: Recipe, info: TimedInfo): Promise<string | undefined> {
  if (!readsContainer(info.format) && !readsWhole(info.format)) return `a reader of ${info.format}`
  const abilities = await ffmpeg.abilities()
  if (!abilities) return 'an ffmpeg'
  const needs = needsOf(recipe)
  if (!needs) return `an engine for ${recipe.kind}`
  const missing = needs.find(([kind, names]) => !names.some((name) => abilities[kind].has(name)))
  return (
    missing &&
    `${missing[0] === 'decoders' ? 'a decoder' : 'an encoder'}: ${missing[1].join(' or ') || 'its codec is not known'}`
  )
}

type Need = readonly [kind: 'decoders' | 'encoders', names: readonly string[]]

/** Undefined for what no ffmpeg makes. */
function needsOf(recipe: Recipe): readonly Need[] | undefined {
  if (recipe.kind === 'frame') return [['decoders', decodersFor(recipe.track)]]
  if (recipe.kind === 'facts') return recipe.sample && [['decoders', decodersFor(recipe.sample.track)]]
  if ((recipe.kind !== 'clip' && recipe.kind !== 'sound') || !recipe.encoding) return undefined
  if (recipe.kind === 'sound') return [['encoders', [soundEncoderFor(recipe.encoding)]]]
  const { encoding } = recipe
  return [
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
export async function fed<T>({ stream, done }: Feed, work: Promise<T>): Promise<T> {
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

const VIDEOS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'LIMIT_EXCEEDED',
  'SOURCE_TOO_LARGE',
  'TRANSFORM_TIMEOUT',
])

function once(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let left: Uint8Array | undefined = bytes
  return toStream(async () => {
    const chunk = left
    left = undefined
    return chunk
  })
}
