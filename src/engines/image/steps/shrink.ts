/**
 * A box filter by a whole factor, before the real filter: most of the work of a large reduction at a fraction of its
 * cost. What is left to scale is at least twofold, so that the result keeps the look of the real filter.
 */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Size } from '../../../plan/recipe.ts'
import { blank } from './pixels.ts'

/** 1 when there is nothing to gain. */
export function shrinkFactor(from: Size, to: Size): number {
  const ratio = Math.min(from.width / to.width, from.height / to.height)
  return Math.max(1, Math.floor(ratio / 2))
}

/** Averages blocks of `factor` x `factor`; colours weigh by their alpha. Blocks at the far edges may be smaller. */
export function shrinkBitmap(from: Bitmap, factor: number, tick: () => void): Bitmap {
  const to = blank(Math.ceil(from.width / factor), Math.ceil(from.height / factor))
  const sums = new Uint32Array(to.width * 4)
  for (let row = 0; row < to.height; row++) {
    tick()
    sums.fill(0)
    const last = Math.min((row + 1) * factor, from.height)
    for (let y = row * factor; y < last; y++) addRow(from, y, factor, sums)
    writeRow(to, row, sums, from.width, factor, last - row * factor)
  }
  return to
}

function addRow({ data, width }: Bitmap, y: number, factor: number, sums: Uint32Array): void {
  let at = y * width * 4
  for (let x = 0, cell = 0; x < width; cell += 4) {
    const end = Math.min(x + factor, width)
    let [r, g, b, a] = [0, 0, 0, 0]
    for (; x < end; x++, at += 4) {
      const alpha = data[at + 3] ?? 0
      r += (data[at] ?? 0) * alpha
      g += (data[at + 1] ?? 0) * alpha
      b += (data[at + 2] ?? 0) * alpha
      a += alpha
    }
    sums[cell] = (sums[cell] ?? 0) + r
    sums[cell + 1] = (sums[cell + 1] ?? 0) + g
    sums[cell + 2] = (sums[cell + 2] ?? 0) + b
    sums[cell + 3] = (sums[cell + 3] ?? 0) + a
  }
}

function writeRow(
  to: Bitmap,
  row: number,
  sums: Uint32Array,
  width: number,
  factor: number,
  rows: number,
): void {
  const { data } = to
  let at = row * to.width * 4
  for (let cell = 0; cell < sums.length; cell += 4, at += 4) {
    const columns = Math.min(factor, width - (cell / 4) * factor)
    const alpha = sums[cell + 3] ?? 0
    if (alpha === 0) continue
    data[at] = (sums[cell] ?? 0) / alpha
    data[at + 1] = (sums[cell + 1] ?? 0) / alpha
    data[at + 2] = (sums[cell + 2] ?? 0) / alpha
    data[at + 3] = alpha / (columns * rows)
  }
}
