/**
 * The colours of a small picture: a cell of colours is cut in two, along the channel in which it varies most and at its
 * mean, as long as that makes the largest error smaller. Means are exact; what is mostly transparent does not count.
 */
import type { Bitmap } from '../../../media/bitmap.ts'

export interface Swatch {
  readonly color: Rgb
  /** Of the visible pixels, 0 to 1. */
  readonly share: number
}
type Rgb = readonly [r: number, g: number, b: number]

interface Cell {
  readonly pixels: readonly Rgb[]
  readonly mean: Rgb
  /** The channel in which it varies most. */
  readonly channel: 0 | 1 | 2
  /** Sum of squared distances from the mean, along that channel. */
  readonly error: number
}

/** A cell whose colours lie this close to their mean (root of the mean square) is one colour. */
const SAME = 6
const VISIBLE = 128

/** Up to `most` colours, the commonest first; none when nothing is visible. */
export function paletteOf({ data }: Bitmap, most: number): Swatch[] {
  const visible: Rgb[] = []
  for (let at = 0; at < data.length; at += 4)
    if ((data[at + 3] as number) >= VISIBLE)
      visible.push([data[at] as number, data[at + 1] as number, data[at + 2] as number])
  if (visible.length === 0) return []
  let cells = [cellOf(visible)]
  while (cells.length < most) {
    const widest = cells.reduce((one, other) => (other.error > one.error ? other : one))
    if (widest.error <= SAME * SAME * widest.pixels.length) break
    cells = cells.flatMap((cell) => (cell === widest ? halves(cell) : [cell]))
  }
  return cells
    .toSorted((a, b) => b.pixels.length - a.pixels.length)
    .map(({ pixels, mean: [r, g, b] }) => ({
      color: [Math.round(r), Math.round(g), Math.round(b)],
      share: pixels.length / visible.length,
    }))
}

/** Never empty: of values that differ, some lie below their mean and some do not. */
function halves({ pixels, mean, channel }: Cell): Cell[] {
  const isBelow = (pixel: Rgb) => pixel[channel] < mean[channel]
  return [pixels.filter(isBelow), pixels.filter((pixel) => !isBelow(pixel))].map(cellOf)
}

function cellOf(pixels: readonly Rgb[]): Cell {
  const [sums, squares] = [
    [0, 0, 0],
    [0, 0, 0],
  ] as [[number, number, number], [number, number, number]]
  for (const pixel of pixels)
    for (const channel of [0, 1, 2] as const) {
      sums[channel] += pixel[channel]
      squares[channel] += pixel[channel] ** 2
    }
  const count = pixels.length
  const errorOf = (channel: 0 | 1 | 2) => squares[channel] - sums[channel] ** 2 / count
  const channel = ([0, 1, 2] as const).reduce((one, other) => (errorOf(other) > errorOf(one) ? other : one))
  return {
    pixels,
    mean: [sums[0] / count, sums[1] / count, sums[2] / count],
    channel,
    error: errorOf(channel),
  }
}
