/** Pixels of video: the container's packets go through an ffmpeg, and pictures that come of it through the engine for pictures. */
import { isMediaError, MediaError, type ErrorCode } from '../../../error.ts'
import { toStream } from '../../../lib/stream.ts'
import type { VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { PictureRecipe } from '../../../plan/recipe.ts'
import type { FactsRecipe, FrameRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { cutFrames } from '../container/cut.ts'
import { readsContainer, withContainer } from '../container/open.ts'
import { describeTimed } from '../facts.ts'
import { decodersFor, frameArguments } from './arguments.ts'

/** Makes of a PNG, which it is given whole, what a picture becomes. */
export type MakePicture = (png: Uint8Array, recipe: PictureRecipe, budget: Budget) => Promise<Rendition>

/** Which frame, and what becomes of it. */
type Shot = Pick<FrameRecipe, 'from' | 'at' | 'track'> & { readonly picture: PictureRecipe }

export function createFfmpegEngine(ffmpeg: Ffmpeg, makePicture: MakePicture): Engine {
  const { name } = ffmpeg

  async function decoderOf(track: VideoTrack): Promise<string | undefined> {
    const abilities = await ffmpeg.abilities()
    return decodersFor(track).find((decoder) => abilities?.decoders.has(decoder))
  }

  async function shoot({ from, at, track, picture }: Shot, original: Original, budget: Budget) {
    const { signal, sourceBytes, outputBytes, transformMs } = budget
    const limits = { signal, bytes: sourceBytes, ms: transformMs }
    const cut = await withContainer(original, from, limits, (input) =>
      cutFrames(input, { from, times: [at], bytes: outputBytes }),
    )
    const decoder = await decoderOf(track)
    if (!decoder) throw new MediaError('NOT_SUPPORTED_HERE', `No decoder for ${track.codecId}`)
    const args = frameArguments(track, decoder)
    const png = await ffmpeg.run({
      args,
      input: once(cut.bytes),
      outputBytes,
      signal,
      deadlineMs: transformMs,
    })
    return makePicture(png, picture, budget)
  }

  /** What the index says holds whatever follows it: frames that cannot be had cost the placeholder alone. */
  async function tell({ from, info, sample }: FactsRecipe, original: Original, budget: Budget) {
    const placeholder = sample && (await placeholderOf({ from, ...sample }, original, budget))
    const body = describeTimed(info, original.size, placeholder)
    const { video } = info
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

  return {
    name,
    async can(recipe, info) {
      if (info.class === 'image' || !info.video || !readsContainer(info.format)) return false
      const isMine = recipe.kind === 'frame' || (recipe.kind === 'facts' && recipe.sample !== undefined)
      return isMine && (await decoderOf(info.video)) !== undefined
    },
    async run(recipe, original, budget) {
      if (recipe.kind === 'facts') return tell(recipe, original, budget)
      if (recipe.kind !== 'frame') throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
      const made = await shoot(recipe, original, budget)
      return { ...made, facts: { ...made.facts, engine: name } }
    },
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
