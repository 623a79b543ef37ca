/** Orientation, crop, rotation, flip and cut one after another, pixel by pixel: what the view does in one move. */
import type { Bitmap } from '../../src/media/bitmap.ts'
import type { Rect } from '../../src/plan/recipe.ts'
import { blank, wordsOf } from '../../src/engines/image/steps/pixels.ts'
import type { Step } from '../../src/engines/image/steps/step.ts'
import { FLIPS, ORIENTATIONS, ROTATIONS, type Walk } from '../../src/engines/image/view.ts'

export const orient: Step = (bitmap, { orient: value }, tick) =>
  value === 1 ? bitmap : moveBitmap(bitmap, ORIENTATIONS[value], tick)
export const crop: Step = (bitmap, { crop: box }) => (box ? cropBitmap(bitmap, box) : bitmap)
export const rotate: Step = (bitmap, { rotate: turn }, tick) =>
  turn ? moveBitmap(bitmap, ROTATIONS[turn], tick) : bitmap
export const flip: Step = (bitmap, { flip: mirror }, tick) =>
  mirror ? moveBitmap(bitmap, FLIPS[mirror], tick) : bitmap
export const cut: Step = (bitmap, { cut: box }) => (box ? cropBitmap(bitmap, box) : bitmap)

/** The part of a picture inside a rectangle. */
export function cropBitmap(from: Bitmap, { x, y, width, height }: Rect): Bitmap {
  const to = blank(width, height)
  const [source, target] = [wordsOf(from), wordsOf(to)]
  for (let row = 0; row < height; row++) {
    const start = (y + row) * from.width + x
    target.set(source.subarray(start, start + width), row * width)
  }
  return to
}

/** Side of the squares in which pictures are turned: both the rows read and the rows written stay in the cache. */
const TILE = 64

/** Any of the eight turns and mirrors: the target is read tile by tile from the source. */
export function moveBitmap(from: Bitmap, walk: Walk, tick: () => void): Bitmap {
  const { swaps, mirrorsX, mirrorsY } = walk
  const to = swaps ? blank(from.height, from.width) : blank(from.width, from.height)
  const [source, target] = [wordsOf(from), wordsOf(to)]
  const [stepX, stepY] = [mirrorsX ? -1 : 1, mirrorsY ? -from.width : from.width]
  const origin = (mirrorsX ? from.width - 1 : 0) + (mirrorsY ? (from.height - 1) * from.width : 0)
  const [along, down] = swaps ? [stepY, stepX] : [stepX, stepY]
  const tileWidth = swaps ? TILE : to.width
  for (let top = 0; top < to.height; top += TILE) {
    tick()
    const bottom = Math.min(top + TILE, to.height)
    for (let left = 0; left < to.width; left += tileWidth) {
      const right = Math.min(left + tileWidth, to.width)
      for (let row = top; row < bottom; row++) {
        let read = origin + row * down + left * along
        const end = row * to.width + right
        for (let at = row * to.width + left; at < end; at++, read += along)
          target[at] = source[read] as number
      }
    }
  }
  return to
}
