/** Makes the sheet of a sprite: all frames in one run, else those of each key frame in a run of their own. */
import { isMediaError, MediaError } from '../../../error.ts'
import type { Original } from '../../../media/original.ts'
import type { SpriteRecipe } from '../../../plan/timed/sprite.ts'
import type { Ffmpeg } from '../../../platform.ts'
import type { Budget } from '../../engine.ts'
import { cutFrames, type Cut } from '../container/cut.ts'
import { withContainer } from '../container/open.ts'
import { once } from './once.ts'
import { gridArguments, spriteArguments, tileBytes, tilesArguments, wholeSpriteArguments } from './sprite.ts'
import { openWhole } from './whole.ts'

interface Tools {
  readonly ffmpeg: Ffmpeg
  readonly decoder: string
}

/**
 * A PNG.
 * @throws CORRUPT_MEDIA, LIMIT_EXCEEDED, TRANSFORM_TIMEOUT, SOURCE_TOO_LARGE, UNSUPPORTED_CODEC, the signal's reason, and what the source throws
 */
export async function laySprite(
  recipe: SpriteRecipe,
  original: Original,
  budget: Budget,
  tools: Tools,
): Promise<Uint8Array> {
  const late = AbortSignal.timeout(budget.transformMs)
  const bounded = { ...budget, signal: AbortSignal.any([budget.signal, late]) }
  try {
    return await (recipe.whole ? layWhole : lay)(recipe, original, bounded, tools)
  } catch (error) {
    budget.signal.throwIfAborted()
    throw late.aborted ? new MediaError('TRANSFORM_TIMEOUT') : error
  }
}

/** Nothing is asked of its packets: all frames up to the last tile are decoded. */
async function layWhole(recipe: SpriteRecipe, original: Original, budget: Budget, { ffmpeg }: Tools) {
  const { signal, sourceBytes, outputBytes, transformMs } = budget
  const input = await openWhole(original, sourceBytes)
  const job = { input, outputBytes, signal, deadlineMs: transformMs }
  const sheet = await ffmpeg.run({ ...job, args: wholeSpriteArguments(recipe) })
  if (sheet.length === 0) throw missing()
  return sheet
}

async function lay(recipe: SpriteRecipe, original: Original, budget: Budget, { ffmpeg, decoder }: Tools) {
  const run = (args: readonly string[], ...input: readonly Uint8Array[]) =>
    runOrNothing(ffmpeg, args, input, budget)
  const { times } = recipe
  const [whole] = await cut(recipe, original, budget, [times])
  if (!whole) throw new MediaError('INTERNAL')
  const sheet = await run(spriteArguments(recipe, decoder, whole.frames), whole.bytes)
  if (sheet) return sheet
  // Some key frames leave the order of what stood before them open: a decoder that is led from one to another mixes frames up.
  const groups = groupsOf(times, whole.keys)
  if (groups.length === 1) throw missing()
  const tiles: Uint8Array[] = []
  for (const { bytes, frames } of await cut(recipe, original, budget, groups)) {
    const some = await run(tilesArguments(recipe, decoder, frames), bytes)
    if (some?.length !== frames.length * tileBytes(recipe)) throw missing()
    tiles.push(some)
  }
  const laid = await run(gridArguments(recipe), ...tiles)
  if (!laid) throw missing()
  return laid
}

const missing = () => new MediaError('CORRUPT_MEDIA', undefined, { cause: 'frames are missing' })

/** Undefined where nothing comes of it. */
async function runOrNothing(
  ffmpeg: Ffmpeg,
  args: readonly string[],
  input: readonly Uint8Array[],
  { signal, outputBytes, transformMs }: Budget,
): Promise<Uint8Array | undefined> {
  const job = { args, input: once(...input), outputBytes, signal, deadlineMs: transformMs }
  try {
    const made = await ffmpeg.run(job)
    return made.length === 0 ? undefined : made
  } catch (error) {
    if (isMediaError(error) && error.code === 'CORRUPT_MEDIA') return undefined
    throw error
  }
}

/** A cut for each of several groups of times. */
function cut(
  { from, slack }: SpriteRecipe,
  original: Original,
  { signal, sourceBytes, outputBytes, transformMs }: Budget,
  groups: readonly (readonly number[])[],
): Promise<readonly Cut[]> {
  const limits = { signal, bytes: sourceBytes, ms: transformMs }
  return withContainer(original, from, limits, async (input, reading) => {
    const cuts: Cut[] = []
    let left = outputBytes
    for (const times of groups) {
      const one = await cutFrames(input, reading, { from, times, slack, bytes: left })
      left -= one.bytes.length
      cuts.push(one)
    }
    return cuts
  })
}

/** Times that share a key frame. */
function groupsOf(times: readonly number[], keys: readonly number[]): number[][] {
  const groups: number[][] = []
  for (const [n, time] of times.entries()) {
    if (n > 0 && keys[n] === keys[n - 1]) groups.at(-1)?.push(time)
    else groups.push([time])
  }
  return groups
}
