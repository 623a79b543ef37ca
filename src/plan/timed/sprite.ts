/** Sprite sheets and storyboards: which moments, how large a tile, how the grid is laid. Pure. */
import { MediaError } from '../../error.ts'
import type { FormatName } from '../../media/format.ts'
import type { TimedInfo, VideoTrack } from '../../media/info.ts'
import type { Storyboard } from '../../media/storyboard.ts'
import { checkOutput } from '../bounds.ts'
import type { Ask, Question } from '../plan.ts'
import type { ImageRecipe, LookRecipe, Size } from '../recipe.ts'
import type { Whole } from './recipe.ts'
import type { FrameResolver } from './resolve.ts'
import { stillOf } from './still.ts'
import { wholeOf } from './whole.ts'
import { spanOf, timedWord, wrongFormat } from './words.ts'

/** Frames of a video side by side, row by row, as one picture. */
export interface SpriteRecipe extends Whole {
  readonly kind: 'sprite'
  readonly from: FormatName
  readonly track: VideoTrack
  /** Of each tile, ascending: the middle of its part of the clip. */
  readonly times: readonly number[]
  /** How far from its time a key frame may lie that stands for a tile: half the length of its part. */
  readonly slack: number
  /** What becomes of each frame: steps, and the size of a tile. */
  readonly tile: ImageRecipe
  readonly columns: number
  readonly rows: number
  /** Something shows through: what is transparent, around padded frames, or cells that stay empty. */
  readonly alpha: boolean
  /** What becomes of the sheet, which comes as a PNG. */
  readonly picture: ImageRecipe | LookRecipe
  readonly to: FormatName
}

/** Where each part of a clip stands on its sheet, for players. Made of the index alone. */
export interface StoryboardRecipe extends Storyboard {
  readonly kind: 'storyboard'
  readonly from: FormatName
  readonly to: 'json'
}

const COUNT = 20
/** Longest side of a tile that nobody gave a size. */
const SIDE = 160

interface Grid {
  readonly count: number
  readonly columns: number
  readonly rows: number
  readonly start: number
  readonly end: number
}

/** @throws INVALID_PARAMETER, LIMIT_EXCEEDED, and what resolving a picture throws */
export function resolveSprite(
  { ask, accepts }: Question,
  info: TimedInfo,
  video: VideoTrack,
  frames: FrameResolver,
): SpriteRecipe {
  const { format } = ask
  if (format !== undefined && !SHEETS.has(format)) throw wrongFormat(format, 'a sprite sheet')
  const { count, columns, rows, start, end } = gridOf(ask, info)
  const tile = tileOf(ask, video, frames)
  const sheet = sheetSize(tile, { columns, rows }, frames)
  const alpha = video.hasAlpha || tile.pad !== undefined || count < columns * rows
  const own = format ?? (accepts.length > 0 ? undefined : video.hasAlpha ? 'png' : 'jpeg')
  const asked = { ...sheetAsk(ask), ...(own === undefined ? {} : { format: own }) }
  const picture = frames.picture({ ask: asked, accepts }, stillOf(sheet, alpha))
  const length = (end - start) / count
  return {
    kind: 'sprite',
    from: info.format,
    track: video,
    ...wholeOf(info, { video: true }),
    times: Array.from({ length: count }, (_, n) => rounded(start + (n + 0.5) * length)),
    slack: rounded(length / 2),
    tile,
    columns,
    rows,
    alpha,
    picture,
    to: picture.kind === 'image' ? picture.to : 'png',
  }
}

const SHEETS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'avif', 'jxl'])

/** What cannot be made of a sheet is refused here too: its address would not work. @throws as `resolveSprite` */
export function resolveStoryboard(
  question: Question,
  info: TimedInfo,
  video: VideoTrack,
  frames: FrameResolver,
): StoryboardRecipe {
  const { format, ...ask } = question.ask
  const isJson = format === 'json'
  const sprite = resolveSprite(
    { ...question, ask: isJson || format === undefined ? ask : question.ask },
    info,
    video,
    frames,
  )
  const { count, columns, start, end } = gridOf(ask, info)
  const { tile } = sprite
  return {
    kind: 'storyboard',
    from: info.format,
    to: 'json',
    as: isJson ? 'json' : 'vtt',
    start,
    end,
    count,
    columns,
    tile: { width: tile.width, height: tile.height },
  }
}

/** @throws INVALID_PARAMETER where there is no length to spread over */
function gridOf(ask: Ask, { duration }: TimedInfo): Grid {
  const { start = 0, end = duration } = spanOf(ask, duration)
  if (end === undefined)
    throw new MediaError(
      'INVALID_PARAMETER',
      'Parameter "duration" is missing: the length of this original is not known',
      { details: [{ parameter: 'duration', expected: 'the length that the pictures are spread over' }] },
    )
  const count = Number(timedWord(ask, 'imageCount') ?? COUNT)
  const columns = Math.min(count, Number(timedWord(ask, 'columns') ?? Math.ceil(Math.sqrt(count))))
  return { count, columns, rows: Math.ceil(count / columns), start, end }
}

/** Exactly as large as was asked, whatever the size of the frames. */
function tileOf(ask: Ask, video: VideoTrack, frames: FrameResolver): ImageRecipe {
  const { width, height, crop, rotate, flip, fit = 'cover', gravity, enlarge } = ask
  const isFree = width === undefined && height === undefined
  const isBox = width !== undefined && height !== undefined
  const isSmallKept = isFree || (isBox && fit === 'pad' && enlarge !== true)
  const steps = present({
    ...(isFree ? { width: SIDE, height: SIDE } : { width, height }),
    ...(isBox ? { fit, gravity: gravity === 'auto' ? undefined : gravity } : {}),
    enlarge: isSmallKept ? undefined : true,
    crop,
    rotate,
    flip,
  })
  const tile = frames.picture({ ask: { ...steps, format: 'png' }, accepts: [] }, stillOf(video))
  if (tile.kind !== 'image') throw new MediaError('INTERNAL', undefined, { cause: 'a tile is looked at' })
  return tile
}

/** @throws LIMIT_EXCEEDED */
function sheetSize(
  tile: Size,
  { columns, rows }: Pick<Grid, 'columns' | 'rows'>,
  frames: FrameResolver,
): Size {
  const sheet = { width: tile.width * columns, height: tile.height * rows }
  checkOutput(sheet, 'png', frames.limits)
  return sheet
}

/** What is of each tile has been done to it; effects that reach beyond a pixel would run from tile to tile. */
function sheetAsk({ quality, maxBytes, background, progressive, effort, effects, veil }: Ask): Ask {
  const { brightness, contrast, gamma, saturation, grayscale, tint } = effects ?? {}
  const even = present({ brightness, contrast, gamma, saturation, grayscale, tint })
  const encoding = present({ quality, maxBytes, background, progressive, effort, veil })
  return { ...encoding, ...(Object.keys(even).length === 0 ? {} : { effects: even }) }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}

/** Microseconds, as all times are. */
const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6
