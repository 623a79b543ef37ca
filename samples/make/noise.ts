/** Gradient noise in two and three dimensions, and sums of it. All about -1 to 1, all without a period that shows. */
import { hash, hashUnit } from './random.ts'

const ANGLES = 256
const COS = Float64Array.from({ length: ANGLES }, (_, i) => Math.cos((i * 2 * Math.PI) / ANGLES))
const SIN = Float64Array.from({ length: ANGLES }, (_, i) => Math.sin((i * 2 * Math.PI) / ANGLES))

export function clamp(value: number, low = 0, high = 1): number {
  return value < low ? low : value > high ? high : value
}

export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t
}

/** 0 up to `low`, 1 from `high` on, smooth between; `low` may lie above `high`. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low))
  return t * t * (3 - 2 * t)
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10)
}

function corner(ix: number, iy: number, dx: number, dy: number, seed: number): number {
  const angle = hash(ix, iy, seed) & 255
  return COS[angle]! * dx + SIN[angle]! * dy
}

export function noise2(x: number, y: number, seed = 0): number {
  const ix = Math.floor(x)
  const iy = Math.floor(y)
  const dx = x - ix
  const dy = y - iy
  const u = fade(dx)
  const top = mix(corner(ix, iy, dx, dy, seed), corner(ix + 1, iy, dx - 1, dy, seed), u)
  const bottom = mix(corner(ix, iy + 1, dx, dy - 1, seed), corner(ix + 1, iy + 1, dx - 1, dy - 1, seed), u)
  return mix(top, bottom, fade(dy)) * 1.5
}

/** Value noise: softer than `noise2`, and enough for grain in solid material. */
export function noise3(x: number, y: number, z: number, seed = 0): number {
  const ix = Math.floor(x)
  const iy = Math.floor(y)
  const iz = Math.floor(z)
  const u = fade(x - ix)
  const v = fade(y - iy)
  const plane = (k: number) => {
    const layer = k * 7919 + seed
    const top = mix(hashUnit(ix, iy, layer), hashUnit(ix + 1, iy, layer), u)
    return mix(top, mix(hashUnit(ix, iy + 1, layer), hashUnit(ix + 1, iy + 1, layer), u), v)
  }
  return mix(plane(iz), plane(iz + 1), fade(z - iz)) * 2 - 1
}

/** Octaves of `noise2`, each twice as fine and half as strong. */
export function fbm2(x: number, y: number, octaves: number, seed = 0): number {
  let sum = 0
  let weight = 0.5
  for (let i = 0; i < octaves; i++) {
    sum += weight * noise2(x, y, seed + i)
    const turned = 1.6 * x - 1.2 * y
    y = 1.2 * x + 1.6 * y
    x = turned
    weight *= 0.5
  }
  return sum
}

export function fbm3(x: number, y: number, z: number, octaves: number, seed = 0): number {
  let sum = 0
  let weight = 0.5
  for (let i = 0; i < octaves; i++) {
    sum += weight * noise3(x, y, z, seed + i)
    x *= 2.03
    y *= 2.03
    z *= 2.03
    weight *= 0.5
  }
  return sum
}

/** Sharp crests, as of mountains: 0 to 1. */
export function ridged2(x: number, y: number, octaves: number, seed = 0): number {
  let sum = 0
  let weight = 0.5
  let previous = 1
  for (let i = 0; i < octaves; i++) {
    const crest = 1 - Math.abs(noise2(x, y, seed + i))
    const value = crest * crest * previous
    previous = clamp(value * 1.6)
    sum += weight * value
    const turned = 1.6 * x - 1.2 * y
    y = 1.2 * x + 1.6 * y
    x = turned
    weight *= 0.5
  }
  return sum
}
