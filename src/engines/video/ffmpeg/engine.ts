/** Pixels and samples: the container's packets go through an ffmpeg, and pictures that come of it through the engine for pictures. */
import { isMediaError, MediaError, type ErrorCode } from '../../../error.ts'
import { cancelQuietly } from '../../../lib/stream.ts'
import { formatRow } from '../../../media/format.ts'
import type { TimedInfo, VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { PictureRecipe, Recipe } from '../../../plan/recipe.ts'
import type { SpriteRecipe } from '../../../plan/timed/sprite.ts'
import type { ClipRecipe, FactsRecipe, FrameRecipe, SoundRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg, FfmpegAbilities } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { cutFrames } from '../container/cut.ts'
import { openFeed, type Feed } from '../container/feed.ts'
import { readsContainer, withContainer } from '../container/open.ts'
import { describeTimed } from '../facts.ts'
import { decodersFor, frameArguments } from './arguments.ts'
import { clipArguments, soundArguments, soundEncoderFor, videoEncodersFor } from './encode.ts'
import { laySprite } from './lay-sprite.ts'
import { timeToShow } from './look.ts'
import { keepStoryboard } from './storyboard.ts'
import { once } from './once.ts'

/** Makes of a PNG, which it is given whole, what a picture becomes. */
export type MakePicture = (png: Uint8Array, recipe: PictureRecipe, budget: Budget) => Promise<Rendition>

/** Which frame, and what becomes of it. */
type Shot = Pick<FrameRecipe, 'from' | 'at' | 'track'> & {
  readonly picture: PictureRecipe
  /** As that of a cut. */
  readonly slack?: number
}

export function createFfmpegEngine(ffmpeg: Ffmpeg, makePicture: MakePicture): Engine {
  const { name } = ffmpeg

  async function shoot(shot: Shot, original: Original, budget: Budget) {
    const { from, at, slack, track, picture } = shot
    const { signal, sourceBytes, outputBytes, transformMs } = budget
    const limits = { signal, bytes: sourceBytes, ms: transformMs }
    const cut = await withContainer(original, from, limits, (input) =>
      cutFrames(input, { from, times: [at], bytes: outputBytes, ...(slack === undefined ? {} : { slack }) }),
    )
    const decoder = await decoderOf(track)
    const args = frameArguments(track, decoder)
    const job = { args, input: once(cut.bytes), outputBytes, signal, deadlineMs: transformMs }
    return finish(await ffmpeg.run(job), picture, budget)
  }

  /** Where the time is left to us, the key frame that shows something. */
  async function shootBest({ among, ...shot }: FrameRecipe, original: Original, budget: Budget) {
    if (!among) return shoot(shot, original, budget)
    const tools = { ffmpeg, decoder: await decoderOf(shot.track) }
    const at = await timeToShow(shot, among, original, budget, tools)
    return shoot({ ...shot, at, slack: Infinity }, original, budget)
  }

  async function lay(recipe: SpriteRecipe, original: Original, budget: Budget) {
    const png = await laySprite(recipe, original, budget, { ffmpeg, decoder: await decoderOf(recipe.track) })
    return finish(png, recipe.picture, budget)
  }

  function draw(recipe: Recipe, original: Original, budget: Budget): Promise<Rendition> {
    if (recipe.kind === 'frame') return shootBest(recipe, original, budget)
    if (recipe.kind === 'sprite') return lay(recipe, original, budget)
    throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
  }

  const decoderOf = async (track: VideoTrack) =>
    firstOf(await ffmpeg.abilities(), 'decoders', decodersFor(track))

  /** How large our own PNG may be is a matter of what may be made. */
  const finish = (png: Uint8Array, picture: PictureRecipe, budget: Budget) =>
    makePicture(png, picture, { ...budget, imageBytes: Math.max(budget.imageBytes, png.length) })

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
    const limits = { signal, bytes: sourceBytes, ms: transformMs }
    const body = await withContainer(original, recipe.from, limits, async (input) => {
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
    name,
    async can(recipe, info) {
      return info.class !== 'image' && (await lackOf(ffmpeg, recipe, info)) === undefined
    },
    async lack(recipe, info) {
      return info.class === 'image' ? undefined : lackOf(ffmpeg, recipe, info)
    },
    async run(recipe, original, budget) {
      if (recipe.kind === 'storyboard') return keepStoryboard(recipe, name)
      if (recipe.kind === 'facts') return tell(recipe, original, budget)
      if (recipe.kind === 'clip' || recipe.kind === 'sound') return encode(recipe, original, budget)
      const made = await draw(recipe, original, budget)
      return { ...made, facts: { ...made.facts, engine: name } }
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
  // A storyboard is of use where its sheet can be made.
  if (recipe.kind === 'storyboard') return [['decoders', info.video ? decodersFor(info.video) : []]]
  if (recipe.kind === 'frame' || recipe.kind === 'sprite') return [['decoders', decodersFor(recipe.track)]]
  if (recipe.kind === 'facts') return recipe.sample && [['decoders', decodersFor(recipe.sample.track)]]
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
