/**
 * The box of what differs from one colour, as find_trim of libvips finds it: on each channel behind a median of 3 x 3, so
 * that specks do not count; colours as they look over that colour, and alpha as a channel of its own.
 */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Rect } from '../../../plan/recipe.ts'

/** Red, green, blue, alpha, of 255. */
export type Rgba = readonly [number, number, number, number]

/**
 * A pixel's flags: for each channel whether it lies above what is tolerated, and whether below. The median of nine values
 * lies above when five of them do: so flags are counted, each in four bits of a word, instead of values sorted.
 */
const SPREAD = Uint32Array.from({ length: 256 }, (_, flags) => {
  let word = 0
  for (let bit = 0; bit < 8; bit++) if (flags & (1 << bit)) word |= 1 << (4 * bit)
  return word
})
/** Counts of nine at most: with 3 added, from 5 on the highest bit of four is set. */
const hasMajority = (counts: number) => ((counts + 0x33333333) & 0x88888888) !== 0

/** Undefined when all of it is of that colour. */
export function boxOfDifference(
  bitmap: Bitmap,
  border: Rgba,
  tolerance: number,
  tick: () => void,
): Rect | undefined {
  const { width, height } = bitmap
  const rows = [0, 1, 2].map(() => new Uint32Array(width))
  const isEmpty = [true, true, true]
  const read = (y: number) => {
    isEmpty[y % 3] = !markRow(bitmap, y, border, tolerance, rows[y % 3] as Uint32Array)
  }
  const sums = new Uint32Array(width)
  let [left, top, right, bottom] = [width, height, -1, -1]
  read(0)
  for (let y = 0; y < height; y++) {
    tick()
    if (y + 1 < height) read(y + 1)
    // Beyond its edges a picture goes on as it ends.
    const around = [Math.max(0, y - 1), y, Math.min(height - 1, y + 1)].map((row) => row % 3)
    if (around.every((row) => isEmpty[row])) continue
    const [above, own, below] = around.map((row) => rows[row]) as [Uint32Array, Uint32Array, Uint32Array]
    for (let x = 0; x < width; x++) sums[x] = (above[x] as number) + (own[x] as number) + (below[x] as number)
    const [first, last] = rangeOf(sums, width)
    if (first > last) continue
    ;[left, right, bottom] = [Math.min(left, first), Math.max(right, last), y]
    top = Math.min(top, y)
  }
  return right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/** The first and the last column with a median that differs. */
function rangeOf(sums: Uint32Array, width: number): readonly [first: number, last: number] {
  const differs = (x: number) =>
    hasMajority(
      (sums[Math.max(0, x - 1)] as number) +
        (sums[x] as number) +
        (sums[Math.min(width - 1, x + 1)] as number),
    )
  let [first, last] = [0, width - 1]
  while (first < width && !differs(first)) first++
  while (last > first && !differs(last)) last--
  return [first, last]
}

/** Whether any pixel of the row differs. */
function markRow(
  { data, width }: Bitmap,
  y: number,
  border: Rgba,
  tolerance: number,
  marks: Uint32Array,
): boolean {
  let any = 0
  for (let x = 0, at = y * width * 4; x < width; x++, at += 4) {
    const alpha = data[at + 3] as number
    let flags = flagsOf(alpha - border[3], tolerance, 3)
    for (let channel = 0; channel < 3; channel++) {
      // Over the border's colour only as much of the difference is seen as the pixel is opaque.
      const difference = (((data[at + channel] as number) - (border[channel] as number)) * alpha) / 255
      flags |= flagsOf(difference, tolerance, channel)
    }
    marks[x] = SPREAD[flags] as number
    any |= flags
  }
  return any !== 0
}

const flagsOf = (difference: number, tolerance: number, channel: number) =>
  difference > tolerance ? 1 << channel : difference < -tolerance ? 16 << channel : 0
