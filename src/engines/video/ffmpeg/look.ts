/** Looks at key frames in small, and says when the one is shown that is worth showing. */
import { isMediaError, MediaError } from '../../../error.ts'
import type { Original } from '../../../media/original.ts'
import type { FrameRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg } from '../../../platform.ts'
import type { Budget } from '../../engine.ts'
import { bestFrame, type SmallFrame } from '../best-frame.ts'
import { cutFrames, type Cut } from '../container/cut.ts'
import { withContainer } from '../container/open.ts'
import { cutArguments, exactScale } from './arguments.ts'
import { feedInput } from './input.ts'
import { once } from './once.ts'

interface Tools {
  readonly ffmpeg: Ffmpeg
  readonly decoder: string
}

/** Longest side of what is looked at, in pixels as stored: how they are turned says nothing of how they look. */
const SIDE = 160

/**
 * One of `among`: its key frame is the first that shows something.
 * @param among seconds from the start of the presentation, at least one, ascending
 * @throws as making a frame does
 */
export async function timeToShow(
  shot: Pick<FrameRecipe, 'from' | 'track'>,
  among: readonly number[],
  original: Original,
  budget: Budget,
  tools: Tools,
): Promise<number> {
  const cut = await cutKeys(shot, [among], original, budget)
  const frames = await see(shot, cut[0], budget, tools)
  if (cut[0] && frames.length === countOf(cut[0])) return among[cut[0].frames.indexOf(bestFrame(frames))] ?? 0
  // A decoder that is led from one key frame to another may mix them up: each by itself, without those that it cannot read.
  const alone: { readonly time: number; readonly frame: SmallFrame }[] = []
  const cuts = await cutKeys(
    shot,
    among.map((time) => [time]),
    original,
    budget,
  )
  for (const [n, one] of cuts.entries()) {
    const [frame] = await see(shot, one, budget, tools)
    if (frame) alone.push({ time: among[n] ?? 0, frame })
  }
  if (alone.length === 0) throw new MediaError('CORRUPT_MEDIA', undefined, { cause: 'no frame can be seen' })
  return alone[bestFrame(alone.map(({ frame }) => frame))]?.time ?? 0
}

const countOf = ({ frames }: Cut) => Math.max(...frames) + 1

/** The key frames of several groups of times. */
function cutKeys(
  { from }: Pick<FrameRecipe, 'from'>,
  groups: readonly (readonly number[])[],
  original: Original,
  { signal, sourceBytes, outputBytes, transformMs }: Budget,
): Promise<readonly Cut[]> {
  const limits = { signal, bytes: sourceBytes, ms: transformMs }
  return withContainer(original, from, limits, async (input, reading) => {
    const cuts: Cut[] = []
    for (const times of groups)
      cuts.push(await cutFrames(input, reading, { from, times, slack: Infinity, bytes: outputBytes }))
    return cuts
  })
}

/** Those frames of a cut that can be decoded, in order; none where nothing can. */
async function see(
  { track }: Pick<FrameRecipe, 'track'>,
  cut: Cut | undefined,
  { signal, outputBytes, transformMs }: Budget,
  { ffmpeg, decoder }: Tools,
): Promise<SmallFrame[]> {
  if (!cut) return []
  const scale = Math.min(1, SIDE / Math.max(track.codedWidth, track.codedHeight))
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  const [width, height] = [side(track.codedWidth), side(track.codedHeight)]
  const filters = [exactScale({ width, height }), 'format=gray']
  const input = feedInput({ start: 0 }, track, decoder)
  const args = cutArguments(input, filters, ['-c:v', 'rawvideo', '-f', 'rawvideo'], countOf(cut))
  const job = { args, input: once(cut.bytes), outputBytes, signal, deadlineMs: transformMs }
  const luma = await nothingOfCorrupt(ffmpeg.run(job))
  return Array.from({ length: Math.floor(luma.length / (width * height)) }, (_, n) => ({
    luma: luma.subarray(n * width * height, (n + 1) * width * height),
    width,
  }))
}

async function nothingOfCorrupt(work: Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await work
  } catch (error) {
    if (isMediaError(error) && error.code === 'CORRUPT_MEDIA') return new Uint8Array(0)
    throw error
  }
}
