/** How alike two pictures are, by their brightness. */
export interface Luma {
  readonly values: Float64Array
  readonly width: number
  readonly height: number
}

/** ITU-R BT.601 of 8-bit RGB. */
export function lumaOf(rgb: Uint8Array, width: number, height: number): Luma {
  const values = new Float64Array(width * height)
  for (let at = 0; at < values.length; at++)
    values[at] = 0.299 * rgb[3 * at]! + 0.587 * rgb[3 * at + 1]! + 0.114 * rgb[3 * at + 2]!
  return { values, width, height }
}

/**
 * Mean structural similarity as Wang, Bovik, Sheikh and Simoncelli defined it (2004): Gaussian windows of 11 x 11 pixels
 * with a deviation of 1.5, K1 = 0.01, K2 = 0.03, only where the whole window lies within the picture.
 */
export function ssim(a: Luma, b: Luma): number {
  assertSameSize(a, b)
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2]
  const product = (x: Luma, y: Luma) => ({ ...x, values: x.values.map((value, at) => value * y.values[at]!) })
  const [meanA, meanB] = [smooth(a), smooth(b)]
  const [squareA, squareB, both] = [smooth(product(a, a)), smooth(product(b, b)), smooth(product(a, b))]
  let sum = 0
  for (let at = 0; at < meanA.length; at++) {
    const [x, y] = [meanA[at]!, meanB[at]!]
    const covariance = both[at]! - x * y
    const variances = squareA[at]! - x * x + squareB[at]! - y * y
    sum += ((2 * x * y + c1) * (2 * covariance + c2)) / ((x * x + y * y + c1) * (variances + c2))
  }
  return sum / meanA.length
}

/** Peak signal-to-noise ratio in dB. */
export function lumaPsnr(a: Luma, b: Luma): number {
  assertSameSize(a, b)
  let sum = 0
  for (let at = 0; at < a.values.length; at++) sum += (a.values[at]! - b.values[at]!) ** 2
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * a.values.length) / sum)
}

function assertSameSize(a: Luma, b: Luma): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new Error(`${a.width} x ${a.height} against ${b.width} x ${b.height}`)
}

const RADIUS = 5
const WINDOW = Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
  Math.exp(-((i - RADIUS) ** 2) / (2 * 1.5 ** 2)),
)
const TOTAL = WINDOW.reduce((sum, weight) => sum + weight, 0)

/** Weighted means of all whole windows: across, then down. */
function smooth({ values, width, height }: Luma): Float64Array {
  const [inner, rows] = [width - 2 * RADIUS, height - 2 * RADIUS]
  const across = new Float64Array(inner * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < inner; x++) across[y * inner + x] = weigh(values, y * width + x, 1)
  const result = new Float64Array(inner * rows)
  for (let at = 0; at < result.length; at++) result[at] = weigh(across, at, inner)
  return result
}

function weigh(values: Float64Array, from: number, step: number): number {
  let sum = 0
  for (let i = 0; i < WINDOW.length; i++) sum += WINDOW[i]! * values[from + i * step]!
  return sum / TOTAL
}
