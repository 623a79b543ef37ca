/** What Cloudflare's Media Transformations can make of a video, as they are told it. Pure. */
import type { ImageRecipe, Recipe, Rect, Size } from '../../plan/recipe.ts'
import type { SpriteRecipe, StoryboardRecipe } from '../../plan/timed/sprite.ts'
import type { ClipRecipe, FrameRecipe, SoundRecipe, Span } from '../../plan/timed/recipe.ts'
import type { MediaWish } from '../../platform.ts'

/** A wish, or what would be needed for one that they do not grant. */
export type Wished = { readonly wish: MediaWish } | { readonly lack: string }

/** Sides of what they make, in pixels. */
const [LEAST_SIDE, MOST_SIDE] = [10, 2000]
/** Seconds: how long a part may be, and how late it may begin. */
const [LEAST_LENGTH, MOST_LENGTH, LATEST] = [1, 60, 600]
/** Formats that packets can be had of: others they have not been seen to read. */
const READS: ReadonlySet<string> = new Set(['mp4', 'mov', 'm4a', '3gp', 'webm', 'mkv'])

export interface Wishing {
  /** Of the original in bytes; absent: unknown. */
  readonly size: number | undefined
  /** Bytes that they take. */
  readonly most: number
  /** Seconds of all of it; absent: unknown. */
  readonly duration: number | undefined
}

export function wishFor(recipe: Recipe, { size, most, duration }: Wishing): Wished {
  if (!READS.has(recipe.from)) return { lack: `a reader of ${recipe.from}` }
  if (size === undefined || size > most) return { lack: `room for originals of more than ${most} bytes` }
  switch (recipe.kind) {
    case 'frame':
      return wishFrame(recipe)
    case 'sprite':
      return wishTiles(recipe)
    case 'storyboard':
      return wishSheet({ ...recipe, fit: 'cover' })
    case 'clip':
      return wishClip(recipe, duration)
    case 'sound':
      return wishSound(recipe, duration)
    default:
      return { lack: `an engine for ${recipe.kind}` }
  }
}

/** The frame as it stands before the steps of a picture: scaled there already where scaling is the first of them. */
export function frameSize({ track, picture }: Pick<FrameRecipe, 'track' | 'picture'>): Size {
  return scaledFirst(picture) ?? { width: track.width, height: track.height }
}

/** What remains to be done to a frame that has been scaled. */
export function afterScaling(picture: FrameRecipe['picture']): FrameRecipe['picture'] {
  if (picture.kind === 'look' || !scaledFirst(picture)) return picture
  const { resize: _, ...rest } = picture
  return rest
}

function scaledFirst(picture: FrameRecipe['picture']): Size | undefined {
  if (picture.kind === 'look' || picture.crop || picture.rotate || picture.cut || picture.veil)
    return undefined
  return picture.resize
}

function wishFrame(recipe: FrameRecipe): Wished {
  if (recipe.among) return { lack: 'a choice of the frame' }
  const size = sized(frameSize(recipe), 'contain')
  if (!size) return LACKS_SIZE
  if (recipe.at > LATEST) return LACKS_TIME
  return { wish: { size, output: { mode: 'frame', time: seconds(recipe.at), format: 'png' } } }
}

function wishTiles({ tile, times, columns, track, slack }: SpriteRecipe): Wished {
  const fit = fitOf(tile, track)
  if (!fit) return { lack: 'steps of that kind on tiles' }
  const count = times.length
  const start = (times[0] ?? 0) - slack
  return wishSheet({ tile, fit, count, columns, start, end: start + 2 * slack * count })
}

interface Sheet extends Pick<StoryboardRecipe, 'tile' | 'count' | 'columns' | 'start' | 'end'> {
  readonly fit: 'cover' | 'contain'
}

/** They lay sheets by rules of their own, as square as may be: a sheet that comes otherwise is not ours. */
function wishSheet({ tile, fit, count, columns, ...span }: Sheet): Wished {
  const size = sized(tile, fit)
  if (!size) return LACKS_SIZE
  if (columns !== Math.ceil(Math.sqrt(count))) return { lack: 'sheets of that many columns' }
  const part = partOf(span, undefined)
  return part ? { wish: { size, output: { mode: 'spritesheet', imageCount: count, ...part } } } : LACKS_TIME
}

function wishClip(recipe: ClipRecipe, duration: number | undefined): Wished {
  const { encoding, track, to } = recipe
  if (!encoding || to !== 'mp4' || encoding.codec !== 'avc') return { lack: `an encoder for ${to}` }
  const { fps, bitrate, speed, background, alpha } = encoding
  if (fps !== undefined || bitrate !== undefined || speed !== 1 || background || alpha)
    return { lack: 'parameters of the encoder' }
  if ((track ?? 0) > 0) return { lack: 'a choice of the sound' }
  const fit = fitOf({ ...encoding, width: recipe.width, height: recipe.height }, encoding.from)
  if (!fit) return { lack: 'steps of that kind on videos' }
  const size = sized(recipe, fit)
  if (!size) return LACKS_SIZE
  const part = partOf(recipe, duration)
  if (!part) return LACKS_TIME
  return { wish: { size, output: { mode: 'video', ...part, audio: track !== undefined } } }
}

function wishSound(recipe: SoundRecipe, duration: number | undefined): Wished {
  const { encoding, to, track } = recipe
  if (!encoding || to !== 'm4a') return { lack: `an encoder for ${to}` }
  if (encoding.speed !== 1) return { lack: 'parameters of the encoder' }
  if (track > 0) return { lack: 'a choice of the sound' }
  const part = partOf(recipe, duration)
  return part ? { wish: { output: { mode: 'audio', format: 'm4a', ...part } } } : LACKS_TIME
}

type Steps = Partial<Pick<ImageRecipe, 'crop' | 'rotate' | 'flip' | 'pad' | 'cut' | 'resize'>> & Size

/** Undefined for steps that they do not know. A middle part is cut out as `cover` does; what is distorted cannot be had. */
function fitOf(
  { crop, rotate, flip, pad, cut, width, height }: Omit<Steps, 'rotate'> & { readonly rotate?: unknown },
  from: Size,
): 'cover' | 'contain' | undefined {
  if (crop ?? rotate ?? flip ?? pad) return undefined
  if (cut) return isCentred(cut, from) ? 'cover' : undefined
  // Sides are whole and often even: within two pixels the shape is the same.
  return Math.abs((width * from.height) / from.width - height) <= 2 ? 'contain' : undefined
}

const isCentred = ({ x, y, width, height }: Rect, from: Size) =>
  Math.abs(2 * x + width - from.width) <= 2 && Math.abs(2 * y + height - from.height) <= 2

const isSide = (side: number) => side >= LEAST_SIDE && side <= MOST_SIDE

function sized({ width, height }: Size, fit: 'cover' | 'contain'): MediaWish['size'] {
  return isSide(width) && isSide(height) ? { width, height, fit } : undefined
}

/** Undefined where they do not reach. What is absent is the start, and what an original is long. */
function partOf({ start = 0, end }: Span, duration: number | undefined) {
  const length = end === undefined ? (duration ?? Infinity) - start : end - start
  if (start > LATEST || length > MOST_LENGTH) return undefined
  // What ends by itself may be shorter than the shortest part.
  if (end !== undefined && length < LEAST_LENGTH) return undefined
  return {
    ...(start > 0 ? { time: seconds(start) } : {}),
    ...(end === undefined ? {} : { duration: seconds(length) }),
  }
}

const seconds = (value: number) => `${Math.max(0, Math.round(value * 1000) / 1000)}s`
const LACKS_SIZE = { lack: `sides of fewer than ${LEAST_SIDE} or more than ${MOST_SIDE} pixels` } as const
const LACKS_TIME = { lack: `parts of less than ${LEAST_LENGTH} or more than ${MOST_LENGTH} seconds` } as const
