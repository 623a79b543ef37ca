/** What a picture, or each of a video, may measure, and the steps that lead there. Pure. */
import { limitError, MediaError } from '../error.ts'
import { formatRow, type FormatName } from '../media/format.ts'
import { placeCrop, type Layout } from './geometry.ts'
import type { Ask } from './plan.ts'
import type { OutputLimits, Rect, Size } from './recipe.ts'

/** @throws INVALID_PARAMETER */
export function requireCrop(ask: Ask, picture: Size): Rect {
  const crop = ask.crop && placeCrop(ask.crop, picture)
  if (crop) return crop
  throw new MediaError('INVALID_PARAMETER', 'Parameter "crop" is wrong: the box lies outside the picture', {
    details: [{ parameter: 'crop', expected: `a box inside ${picture.width}x${picture.height}` }],
  })
}

export function coversAll(crop: Rect, { width, height }: Size): boolean {
  return crop.width === width && crop.height === height
}

/** Steps that do nothing are absent. */
export function stepsOf({ cut, resize, pad }: Layout, before: Size) {
  const from = cut ?? before
  const isResized = resize.width !== from.width || resize.height !== from.height
  return { ...(cut ? { cut } : {}), ...(isResized ? { resize } : {}), ...(pad ? { pad } : {}) }
}

/** @throws LIMIT_EXCEEDED */
export function checkOutput({ width, height }: Size, to: FormatName, limits: OutputLimits): void {
  const side = Math.max(width, height)
  const most = Math.min(limits.outputSide, formatRow(to).largestSide ?? Infinity)
  if (side > most) throw limitError('outputSide', side, most)
  if (width * height > limits.outputPixels)
    throw limitError('outputPixels', width * height, limits.outputPixels)
}
