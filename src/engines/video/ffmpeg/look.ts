/** Looks at key frames in small, and says when the one is shown that is worth showing. */
import { isMediaError, MediaError } from '../../../error.ts'
import type { VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { FrameRecipe } from '../../../plan/timed/recipe.ts'
import type { Ffmpeg } from '../../../platform.ts'
import type { Budget } from '../../engine.ts'
import { bestFrame, type SmallFrame } from '../best-frame.ts'
import { cutFrames, type Cut } from '../container/cut.ts'
import { withContainer } from '../container/open.ts'
import { chosenArguments, exactScale, MARKED, shownFilters } from './arguments.ts'
import { feedInput, type Input } from './input.ts'
import { once } from './once.ts'
import { openWhole, wholeInput } from './whole.ts'

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
  shot: Pick<FrameRecipe, 'from' | 'track' | 'whole'>,
  among: readonly number[],
  original: Original,
  budget: Budget,
  tools: Tools,
): Promise<number> {
  if (shot.whole) return best(await seeWhole(shot, among, original, budget, tools))
  const cut = await cutKeys(shot, [among], original, budget)
  const frames = await see(shot, cut[0], budget, tools)
  if (cut[0] && frames.length === countOf(cut[0])) return among[cut[0].frames.indexOf(bestFrame(frames))] ?? 0
  // A decoder that is led from one key frame to another may mix them up: each by itself, without those that it cannot read.
  const alone: Seen[] = []
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
  return best(alone)
}

interface Seen {
  readonly time: number
  readonly frame: SmallFrame
}

function best(seen: readonly Seen[]): number {
  if (seen.length === 0) throw new MediaError('CORRUPT_MEDIA', undefined, { cause: 'no frame can be seen' })
  return seen[bestFrame(seen.map(({ frame }) => frame))]?.time ?? 0
}

/** Of an original whose packets cannot be had, each by a run of its own, without those that cannot be decoded. */
async function seeWhole(
  { from, track }: Pick<FrameRecipe, 'from' | 'track'>,
  among: readonly number[],
  original: Original,
  { signal, sourceBytes, outputBytes, transformMs }: Budget,
  { ffmpeg }: Pick<Tools, 'ffmpeg'>,
): Promise<Seen[]> {
  const job = { outputBytes, signal, deadlineMs: transformMs }
  const seen: Seen[] = []
  for (const time of among) {
    const input = wholeInput(from, { start: time }, track)
    const args = smallArguments(input, shownFilters(input), track)
    const file = await openWhole(original, sourceBytes)
    const [frame] = framesIn(await nothingOfCorrupt(ffmpeg.run({ ...job, args, input: file })), track)
    if (frame) seen.push({ time, frame })
  }
  return seen
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
  const args = smallArguments(feedInput({ start: 0 }, track, decoder), MARKED, track, countOf(cut))
  const job = { args, input: once(cut.bytes), outputBytes, signal, deadlineMs: transformMs }
  return framesIn(await nothingOfCorrupt(ffmpeg.run(job)), track)
}

function smallArguments(
  input: Pick<Input, 'read' | 'video'>,
  select: readonly string[],
  track: VideoTrack,
  count = 1,
): string[] {
  const filters = [...select, exactScale(smallSize(track)), 'format=gray']
  return chosenArguments(input, filters, ['-c:v', 'rawvideo', '-f', 'rawvideo'], count)
}

function smallSize({ codedWidth, codedHeight }: VideoTrack) {
  const scale = Math.min(1, SIDE / Math.max(codedWidth, codedHeight))
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  return { width: side(codedWidth), height: side(codedHeight) }
}

function framesIn(luma: Uint8Array, track: VideoTrack): SmallFrame[] {
  const { width, height } = smallSize(track)
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
