/**
 * What a recipe will cost, roughly: enough to tell what a request can wait for from what it cannot. Pure. Speeds are of
 * one core of a small server (docs/performance.md), on the pessimistic side of it.
 */
import type { FormatName } from '../media/format.ts'
import type { MediaInfo, TimedInfo } from '../media/info.ts'
import type { PictureRecipe, Recipe } from './recipe.ts'
import type { SpriteRecipe } from './timed/sprite.ts'
import type { ClipRecipe, SoundRecipe, Span, VideoCodecName } from './timed/recipe.ts'

export interface Expense {
  /** Of the original that must be read. */
  readonly bytes: number
  /** Of work. */
  readonly seconds: number
}

const MEGA = 1_000_000
/** Pixels a second. */
const READ = 40 * MEGA
const READ_SLOWLY: Readonly<Partial<Record<FormatName, number>>> = {
  avif: 10 * MEGA,
  heic: 10 * MEGA,
  jxl: 10 * MEGA,
}
const WRITE = 20 * MEGA
const WRITE_SLOWLY: Readonly<Partial<Record<FormatName, number>>> = {
  avif: 2 * MEGA,
  jxl: 2 * MEGA,
  png: 8 * MEGA,
  webp: 5 * MEGA,
}
const DECODE_VIDEO = 150 * MEGA
const ENCODE_VIDEO: Readonly<Record<VideoCodecName, number>> = {
  avc: 40 * MEGA,
  hevc: 12 * MEGA,
  vp9: 8 * MEGA,
  av1: 12 * MEGA,
  webp: 6 * MEGA,
  gif: 20 * MEGA,
}
/** From fast to small, as parts of the speed. */
const EFFORTS = [2, 1, 0.5, 0.25] as const
/** Seconds of sound that are encoded in a second. */
const SOUND = 40
/** Seconds of sound that are decoded in a second. */
const HEARD = 100
const FPS = 30
/** Around one frame. */
const FRAME_BYTES = 16 * MEGA
/** Of a sheet: most tiles are key frames. */
const TILE_BYTES = 1 * MEGA
const TILE = 0.05

/** @param size of the original in bytes; absent: unknown, and nothing is known of what is read */
export function expenseOf(recipe: Recipe, info: MediaInfo, size = 0): Expense {
  switch (recipe.kind) {
    case 'image':
    case 'look':
    case 'metadata':
      return { bytes: size, seconds: secondsOfPicture(recipe, info) }
    case 'facts':
      return { bytes: 0, seconds: 0 }
    case 'frame':
      return { bytes: recipe.whole ? size : Math.min(size, FRAME_BYTES), seconds: recipe.among ? 2 : 1 }
    case 'storyboard':
      return { bytes: 0, seconds: 0 }
    case 'sprite':
      return recipe.whole ? expenseOfWholeSheet(recipe, size) : expenseOfSheet(recipe, size)
    case 'waveform':
      return {
        bytes: recipe.whole ? size : size * partOf(recipe, info),
        seconds: (lengthOf(recipe, info) ?? 0) / HEARD,
      }
    case 'clip':
    case 'sound':
      return { bytes: size * partOf(recipe, info), seconds: secondsOfClip(recipe, info) }
  }
}

function expenseOfSheet({ times }: SpriteRecipe, size: number): Expense {
  return { bytes: Math.min(size, times.length * TILE_BYTES), seconds: times.length * TILE }
}

/** All frames to the last tile are decoded. */
function expenseOfWholeSheet({ times, track }: SpriteRecipe, size: number): Expense {
  const frames = ((times.at(-1) ?? 0) - (times[0] ?? 0)) * (track.fps ?? FPS)
  return { bytes: size, seconds: (frames * track.codedWidth * track.codedHeight) / DECODE_VIDEO }
}

function secondsOfPicture(recipe: PictureRecipe, info: MediaInfo): number {
  if (info.class !== 'image') return 0
  const frames = recipe.kind === 'image' && recipe.animated ? info.frames : 1
  const read = (info.width * info.height) / (READ_SLOWLY[info.format] ?? READ)
  if (recipe.kind !== 'image') return read
  const tries = recipe.perceptual || recipe.maxBytes !== undefined ? 6 : 1
  const written = (recipe.width * recipe.height) / (WRITE_SLOWLY[recipe.to] ?? WRITE)
  return frames * (read + tries * written)
}

function secondsOfClip(recipe: ClipRecipe | SoundRecipe, info: MediaInfo): number {
  const { encoding } = recipe
  if (!encoding) return 0
  const length = lengthOf(recipe, info) ?? 0
  if (recipe.kind === 'sound') return length / SOUND
  const { codec, effort, fps, speed, from, sound } = recipe.encoding as NonNullable<ClipRecipe['encoding']>
  const frames = (length / speed) * (fps ?? from.fps ?? FPS)
  const decoded = (length * (from.fps ?? FPS) * from.codedWidth * from.codedHeight) / DECODE_VIDEO
  const rate = ENCODE_VIDEO[codec] * (EFFORTS[Math.min(3, Math.max(0, effort))] ?? 1)
  const encoded = (frames * recipe.width * recipe.height) / rate
  return decoded + encoded + (sound ? length / SOUND : 0)
}

/** Seconds of what is made; undefined where it has none, or nobody knows. */
export function secondsOf(recipe: Recipe, info: MediaInfo): number | undefined {
  if (recipe.kind !== 'clip' && recipe.kind !== 'sound') return undefined
  const length = lengthOf(recipe, info)
  return length === undefined || length <= 0 ? undefined : length / (recipe.encoding?.speed ?? 1)
}

/** Seconds of the original. */
function lengthOf({ start = 0, end }: Span, info: MediaInfo): number | undefined {
  const { duration } = info as TimedInfo
  const last = end === undefined ? duration : Math.min(end, duration ?? end)
  return last === undefined ? undefined : Math.max(0, last - start)
}

function partOf(span: Span, info: MediaInfo): number {
  const { duration } = info as TimedInfo
  const length = lengthOf(span, info)
  if (length === undefined || duration === undefined || duration <= 0) return 1
  return Math.min(1, length / duration)
}
