/** Pixels and samples: the container's packets go through an ffmpeg, and pictures that come of it through the engine for pictures. */
import { isMediaError, MediaError, type ErrorCode } from '../../../error.ts'
import { cancelQuietly } from '../../../lib/stream.ts'
import { formatRow } from '../../../media/format.ts'
import type { VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { PictureRecipe, Recipe } from '../../../plan/recipe.ts'
import type { SpriteRecipe } from '../../../plan/timed/sprite.ts'
import type { ClipRecipe, FactsRecipe, FrameRecipe, SoundRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg, FfmpegJob } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { cutFrames } from '../container/cut.ts'
import { openFeed, type Feed } from '../container/feed.ts'
import { withContainer } from '../container/open.ts'
import { describeTimed } from '../facts.ts'
import { firstOf, lackOf } from './abilities.ts'
import { decodersFor, frameArguments, MARKED, shownFilters } from './arguments.ts'
import { clipArguments, soundArguments, videoEncodersFor } from './encode.ts'
import { feedInput, type Input } from './input.ts'
import { laySprite } from './lay-sprite.ts'
import { timeToShow } from './look.ts'
import { shapeFilters, splitShape } from './shape.ts'
import { keepStoryboard } from './storyboard.ts'
import { late } from './once.ts'
import { openWhole, wholeInput } from './whole.ts'

/** Makes of a PNG, which it is given whole, what a picture becomes. */
export type MakePicture = (png: Uint8Array, recipe: PictureRecipe, budget: Budget) => Promise<Rendition>

/** Which frame, and what becomes of it. */
type Shot = Pick<FrameRecipe, 'from' | 'at' | 'track' | 'whole'> & {
  readonly picture: PictureRecipe
  /** As that of a cut. */
  readonly slack?: number
}

/** What is done of it before it is handed on. */
type Frame = Omit<Shot, 'picture'> & { readonly filters: readonly string[] }

type Bounds = Pick<FfmpegJob, 'outputBytes' | 'signal' | 'deadlineMs'>

export function createFfmpegEngine(ffmpeg: Ffmpeg, makePicture: MakePicture): Engine {
  const { name } = ffmpeg

  async function shoot(shot: Shot, original: Original, budget: Budget) {
    const { signal, outputBytes, transformMs } = budget
    const { shape, picture } = splitShape(shot.picture, shot.track)
    const job = { outputBytes, signal, deadlineMs: transformMs }
    const frame = { ...shot, filters: shape.resize ? shapeFilters(shape, shot.track) : [] }
    const png = await (shot.whole ? wholeShot : cutShot)(frame, original, budget, job)
    return finish(png, picture, budget)
  }

  /** The ffmpeg starts while its input is read. */
  async function cutShot(
    { from, at, slack, track, filters }: Frame,
    original: Original,
    budget: Budget,
    job: Bounds,
  ) {
    const input = feedInput({ start: 0 }, track, await decoderOf(track))
    const args = frameArguments(track, input, MARKED, filters)
    const task = { from, times: [at], bytes: budget.outputBytes, ...(slack === undefined ? {} : { slack }) }
    const feed = late(budget.signal, async (signal) => {
      const limits = { signal, bytes: budget.sourceBytes, ms: budget.transformMs }
      const cut = await withContainer(original, from, limits, (...open) => cutFrames(...open, task))
      return cut.bytes
    })
    return fed(feed, ffmpeg.run({ ...job, args, input: feed.stream }))
  }

  async function wholeShot(
    { from, at, track, filters }: Frame,
    original: Original,
    budget: Budget,
    job: Bounds,
  ) {
    const input = wholeInput(from, { start: at }, track)
    const args = frameArguments(track, input, shownFilters(input), filters)
    return ffmpeg.run({ ...job, args, input: await openWhole(original, budget.sourceBytes) })
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
    { signal, sourceBytes, outputBytes, transformMs, onProgress, receive }: Budget,
  ): Promise<Rendition> {
    const args = await argumentsFor(recipe)
    const told = { onProgress, receive }
    const job = { seeks: true, outputBytes, signal, deadlineMs: transformMs, ...told }
    const picture = recipe.kind === 'clip' ? recipe.encoding?.from : undefined
    if (recipe.whole) {
      const file = await openWhole(original, sourceBytes)
      const sound = recipe.track === undefined ? {} : { sound: recipe.track }
      const input = { ...wholeInput(recipe.from, recipe, picture), ...sound }
      return encoded(recipe, await ffmpeg.run({ ...job, input: file, args: args(input) }))
    }
    const limits = { signal, bytes: sourceBytes, ms: transformMs }
    const decoder = picture && firstOf(await ffmpeg.abilities(), 'decoders', decodersFor(picture))
    const body = await withContainer(original, recipe.from, limits, async (input, reading) => {
      const video = recipe.kind === 'clip' ? await input.getPrimaryVideoTrack() : null
      const audio = recipe.track === undefined ? undefined : (await input.getAudioTracks())[recipe.track]
      const feed = await openFeed(input, reading, {
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
      if (recipe.kind === 'storyboard') return keepStoryboard(recipe, name)
      if (recipe.kind === 'facts') return tell(recipe, original, budget)
      if (recipe.kind === 'clip' || recipe.kind === 'sound') return encode(recipe, original, budget)
      const made = await draw(recipe, original, budget)
      return { ...made, facts: { ...made.facts, engine: name } }
    },
  }
}

/** What broke the stream off is the reason, where both failed; a reader that has enough may stop. */
export async function fed<T>({ stream, done }: Pick<Feed, 'stream' | 'done'>, work: Promise<T>): Promise<T> {
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
