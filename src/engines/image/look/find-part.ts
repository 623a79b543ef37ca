/** Which part of a picture remains without its borders. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Rect, Size } from '../../../plan/recipe.ts'
import { boxOfDifference, type Rgba } from './border.ts'

/** A part of the upright picture, at that size. */
export type Look = (part: Rect, size: Size) => Promise<Bitmap>

export interface FindOptions {
  /** Where borders are looked for. */
  readonly area: Rect
  readonly tolerance: number
  readonly look: Look
  readonly tick: () => void
  /** Pixels that are looked at together, at most. */
  readonly most?: number
}

/** As many as may be in memory with ease. */
const MOST_PIXELS = 4_000_000

/**
 * The whole area when all of it has one colour. Large pictures are looked at as a whole on a smaller scale, and then
 * closely where the four edges seem to be: the answer is that of the full size.
 */
export async function findPart({
  area,
  tolerance,
  look,
  tick,
  most = MOST_PIXELS,
}: FindOptions): Promise<Rect> {
  const factor = Math.ceil(Math.sqrt((area.width * area.height) / most))
  const boxIn = (bitmap: Bitmap, border: Rgba) => boxOfDifference(bitmap, border, tolerance, tick)
  if (factor <= 1) {
    const bitmap = await look(area, area)
    return within(area, boxIn(bitmap, firstPixel(bitmap)))
  }
  const size = { width: Math.ceil(area.width / factor), height: Math.ceil(area.height / factor) }
  const border = firstPixel(await look({ ...area, width: 1, height: 1 }, { width: 1, height: 1 }))
  const small = boxIn(await look(area, size), border)
  if (!small) return area
  const closely = async (strip: Rect): Promise<Rect> => within(strip, boxIn(await look(strip, strip), border))
  return refine(enlarged(small, size, area), area, 2 * factor + 2, closely)
}

/** Looks at a strip along each edge of `rough`, `reach` to both sides of it. */
async function refine(
  rough: Rect,
  area: Rect,
  reach: number,
  closely: (strip: Rect) => Promise<Rect>,
): Promise<Rect> {
  const acrossRows = (y: number) => clip({ ...area, y: y - reach, height: 2 * reach }, area)
  const upper = await closely(acrossRows(rough.y))
  const lower = await closely(acrossRows(rough.y + rough.height))
  const rows = { y: upper.y, height: Math.max(1, lower.y + lower.height - upper.y) }
  const acrossColumns = (x: number) => clip({ ...rows, x: x - reach, width: 2 * reach }, area)
  const left = await closely(acrossColumns(rough.x))
  const right = await closely(acrossColumns(rough.x + rough.width))
  return { x: left.x, width: Math.max(1, right.x + right.width - left.x), ...rows }
}

function firstPixel({ data: [r = 0, g = 0, b = 0, a = 0] }: Bitmap): Rgba {
  return [r, g, b, a]
}

/** A box of what was seen of a place; all of the place without one. */
function within(place: Rect, box: Rect | undefined): Rect {
  return box ? { ...box, x: place.x + box.x, y: place.y + box.y } : place
}

/** A box of the smaller picture in the area that it shows. */
function enlarged({ x, y, width, height }: Rect, size: Size, area: Rect): Rect {
  const [across, down] = [area.width / size.width, area.height / size.height]
  const [left, top] = [Math.floor(x * across), Math.floor(y * down)]
  const [right, bottom] = [Math.ceil((x + width) * across), Math.ceil((y + height) * down)]
  return clip({ x: area.x + left, y: area.y + top, width: right - left, height: bottom - top }, area)
}

function clip({ x, y, width, height }: Rect, area: Rect): Rect {
  const [left, top] = [Math.max(x, area.x), Math.max(y, area.y)]
  const [right, bottom] = [
    Math.min(x + width, area.x + area.width),
    Math.min(y + height, area.y + area.height),
  ]
  return { x: left, y: top, width: right - left, height: bottom - top }
}
