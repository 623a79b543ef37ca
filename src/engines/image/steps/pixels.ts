/** Whole-pixel moves: one 32-bit word a pixel, so that nothing here knows of channels. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Rect } from '../../../plan/recipe.ts'
import type { Walk } from '../view.ts'

export function wordsOf({ data }: Bitmap): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4)
}

/** An empty (transparent black) picture. */
export function blank(width: number, height: number): Bitmap {
  return { data: new Uint8ClampedArray(width * height * 4), width, height }
}

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

/** Whether any pixel is not opaque. */
export function showsThrough(bitmap: Bitmap): boolean {
  const words = wordsOf(bitmap)
  for (let at = 0; at < words.length; at++) if ((words[at] as number) >>> 24 !== 255) return true
  return false
}
