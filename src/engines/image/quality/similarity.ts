/**
 * How alike two pictures look: structural similarity (Wang et al., 2004) of their luma on three scales, each half the one
 * before. A scale counts by its mean and, as much, by the mean of its worst tenth: an eye finds what is bad.
 */
import type { Bitmap } from '../../../media/bitmap.ts'

export interface Luma {
  readonly samples: Uint8Array
  readonly width: number
  readonly height: number
}

/** Shares of the scales, from the full one down. */
const SHARES = [1, 2, 1] as const
/** Sides of the windows in pixels; they stand half of it apart, so that each is made of four blocks. */
const WINDOW = 8
const BLOCK = WINDOW / 2
const PIXELS = WINDOW * WINDOW
/** What keeps the quotients finite, for sums over a window instead of means: (0.01 * 255)^2 and (0.03 * 255)^2. */
const C1 = (0.01 * 255 * PIXELS) ** 2
const C2 = (0.03 * 255) ** 2 * PIXELS * (PIXELS - 1)
/** Steps of the histogram that the worst windows are found by. */
const STEPS = 4096
const WORST = 0.1

/** BT.601; what is transparent is taken for middle grey, whatever colour lies under it. */
export function lumaOf({ data, width, height }: Bitmap): Luma {
  const samples = new Uint8Array(width * height)
  for (let i = 0, at = 0; i < samples.length; i++, at += 4) {
    const light =
      0.299 * (data[at] as number) + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number)
    samples[i] = Math.round(128 + ((light - 128) * (data[at + 3] as number)) / 255)
  }
  return { samples, width, height }
}

/** 1: no difference is seen; 0: nothing is alike. Both have one size. Pictures smaller than a window are compared by that. */
export function similarity(a: Luma, b: Luma, tick: () => void): number {
  let [one, other] = [atLeastWindow(a), atLeastWindow(b)]
  let [score, weight] = [0, 0]
  for (const share of SHARES) {
    if (Math.min(one.width, one.height) < WINDOW) break
    score += share * scoreOf(one, other, tick)
    weight += share
    ;[one, other] = [halved(one), halved(other)]
  }
  return score / weight
}

function scoreOf(a: Luma, b: Luma, tick: () => void): number {
  const [columns, rows] = [Math.floor(a.width / BLOCK), Math.floor(a.height / BLOCK)]
  let [above, below] = [new Sums(columns), new Sums(columns)]
  const histogram = new Uint32Array(STEPS + 1)
  let [sum, count] = [0, 0]
  for (let row = 0; row < rows; row++) {
    tick()
    ;[above, below] = [below, above]
    below.read(a, b, row)
    if (row === 0) continue
    for (let column = 0; column + 1 < columns; column++) {
      const value = Math.max(0, windowScore(above, below, column))
      sum += value
      count++
      histogram[Math.round(value * STEPS)]!++
    }
  }
  return (sum / count + worstOf(histogram, count)) / 2
}

/** Of each block of a row: sums of both pictures, of their squares together, and of their products. */
class Sums {
  readonly a: Float64Array
  readonly b: Float64Array
  readonly squares: Float64Array
  readonly products: Float64Array

  constructor(columns: number) {
    this.a = new Float64Array(columns)
    this.b = new Float64Array(columns)
    this.squares = new Float64Array(columns)
    this.products = new Float64Array(columns)
  }

  read(a: Luma, b: Luma, row: number): void {
    for (let column = 0; column < this.a.length; column++) {
      let [sumA, sumB, squares, products] = [0, 0, 0, 0]
      for (let y = 0; y < BLOCK; y++) {
        const start = (row * BLOCK + y) * a.width + column * BLOCK
        for (let at = start; at < start + BLOCK; at++) {
          const [p, q] = [a.samples[at] as number, b.samples[at] as number]
          sumA += p
          sumB += q
          squares += p * p + q * q
          products += p * q
        }
      }
      this.a[column] = sumA
      this.b[column] = sumB
      this.squares[column] = squares
      this.products[column] = products
    }
  }
}

/** Equation 13 of the paper, on sums. */
function windowScore(above: Sums, below: Sums, column: number): number {
  const whole = (of: 'a' | 'b' | 'squares' | 'products') =>
    (above[of][column] as number) +
    (above[of][column + 1] as number) +
    (below[of][column] as number) +
    (below[of][column + 1] as number)
  const [a, b] = [whole('a'), whole('b')]
  const variances = whole('squares') * PIXELS - a * a - b * b
  const covariance = whole('products') * PIXELS - a * b
  return ((2 * a * b + C1) * (2 * covariance + C2)) / ((a * a + b * b + C1) * (variances + C2))
}

/** The mean of the worst tenth; of the worst window where that is less than one. */
function worstOf(histogram: Uint32Array, count: number): number {
  const wanted = Math.max(1, Math.floor(count * WORST))
  let [left, sum] = [wanted, 0]
  for (let step = 0; left > 0; step++) {
    const taken = Math.min(left, histogram[step] as number)
    sum += (taken * step) / STEPS
    left -= taken
  }
  return sum / wanted
}

/** Means of 2 x 2; an odd row or column at the end goes. */
function halved({ samples, width, height }: Luma): Luma {
  const [columns, rows] = [Math.floor(width / 2), Math.floor(height / 2)]
  const half = new Uint8Array(columns * rows)
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const at = 2 * y * width + 2 * x
      const upper = (samples[at] as number) + (samples[at + 1] as number)
      const lower = (samples[at + width] as number) + (samples[at + width + 1] as number)
      half[y * columns + x] = (upper + lower + 2) >> 2
    }
  return { samples: half, width: columns, height: rows }
}

/** Goes on beyond its edges as it ends, until a window fits. */
function atLeastWindow(luma: Luma): Luma {
  const { samples, width, height } = luma
  if (Math.min(width, height) >= WINDOW) return luma
  const [columns, rows] = [Math.max(width, WINDOW), Math.max(height, WINDOW)]
  const wide = Uint8Array.from({ length: columns * rows }, (_, at) => {
    const [x, y] = [Math.min(width - 1, at % columns), Math.min(height - 1, Math.floor(at / columns))]
    return samples[y * width + x] as number
  })
  return { samples: wide, width: columns, height: rows }
}
