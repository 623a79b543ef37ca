/** Finds the quality that was not named: the highest whose file fits, or the lowest that still looks right. */
import { MediaError } from '../../../error.ts'

export interface Trial {
  readonly quality: number
  readonly bytes: Uint8Array<ArrayBuffer>
}
export type Encode = (quality: number) => Promise<Uint8Array<ArrayBuffer>>

/** Where files of most pictures are neither large nor bad. */
const USUAL = 75

/**
 * The highest quality up to `top` whose file has no more than `most` bytes. Sizes grow about by a factor for each step,
 * so the next quality is where a line through their logarithms meets the limit; each second time it is the middle,
 * because of pictures of which that is not so.
 * @throws LIMIT_EXCEEDED when none has
 */
export async function fitBytes(encode: Encode, top: number, most: number): Promise<Trial> {
  let fitting: Trial | undefined
  let tooLarge: { readonly quality: number; readonly size?: number } = { quality: top + 1 }
  for (let turn = 1; ; turn++) {
    const low = fitting?.quality ?? 0
    if (fitting && tooLarge.quality - low === 1) return fitting
    if (tooLarge.quality === 1) throw tooManyBytes(tooLarge.size ?? 0, most)
    const middle = Math.ceil((low + tooLarge.quality - 1) / 2)
    const guess = turn === 1 ? USUAL : turn % 2 === 0 ? between(fitting, tooLarge, most) : middle
    const quality = Math.min(Math.max(guess ?? middle, low + 1), tooLarge.quality - 1)
    const bytes = await encode(quality)
    if (bytes.length <= most) fitting = { quality, bytes }
    else tooLarge = { quality, size: bytes.length }
  }
}

export function tooManyBytes(smallest: number, most: number): MediaError {
  return new MediaError('LIMIT_EXCEEDED', `No file has ${most} bytes or less: the smallest has ${smallest}`, {
    details: { limit: 'max_bytes', value: smallest, maximum: most },
  })
}

/** Undefined as long as one of the sizes is not known. */
function between(
  fitting: Trial | undefined,
  { quality, size }: { readonly quality: number; readonly size?: number },
  most: number,
): number | undefined {
  if (!fitting || size === undefined) return undefined
  const least = Math.log(fitting.bytes.length)
  const share = (Math.log(most) - least) / (Math.log(size) - least)
  return Math.floor(fitting.quality + share * (quality - fitting.quality))
}

export interface Target {
  /** What is to be reached, of 1. */
  readonly score: number
  /** How far it may be missed. */
  readonly tolerance: number
  readonly tries: number
  /** Where the search begins. */
  readonly start: number
}

/** Beyond these a file grows, or a picture suffers, for little. */
const [LEAST, MOST] = [10, 95]
/** How the logarithm of what is missing to 1 falls with each step of quality, as a first guess. */
const FALL = -0.03

interface Scored extends Trial {
  readonly score: number
}

/**
 * The trial that comes closest from above, or else the best: by secants through the logarithm of what is missing to 1,
 * which is nearly a straight line.
 */
export async function meetTarget(
  encode: Encode,
  scoreOf: (bytes: Uint8Array) => Promise<number>,
  { score: target, tolerance, tries, start }: Target,
): Promise<Trial> {
  const trials: Scored[] = []
  let quality = start
  while (trials.length < tries) {
    const bytes = await encode(quality)
    const score = await scoreOf(bytes)
    trials.push({ quality, bytes, score })
    // A little above is right; only little is won by being exact.
    if (score >= target && score <= target + tolerance / 2) break
    const next = nextQuality(trials, target)
    if (next === undefined) break
    quality = next
  }
  const right = trials.filter(({ score }) => score >= target - tolerance)
  if (right.length > 0) return right.reduce((a, b) => (b.bytes.length < a.bytes.length ? b : a))
  return trials.reduce((a, b) => (b.score > a.score ? b : a))
}

/** Undefined when nothing is left between the trials. */
function nextQuality(trials: readonly Scored[], target: number): number | undefined {
  const below = trials.filter(({ score }) => score < target)
  const above = trials.filter(({ score }) => score >= target)
  const low = below.toSorted((a, b) => b.quality - a.quality)[0]
  const high = above.toSorted((a, b) => a.quality - b.quality)[0]
  const [least, most] = [(low?.quality ?? LEAST - 1) + 1, (high?.quality ?? MOST + 1) - 1]
  if (least > most) return undefined
  const known = (low ?? high) as Scored
  const fall = low && high ? (missing(high.score) - missing(low.score)) / (high.quality - low.quality) : FALL
  const guess = known.quality + (missing(target) - missing(known.score)) / fall
  return Math.min(Math.max(Math.round(guess), least), most)
}

const missing = (score: number) => Math.log(Math.max(1 - score, 1e-6))
