/**
 * Where to cut: the window that holds most of what draws the eye. Edges, strong colours and skin count, as in libvips'
 * "attention"; unlike there it is not the strongest point that wins, but the window with the largest sum.
 */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Gravity } from '../../../plan/plan.ts'
import type { Rect, Size } from '../../../plan/recipe.ts'

/** Longest side of what is looked at: enough for faces of a group. */
const LONGEST = 160

export function smallSize({ width, height }: Size): Size {
  const scale = Math.min(1, LONGEST / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/**
 * @param bitmap the whole picture, small
 * @param size of the whole picture
 * @param cut the window that is wanted: its size counts, not its place
 * @returns the middle of the best window; of equal ones the most central
 */
export function focusOf(bitmap: Bitmap, size: Size, cut: Rect): Gravity {
  const { width, height } = bitmap
  const window = {
    width: clampSide((cut.width / size.width) * width, width),
    height: clampSide((cut.height / size.height) * height, height),
  }
  const sums = summedScores(bitmap)
  let best: Gravity = { x: 0.5, y: 0.5 }
  let most = -Infinity
  for (let y = 0; y + window.height <= height; y++)
    for (let x = 0; x + window.width <= width; x++) {
      const centre = { x: (x + window.width / 2) / width, y: (y + window.height / 2) / height }
      const distance = Math.hypot(centre.x - 0.5, centre.y - 0.5)
      const score = sumIn(sums, width, x, y, window) * (1 - CENTRAL * distance)
      if (score > most + 1e-9) {
        most = score
        best = centre
      }
    }
  return best
}

/** What the middle has over the edge: between near equals, people look there first. */
const CENTRAL = 0.1

const clampSide = (side: number, most: number) => Math.min(most, Math.max(1, Math.round(side)))

/** One row and one column more than pixels: the sum of all scores above and to the left. */
function summedScores(bitmap: Bitmap): Float64Array {
  const { width, height } = bitmap
  const sums = new Float64Array((width + 1) * (height + 1))
  const luma = lumaOf(bitmap)
  for (let y = 0; y < height; y++) {
    let row = 0
    for (let x = 0; x < width; x++) {
      row += scoreAt(bitmap, luma, x, y)
      sums[(y + 1) * (width + 1) + x + 1] = row + (sums[y * (width + 1) + x + 1] as number)
    }
  }
  return sums
}

function sumIn(sums: Float64Array, width: number, x: number, y: number, window: Size): number {
  const at = (column: number, row: number) => sums[row * (width + 1) + column] as number
  const [right, bottom] = [x + window.width, y + window.height]
  return at(right, bottom) - at(x, bottom) - at(right, y) + at(x, y)
}

function lumaOf({ data, width, height }: Bitmap): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => {
    const [r = 0, g = 0, b = 0, a = 0] = data.subarray(i * 4, i * 4 + 4)
    return ((0.2126 * r + 0.7152 * g + 0.0722 * b) * a) / 255
  })
}

/** What the three are worth against each other. */
const [EDGE, SKIN, SATURATION] = [1, 1.6, 0.5]

function scoreAt({ data, width, height }: Bitmap, luma: Float32Array, x: number, y: number): number {
  const at = y * width + x
  const alpha = (data[at * 4 + 3] as number) / 255
  if (alpha === 0) return 0
  const [r, g, b] = [data[at * 4] as number, data[at * 4 + 1] as number, data[at * 4 + 2] as number]
  const here = luma[at] as number
  const near = (dx: number, dy: number) =>
    luma[
      Math.min(height - 1, Math.max(0, y + dy)) * width + Math.min(width - 1, Math.max(0, x + dx))
    ] as number
  const edge = Math.abs(4 * here - near(-1, 0) - near(1, 0) - near(0, -1) - near(0, 1)) / 255
  return alpha * (EDGE * edge + SKIN * skin(r, g, b) + SATURATION * saturation(r, g, b))
}

/** How near a colour's direction is to that of skin, which is much the same for all of it but for brightness. */
function skin(r: number, g: number, b: number): number {
  const length = Math.hypot(r, g, b)
  if (length < 60) return 0
  const distance = Math.hypot(r / length - 0.78, g / length - 0.57, b / length - 0.44)
  return Math.max(0, 1 - distance / 0.12)
}

/** Of HSL, where it can be seen: neither in the dark nor in the light. */
function saturation(r: number, g: number, b: number): number {
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)]
  const lightness = (most + least) / 510
  if (lightness < 0.1 || lightness > 0.9) return 0
  const amount = (most - least) / (255 * (1 - Math.abs(2 * lightness - 1)))
  return Math.max(0, amount - 0.4) / 0.6
}
