/** Pixels of video: the container's packets go through an ffmpeg, and pictures that come of it through the engine for pictures. */
import { MediaError } from '../../../error.ts'
import { toStream } from '../../../lib/stream.ts'
import type { MediaInfo, VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { Recipe } from '../../../plan/recipe.ts'
import type { FrameRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg } from '../../../platform.ts'
import type { Budget, Engine } from '../../engine.ts'
import { cutFrames } from '../container/cut.ts'
import { readsContainer, withContainer } from '../container/open.ts'
import { decodersFor, frameArguments } from './arguments.ts'

/** @param images makes a picture of what it is given whole */
export function createFfmpegEngine(
  ffmpeg: Ffmpeg,
  images: (png: Uint8Array, recipe: FrameRecipe['picture'], budget: Budget) => Promise<Rendition>,
): Engine {
  async function decoderOf(track: VideoTrack): Promise<string | undefined> {
    const abilities = await ffmpeg.abilities()
    return decodersFor(track).find((name) => abilities?.decoders.has(name))
  }

  async function frame(
    recipe: FrameRecipe,
    track: VideoTrack,
    original: Original,
    budget: Budget,
  ): Promise<Rendition> {
    const { signal, sourceBytes, outputBytes, transformMs } = budget
    const cut = await withContainer(original, recipe.from, { signal, bytes: sourceBytes }, (input) =>
      cutFrames(input, { from: recipe.from, times: [recipe.at], bytes: outputBytes }),
    )
    const decoder = await decoderOf(track)
    if (!decoder) throw new MediaError('NOT_SUPPORTED_HERE', `No decoder for ${track.codecId}`)
    const png = await ffmpeg.run({
      args: frameArguments(track, decoder),
      input: once(cut.bytes),
      outputBytes,
      signal,
      deadlineMs: transformMs,
    })
    const made = await images(png, recipe.picture, budget)
    return { ...made, facts: { ...made.facts, engine: ffmpeg.name } }
  }

  return {
    name: ffmpeg.name,
    async can(recipe: Recipe, info: MediaInfo) {
      if (info.class === 'image' || !info.video || recipe.kind !== 'frame') return false
      return readsContainer(info.format) && (await decoderOf(info.video)) !== undefined
    },
    async run(recipe, original, budget) {
      if (recipe.kind !== 'frame') throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
      return frame(recipe, recipe.track, original, budget)
    },
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
