/** What the camera exposes: linear light a pixel, then developed as a photograph is. */
import { clamp } from './noise.ts'
import { hashUnit } from './random.ts'
import type { Vec } from './vector.ts'

export interface Development {
  /** Stops are factors of two. */
  readonly stops: number
  /** Strength of film grain: 0.01 shows a little in flat tones. */
  readonly grain: number
  /** Darkening of the corners, 0 to 1. */
  readonly vignette: number
  /** Share of the light that a lens scatters around bright places. */
  readonly bloom: number
  readonly saturation?: number
  readonly balance?: Vec
}

export class Film {
  readonly width: number
  readonly height: number
  readonly light: Float32Array

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.light = new Float32Array(width * height * 3)
  }

  add(x: number, y: number, light: Vec, weight: number): void {
    const at = (y * this.width + x) * 3
    this.light[at]! += light[0] * weight
    this.light[at + 1]! += light[1] * weight
    this.light[at + 2]! += light[2] * weight
  }

  /**
   * Calms what too few paths leave behind: a pixel outside the range of its neighbours is held to their second
   * extremes, then each is averaged with neighbours that differ by less than `tolerance` of its own light.
   */
  calm(tolerance: number): void {
    this.#each((at, around) => {
      around.sort()
      return Math.min(Math.max(at, around[1]!), around[6]!)
    })
    this.#each((at, around) => {
      const reach = tolerance * (at + 0.02)
      let [sum, weight] = [at, 1]
      for (const other of around) {
        const share = Math.max(0, 1 - Math.abs(other - at) / reach)
        sum += other * share
        weight += share
      }
      return sum / weight
    })
  }

  /** Replaces every channel by what `rule` makes of it and its eight neighbours. */
  #each(rule: (at: number, around: Float32Array) => number): void {
    const { width, height, light } = this
    const before = light.slice()
    const around = new Float32Array(8)
    const row = width * 3
    const steps = [-row - 3, -row, -row + 3, -3, 3, row - 3, row, row + 3]
    for (let y = 1; y < height - 1; y++)
      for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
        for (let n = 0; n < 8; n++) around[n] = before[i + steps[n]!]!
        light[i] = rule(before[i]!, around)
      }
  }

  /** 8-bit sRGB, three bytes a pixel. */
  develop(how: Development): Uint8Array {
    const { width, height } = this
    const glow = how.bloom > 0 ? bloom(this) : this.light
    const exposure = 2 ** how.stops
    const { saturation = 1, balance = [1, 1, 1] } = how
    const result = new Uint8Array(width * height * 3)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * 3
        const u = (2 * x) / width - 1
        const v = ((2 * y) / height - 1) * (height / width)
        const dim = exposure * (1 - how.vignette * (u * u + v * v) * 0.7)
        const rgb = [0, 1, 2].map((c) =>
          filmic((this.light[at + c]! * (1 - how.bloom) + glow[at + c]! * how.bloom) * dim * balance[c]!),
        )
        const luma = 0.2126 * rgb[0]! + 0.7152 * rgb[1]! + 0.0722 * rgb[2]!
        const speck = grainAt(x, y) * how.grain * (0.35 + Math.sqrt(luma) * (1 - luma) * 2)
        for (let c = 0; c < 3; c++) {
          const value = encode(clamp(luma + (rgb[c]! - luma) * saturation)) + speck
          result[at + c] = clamp(Math.round(value * 255), 0, 255)
        }
      }
    }
    return result
  }
}

/** A toe, a straight part and a shoulder, so that highlights fade out instead of clipping. */
function filmic(x: number): number {
  return clamp((x * (2.3 * x + 0.08)) / (x * (2.2 * x + 0.72) + 0.12))
}

/** Linear to sRGB (IEC 61966-2-1). */
export function encode(x: number): number {
  return x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055
}

/** sRGB to linear, for colours written down as hex digits. */
export function decode(hex: string): Vec {
  const part = (i: number) => {
    const x = Number.parseInt(hex.slice(i, i + 2), 16) / 255
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4
  }
  return [part(0), part(2), part(4)]
}

/** Grain a little larger than a pixel: each speck leaks into its neighbours. */
function grainAt(x: number, y: number): number {
  let sum = 0
  for (let j = 0; j < 2; j++) for (let i = 0; i < 2; i++) sum += hashUnit(x + i, y + j, 4711) - 0.5
  return sum
}

/** The picture through a bad lens: wide blurs of several sizes, made on a smaller copy. */
function bloom(film: Film): Float32Array {
  const factor = 4
  const width = Math.ceil(film.width / factor)
  const height = Math.ceil(film.height / factor)
  const small = new Float32Array(width * height * 3)
  for (let y = 0; y < film.height; y++)
    for (let x = 0; x < film.width; x++)
      for (let c = 0; c < 3; c++) {
        const light = Math.min(film.light[(y * film.width + x) * 3 + c]!, 30)
        small[(Math.floor(y / factor) * width + Math.floor(x / factor)) * 3 + c]! += light / factor ** 2
      }
  const near = blur(small, width, height, 3)
  const far = blur(near, width, height, 14)
  const result = new Float32Array(film.light.length)
  for (let y = 0; y < film.height; y++)
    for (let x = 0; x < film.width; x++)
      for (let c = 0; c < 3; c++)
        result[(y * film.width + x) * 3 + c] =
          (sampleAt(near, width, height, x / factor - 0.5, y / factor - 0.5, c) +
            sampleAt(far, width, height, x / factor - 0.5, y / factor - 0.5, c)) /
          2
  return result
}

function sampleAt(map: Float32Array, width: number, height: number, x: number, y: number, c: number): number {
  const x0 = clamp(Math.floor(x), 0, width - 2)
  const y0 = clamp(Math.floor(y), 0, height - 2)
  const [u, v] = [clamp(x - x0), clamp(y - y0)]
  const at = (y0 * width + x0) * 3 + c
  const top = map[at]! * (1 - u) + map[at + 3]! * u
  const next = at + width * 3
  return top * (1 - v) + (map[next]! * (1 - u) + map[next + 3]! * u) * v
}

/** Three box blurs are nearly a Gaussian. */
function blur(source: Float32Array, width: number, height: number, radius: number): Float32Array {
  let from = source
  for (let pass = 0; pass < 3; pass++) {
    from = boxBlur(from, width, height, radius, 3, width * 3)
    from = boxBlur(from, height, width, radius, width * 3, 3)
  }
  return from
}

function boxBlur(
  from: Float32Array,
  length: number,
  lines: number,
  radius: number,
  step: number,
  stride: number,
) {
  const to = new Float32Array(from.length)
  for (let line = 0; line < lines; line++)
    for (let c = 0; c < 3; c++) {
      const start = line * stride + c
      const value = (i: number) => from[start + clamp(i, 0, length - 1) * step]!
      let sum = 0
      for (let i = -radius; i <= radius; i++) sum += value(i)
      for (let i = 0; i < length; i++) {
        to[start + i * step] = sum / (2 * radius + 1)
        sum += value(i + radius + 1) - value(i - radius)
      }
    }
  return to
}
