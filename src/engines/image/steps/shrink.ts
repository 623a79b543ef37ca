/**
 * An area filter before the real one: most of the work of a large reduction at a fraction of its cost. What is left to
 * scale is at least twofold, so that the result keeps the look of the real filter. Cells may end inside a pixel, which
 * is then shared between two, so that nothing shifts. Whole numbers only: every engine makes the same bytes.
 */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Size } from '../../../plan/recipe.ts'
import { blank, wordsOf } from './pixels.ts'

/** A cell weighs at most this much along one axis: 255 times that fits 16 bits, two channels in one word. */
const MOST_WEIGHT = 256

/** Cells along both axes; the same size when there is nothing to gain. */
export function shrunkSize(from: Size, to: Size): Size {
  return { width: shrunkSide(from.width, to.width), height: shrunkSide(from.height, to.height) }
}

function shrunkSide(from: number, to: number): number {
  const factor = Math.min(Math.floor(from / to / 2), MOST_WEIGHT)
  return factor > 1 ? Math.ceil(from / factor) : from
}

/** One side cut into cells: where each source pixel goes, and how much of it. */
interface Axis {
  /** Weight of a whole pixel. */
  readonly whole: number
  /** The cell in which a pixel begins. */
  readonly cell: Uint32Array
  /** The pixel's weight there; the rest goes to the next cell. */
  readonly here: Uint16Array
  /** Weight of each cell. */
  readonly total: Uint16Array
}

function cutAxis(pixels: number, cells: number): Axis {
  const whole = Math.floor(MOST_WEIGHT / Math.ceil(pixels / cells))
  const edge = (index: number) => Math.round((index * pixels * whole) / cells)
  const axis = {
    whole,
    cell: new Uint32Array(pixels),
    here: new Uint16Array(pixels),
    total: Uint16Array.from({ length: cells }, (_, index) => edge(index + 1) - edge(index)),
  }
  for (let pixel = 0, cell = 0; pixel < pixels; pixel++) {
    while (edge(cell + 1) <= pixel * whole) cell++
    axis.cell[pixel] = cell
    axis.here[pixel] = Math.min(whole, edge(cell + 1) - pixel * whole)
  }
  return axis
}

/** Averages into `size.width` x `size.height` cells. `hasAlpha`: colours weigh by their alpha. */
export function shrinkBitmap(from: Bitmap, size: Size, hasAlpha: boolean, tick: () => void): Bitmap {
  const [across, down] = [cutAxis(from.width, size.width), cutAxis(from.height, size.height)]
  const to = blank(size.width, size.height)
  const rows = hasAlpha ? createAlphaRows(from) : createOpaqueRows(from)
  let cell = 0
  for (let y = 0; y < from.height; y++) {
    const here = down.here[y] ?? 0
    const rest = down.whole - here
    rows.add(y, here)
    const ends = rest > 0 || down.cell[y + 1] !== cell
    if (!ends) continue
    tick()
    rows.write(to, cell++, across, down)
    if (rest > 0) rows.add(y, rest)
  }
  return to
}

/** Sums of weighted rows; `write` averages them into one row of cells and begins anew. */
interface Rows {
  add(y: number, weight: number): void
  write(to: Bitmap, row: number, across: Axis, down: Axis): void
}

function createOpaqueRows(from: Bitmap): Rows {
  const words = wordsOf(from)
  const sums = { redBlue: new Int32Array(from.width), green: new Int32Array(from.width) }
  return {
    add: (y, weight) => addOpaqueRow(words, y * from.width, weight, sums),
    write(to, row, across, down) {
      writeOpaqueRow(wordsOf(to), row * to.width, sums, across, down.total[row] as number)
      sums.redBlue.fill(0)
      sums.green.fill(0)
    },
  }
}

/** Red and blue share a word, 16 bits each. */
interface OpaqueSums {
  readonly redBlue: Int32Array
  readonly green: Int32Array
}

// The functions below are the inner loops: plain locals, whole numbers, nothing captured, or they run ten times slower.

function addOpaqueRow(words: Uint32Array, start: number, weight: number, sums: OpaqueSums): void {
  const { redBlue, green } = sums
  for (let x = 0; x < redBlue.length; x++) {
    const word = words[start + x] as number
    redBlue[x] = ((redBlue[x] as number) + Math.imul(word & 0xff00ff, weight)) | 0
    green[x] = ((green[x] as number) + Math.imul((word >>> 8) & 0xff, weight)) | 0
  }
}

function writeOpaqueRow(
  to: Uint32Array,
  start: number,
  sums: OpaqueSums,
  across: Axis,
  height: number,
): void {
  const { redBlue, green } = sums
  const { whole, here, total } = across
  let x = 0
  let left = 0
  for (let cell = 0; cell < total.length; cell++) {
    const width = total[cell] as number
    const area = height * width
    let r = area >>> 1
    let g = r
    let b = r
    // What the cell before left of its last pixel, whole pixels, then a share of the next.
    for (let missing = width; missing > 0;) {
      const weight = left > 0 ? left : (here[x] as number)
      const pair = redBlue[x] as number
      r += (pair & 0xffff) * weight
      g += (green[x] as number) * weight
      b += (pair >>> 16) * weight
      missing -= weight
      left = left > 0 ? 0 : whole - weight
      if (left === 0) x++
    }
    const [red, mid, blue] = [Math.floor(r / area), Math.floor(g / area), Math.floor(b / area)]
    to[start + cell] = 0xff000000 | (blue << 16) | (mid << 8) | red
  }
}

/** Colours times alpha, and alpha; sums stay far below 2^53. */
function createAlphaRows({ data, width }: Bitmap): Rows {
  const sums = new Float64Array(width * 4)
  return {
    add: (y, weight) => addAlphaRow(data, y * width * 4, weight, sums),
    write(to, row, across, down) {
      const cells = new Float64Array(to.width * 4)
      gatherCells(sums, across, cells)
      writeAlphaRow(to.data, row * cells.length, cells, across, down.total[row] as number)
      sums.fill(0)
    },
  }
}

function addAlphaRow(data: Uint8ClampedArray, start: number, weight: number, sums: Float64Array): void {
  for (let i = 0; i < sums.length; i += 4) {
    const at = start + i
    const alpha = Math.imul(data[at + 3] as number, weight)
    sums[i] = (sums[i] as number) + Math.imul(data[at] as number, alpha)
    sums[i + 1] = (sums[i + 1] as number) + Math.imul(data[at + 1] as number, alpha)
    sums[i + 2] = (sums[i + 2] as number) + Math.imul(data[at + 2] as number, alpha)
    sums[i + 3] = (sums[i + 3] as number) + alpha
  }
}

function gatherCells(sums: Float64Array, across: Axis, cells: Float64Array): void {
  for (let x = 0; x < across.cell.length; x++) {
    const cell = (across.cell[x] as number) * 4
    const here = across.here[x] as number
    const rest = across.whole - here
    for (let channel = 0; channel < 4; channel++) {
      const sum = sums[x * 4 + channel] as number
      cells[cell + channel] = (cells[cell + channel] as number) + sum * here
      if (rest > 0) cells[cell + 4 + channel] = (cells[cell + 4 + channel] as number) + sum * rest
    }
  }
}

function writeAlphaRow(
  to: Uint8ClampedArray,
  start: number,
  cells: Float64Array,
  across: Axis,
  height: number,
): void {
  for (let i = 0; i < cells.length; i += 4) {
    const alpha = cells[i + 3] as number
    if (alpha === 0) continue
    // The array rounds and clamps.
    for (let channel = 0; channel < 3; channel++)
      to[start + i + channel] = (cells[i + channel] as number) / alpha
    to[start + i + 3] = alpha / ((across.total[i / 4] as number) * height)
  }
}
