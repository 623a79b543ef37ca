/** What an ffmpeg is told to lay frames of a cut side by side. Each is scaled down as it comes: none is held at its full size. Pure. */
import type { SpriteRecipe } from '../../../plan/timed/sprite.ts'
import { chosenArguments, cutArguments, PNG, shownFilters, uprightFilters } from './arguments.ts'
import { CLEAR, padFilter } from './filters.ts'
import { feedInput } from './input.ts'
import { shapeFilters } from './shape.ts'
import { wholeInput } from './whole.ts'

/**
 * One picture: the sheet, as a PNG. Nothing at all where a frame is missing or comes too late.
 * @param frames of each tile, which of the wanted frames of the cut it is
 */
export function spriteArguments(recipe: SpriteRecipe, decoder: string, frames: readonly number[]): string[] {
  const input = feedInput({ start: 0 }, recipe.track, decoder)
  return cutArguments(input, [...tileFilters(recipe), ...repeated(frames), gridFilter(recipe)], PNG)
}

/** The same of an original that is read whole: its tiles show moments that lie evenly apart. */
export function wholeSpriteArguments(recipe: SpriteRecipe): string[] {
  const { from, times, slack, track } = recipe
  const input = wholeInput(from, { start: times[0] ?? 0 }, track)
  const filters = [...shownFilters(input, 2 * slack), ...tileFilters(recipe), gridFilter(recipe)]
  return chosenArguments(input, filters, PNG, 1)
}

/** Tiles alone, one behind the other: rows of RGB, or RGBA where something shows through. */
export function tilesArguments(recipe: SpriteRecipe, decoder: string, frames: readonly number[]): string[] {
  const filters = [...tileFilters(recipe), ...repeated(frames)]
  const input = feedInput({ start: 0 }, recipe.track, decoder)
  return cutArguments(input, filters, ['-c:v', 'rawvideo', '-f', 'rawvideo'], frames.length)
}

/** The sheet of such tiles. */
export function gridArguments(recipe: SpriteRecipe): string[] {
  const { width, height } = recipe.tile
  const shape = ['-pixel_format', pixelFormat(recipe), '-video_size', `${width}x${height}`]
  const read = ['-f', 'rawvideo', ...shape, '-framerate', '1', '-i', 'pipe:0']
  return [...read, '-vf', gridFilter(recipe), '-fps_mode', 'passthrough', '-frames:v', '1', ...PNG]
}

/** Of one tile as `tilesArguments` makes it. */
export const tileBytes = ({ tile, alpha }: SpriteRecipe): number => tile.width * tile.height * (alpha ? 4 : 3)

const pixelFormat = ({ alpha }: SpriteRecipe) => (alpha ? 'rgba' : 'rgb24')

function tileFilters(recipe: SpriteRecipe): string[] {
  const { track, tile } = recipe
  return [
    ...uprightFilters(track),
    ...shapeFilters(tile, track),
    `format=${pixelFormat(recipe)}`,
    ...(tile.pad ? [padFilter(tile.pad, undefined)] : []),
  ]
}

/** All frames together, or none where they are not whole; what stands on several tiles comes as often. */
function repeated(frames: readonly number[]): string[] {
  const distinct = Math.max(...frames) + 1
  const all = `shuffleframes=${Array.from({ length: distinct }, (_, n) => n).join('|')}`
  if (distinct === frames.length) return [all]
  return [all, 'tpad=stop=-1:stop_mode=clone', `shuffleframes=${frames.join('|')}`]
}

const gridFilter = ({ columns, rows, times }: SpriteRecipe) =>
  `tile=${columns}x${rows}:nb_frames=${times.length}:color=${CLEAR}`
