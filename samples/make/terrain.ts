/** A square of land as a grid of heights: shaped by noise, worn by rain, met by rays. Metres throughout. */
import { clamp, mix } from './noise.ts'
import { Random } from './random.ts'
import { normalize, type Vec } from './vector.ts'

export class Terrain {
  readonly side: number
  readonly cell: number
  readonly heights: Float32Array
  readonly #x0: number
  readonly #z0: number

  /** `side` points each way, `cell` metres apart, from (x0, z0). */
  constructor(
    side: number,
    cell: number,
    x0: number,
    z0: number,
    heightAt: (x: number, z: number) => number,
  ) {
    this.side = side
    this.cell = cell
    this.#x0 = x0
    this.#z0 = z0
    this.heights = new Float32Array(side * side)
    for (let j = 0; j < side; j++)
      for (let i = 0; i < side; i++) this.heights[j * side + i] = heightAt(x0 + i * cell, z0 + j * cell)
  }

  at(x: number, z: number): number {
    const u = clamp((x - this.#x0) / this.cell, 0, this.side - 1.001)
    const v = clamp((z - this.#z0) / this.cell, 0, this.side - 1.001)
    const i = Math.floor(u)
    const j = Math.floor(v)
    const p = j * this.side + i
    const h = this.heights
    return mix(mix(h[p]!, h[p + 1]!, u - i), mix(h[p + this.side]!, h[p + this.side + 1]!, u - i), v - j)
  }

  /** Rise over run. */
  slopeAt(x: number, z: number): number {
    const e = this.cell
    return Math.hypot(this.at(x + e, z) - this.at(x - e, z), this.at(x, z + e) - this.at(x, z - e)) / (2 * e)
  }

  /** The same land on a grid `times` as fine, rounded between the points (Catmull-Rom) and roughened. */
  refine(times: number, roughen: (x: number, z: number, slope: number) => number): Terrain {
    const height = (x: number, z: number) => this.#cubic(x, z) + roughen(x, z, this.slopeAt(x, z))
    return new Terrain((this.side - 1) * times + 1, this.cell / times, this.#x0, this.#z0, height)
  }

  #cubic(x: number, z: number): number {
    const u = (x - this.#x0) / this.cell
    const v = (z - this.#z0) / this.cell
    const i = Math.floor(u)
    const j = Math.floor(v)
    const last = this.side - 1
    const row = (k: number) => {
      const from = clamp(j + k, 0, last) * this.side
      const p = (n: number) => this.heights[from + clamp(i + n, 0, last)]!
      return spline(p(-1), p(0), p(1), p(2), u - i)
    }
    return spline(row(-1), row(0), row(1), row(2), v - j)
  }

  /** Rain: each drop runs downhill, takes soil while it is fast and leaves it when it slows. */
  erode(drops: number, seed: number): void {
    const random = new Random(seed)
    for (let i = 0; i < drops; i++) {
      this.#drop(1 + random.next() * (this.side - 3), 1 + random.next() * (this.side - 3))
    }
  }

  /** Scree: what stands steeper than `slope` slides to the lower neighbour. */
  settle(rounds: number, slope: number): void {
    const { side, heights: h } = this
    for (let round = 0; round < rounds; round++)
      for (let j = 1; j < side - 1; j++)
        for (let i = 1; i < side - 1; i++) {
          const p = j * side + i
          for (const q of [p - 1, p + 1, p - side, p + side]) {
            const excess = h[p]! - h[q]! - slope * this.cell
            if (excess <= 0) continue
            h[p]! -= excess * 0.22
            h[q]! += excess * 0.22
          }
        }
  }

  #drop(u: number, v: number): void {
    const { side, heights: h } = this
    let [du, dv, speed, water, soil] = [0, 0, 1, 1, 0]
    for (let step = 0; step < 64; step++) {
      const p = Math.floor(v) * side + Math.floor(u)
      const a = u - Math.floor(u)
      const b = v - Math.floor(v)
      const gradientU = (h[p + 1]! - h[p]!) * (1 - b) + (h[p + side + 1]! - h[p + side]!) * b
      const gradientV = (h[p + side]! - h[p]!) * (1 - a) + (h[p + side + 1]! - h[p + 1]!) * a
      du = du * 0.1 - gradientU * 0.9
      dv = dv * 0.1 - gradientV * 0.9
      const length = Math.hypot(du, dv)
      if (length < 1e-9) return
      du /= length
      dv /= length
      const before = mix(mix(h[p]!, h[p + 1]!, a), mix(h[p + side]!, h[p + side + 1]!, a), b)
      u += du
      v += dv
      if (u < 1 || v < 1 || u >= side - 2 || v >= side - 2) return
      const drop = (before - this.#grid(u, v)) / this.cell
      const capacity = Math.max(drop, 0.01) * speed * water * 1.6
      const give =
        drop < 0
          ? Math.min(soil, -drop)
          : soil > capacity
            ? (soil - capacity) * 0.25
            : -Math.min((capacity - soil) * 0.2, Math.max(drop, 0) * 0.5)
      soil -= give
      this.#spread(p, a, b, give * this.cell)
      speed = Math.min(3, Math.sqrt(Math.max(0, speed * speed + drop * 2)))
      water *= 0.985
    }
  }

  #grid(u: number, v: number): number {
    const p = Math.floor(v) * this.side + Math.floor(u)
    const a = u - Math.floor(u)
    const b = v - Math.floor(v)
    const h = this.heights
    return mix(mix(h[p]!, h[p + 1]!, a), mix(h[p + this.side]!, h[p + this.side + 1]!, a), b)
  }

  #spread(p: number, a: number, b: number, amount: number): void {
    const h = this.heights
    h[p]! += amount * (1 - a) * (1 - b)
    h[p + 1]! += amount * a * (1 - b)
    h[p + this.side]! += amount * (1 - a) * b
    h[p + this.side + 1]! += amount * a * b
  }
}

function spline(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
}

/** Where a ray first goes under a surface y = height(x, z, distance), or Infinity. */
export function march(
  height: (x: number, z: number, distance: number) => number,
  origin: Vec,
  direction: Vec,
  { near = 8, far = 15_000, top = 3000, fine = 0.0015, stride = 0.45 } = {},
): number {
  let t = near
  let last = near
  for (let i = 0; i < 4000 && t < far; i++) {
    const y = origin[1] + direction[1] * t
    if (y > top && direction[1] >= 0) return Infinity
    const gap = y - height(origin[0] + direction[0] * t, origin[2] + direction[2] * t, t)
    if (gap < 0) return halve(height, origin, direction, last, t)
    last = t
    t += Math.max(gap * stride, fine * t, 0.002)
  }
  return Infinity
}

function halve(
  height: (x: number, z: number, distance: number) => number,
  origin: Vec,
  direction: Vec,
  above: number,
  below: number,
): number {
  for (let i = 0; i < 6; i++) {
    const t = (above + below) / 2
    const gap =
      origin[1] + direction[1] * t - height(origin[0] + direction[0] * t, origin[2] + direction[2] * t, t)
    if (gap < 0) below = t
    else above = t
  }
  return below
}

export function normalOf(height: (x: number, z: number) => number, x: number, z: number, e: number): Vec {
  return normalize([height(x - e, z) - height(x + e, z), 2 * e, height(x, z - e) - height(x, z + e)])
}

/** How much of a small sun is seen: 0 in shadow, 1 in full light, soft at the edge. */
export function sunlight(
  height: (x: number, z: number) => number,
  from: Vec,
  sun: Vec,
  top: number,
  near = 3,
): number {
  let light = 1
  let t = near
  for (let i = 0; i < 120; i++) {
    const y = from[1] + sun[1] * t
    if (y > top || t > 14_000) break
    const gap = y - height(from[0] + sun[0] * t, from[2] + sun[2] * t)
    light = Math.min(light, 0.5 + (gap * 60) / t)
    if (light <= 0) return 0
    t += Math.max(gap * 0.6, 0.02 * t, near * 0.3)
  }
  return light * light * (3 - 2 * light) > 1 ? 1 : clamp(light * light * (3 - 2 * light))
}
