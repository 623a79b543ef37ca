/** Gaussian blur with alpha multiplied in, line by line: across, then down. */
import type { Bitmap } from '../../../media/bitmap.ts'

/** Blurs `line` in place; both arrays are `length` long. Beyond its ends the line goes on as it ends. */
type LineBlur = (line: Float32Array, scratch: Float32Array, length: number) => void

/** Up to here the curve itself is sampled; beyond, three boxes come within 3 % of it and cost the same at any width. */
const MOST_SAMPLED = 2
/** Columns that are blurred together, so that rows are read in pieces. */
const STRIP = 16

/** @param deviation standard deviation of the curve, in pixels */
export function blurBitmap({ data, width, height }: Bitmap, deviation: number, tick: () => void): Bitmap {
  const blur = deviation <= MOST_SAMPLED ? sampled(deviation) : boxes(deviation)
  const pixels = multiplied(data)
  blurRows(pixels, width, height, blur, tick)
  blurColumns(pixels, width, height, blur, tick)
  return { data: divided(pixels), width, height }
}

/** Alpha multiplied in, and 257 steps to one of 8 bit. */
function multiplied(data: Uint8ClampedArray): Uint16Array {
  const pixels = new Uint16Array(data.length)
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] as number
    const share = (alpha * 257) / 255
    for (let i = at; i < at + 3; i++) pixels[i] = (data[i] as number) * share + 0.5
    pixels[at + 3] = alpha * 257
  }
  return pixels
}

function divided(pixels: Uint16Array): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(pixels.length)
  for (let at = 0; at < data.length; at += 4) {
    const alpha = pixels[at + 3] as number
    for (let i = at; i < at + 3; i++) data[i] = alpha === 0 ? 0 : ((pixels[i] as number) * 255) / alpha
    data[at + 3] = alpha / 257
  }
  return data
}

function blurRows(
  pixels: Uint16Array,
  width: number,
  height: number,
  blur: LineBlur,
  tick: () => void,
): void {
  const [line, scratch] = [new Float32Array(width), new Float32Array(width)]
  for (let y = 0; y < height; y++) {
    tick()
    for (let channel = 0; channel < 4; channel++) {
      const start = y * width * 4 + channel
      for (let x = 0; x < width; x++) line[x] = pixels[start + 4 * x] as number
      blur(line, scratch, width)
      for (let x = 0; x < width; x++) pixels[start + 4 * x] = (line[x] as number) + 0.5
    }
  }
}

function blurColumns(
  pixels: Uint16Array,
  width: number,
  height: number,
  blur: LineBlur,
  tick: () => void,
): void {
  const stride = width * 4
  const lines = Array.from({ length: STRIP * 4 }, () => new Float32Array(height))
  const scratch = new Float32Array(height)
  for (let left = 0; left < stride; left += lines.length) {
    const used = lines.slice(0, Math.min(lines.length, stride - left))
    for (let y = 0; y < height; y++)
      for (const [at, line] of used.entries()) line[y] = pixels[y * stride + left + at] as number
    for (const line of used) {
      tick()
      blur(line, scratch, height)
    }
    for (let y = 0; y < height; y++)
      for (const [at, line] of used.entries()) pixels[y * stride + left + at] = (line[y] as number) + 0.5
  }
}

function sampled(deviation: number): LineBlur {
  const radius = Math.ceil(deviation * 3)
  const curve = Array.from({ length: radius + 1 }, (_, x) => Math.exp(-(x * x) / (2 * deviation * deviation)))
  const sum = curve.reduce((total, share, x) => total + (x === 0 ? share : 2 * share), 0)
  const weights = Float32Array.from(curve, (share) => share / sum)
  return (line, scratch, length) => {
    scratch.set(line.subarray(0, length))
    for (let x = 0; x < length; x++) {
      let value = (scratch[x] as number) * (weights[0] as number)
      for (let k = 1; k <= radius; k++) {
        const [before, after] = [scratch[Math.max(0, x - k)], scratch[Math.min(length - 1, x + k)]]
        value += ((before as number) + (after as number)) * (weights[k] as number)
      }
      line[x] = value
    }
  }
}

/** Widths of three boxes whose variances add up to the curve's: P. Kovesi, Fast Almost-Gaussian Filtering, 2010. */
function boxes(deviation: number): LineBlur {
  const variance = 12 * deviation * deviation
  const lower = Math.floor((Math.sqrt(variance / 3 + 1) - 1) / 2) * 2 + 1
  const lowers = Math.round((variance - 3 * lower * lower - 12 * lower - 9) / (-4 * lower - 4))
  const radii = [0, 1, 2].map((box) => ((box < lowers ? lower : lower + 2) - 1) / 2)
  return (line, scratch, length) => {
    for (const radius of radii) boxBlur(line, scratch, length, radius)
  }
}

function boxBlur(line: Float32Array, scratch: Float32Array, length: number, radius: number): void {
  scratch.set(line.subarray(0, length))
  const last = length - 1
  let sum = 0
  for (let x = -radius; x <= radius; x++) sum += scratch[Math.min(last, Math.max(0, x))] as number
  for (let x = 0; x < length; x++) {
    line[x] = sum / (2 * radius + 1)
    sum += (scratch[Math.min(last, x + radius + 1)] as number) - (scratch[Math.max(0, x - radius)] as number)
  }
}
