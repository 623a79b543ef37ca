/** Soap bubbles on nothing: soft edges, every degree of transparency, the colours of a thin film. */
import { encode } from './film.ts'
import { clamp, fbm2, smoothstep } from './noise.ts'
import { dot, normalize, reflect, type Vec } from './vector.ts'

interface Bubble {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly seed: number
}

/** In shares of the picture's width, back to front. */
const BUBBLES: readonly Bubble[] = [
  { x: 0.77, y: 0.22, radius: 0.115, seed: 5 },
  { x: 0.42, y: 0.5, radius: 0.335, seed: 1 },
  { x: 0.74, y: 0.74, radius: 0.19, seed: 9 },
  { x: 0.16, y: 0.13, radius: 0.065, seed: 13 },
  { x: 0.93, y: 0.5, radius: 0.045, seed: 17 },
  { x: 0.2, y: 0.9, radius: 0.055, seed: 21 },
]

/** Wavelengths of red, green and blue, nanometres. */
const WAVES: Vec = [610, 545, 455]

/** 8-bit RGBA, not premultiplied. */
export function renderBubbles(width: number, height: number, samples: number): Uint8Array {
  const result = new Uint8Array(width * height * 4)
  const side = Math.max(1, Math.round(Math.sqrt(samples)))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const sum = [0, 0, 0, 0]
      for (let i = 0; i < side * side; i++) {
        const u = (x + ((i % side) + 0.5) / side) / width
        const v = (y + (Math.floor(i / side) + 0.5) / side) / width
        over(u, v).forEach((value, c) => (sum[c]! += value / side ** 2))
      }
      const alpha = sum[3]!
      const at = (y * width + x) * 4
      if (alpha === 0) continue
      for (let c = 0; c < 3; c++) result[at + c] = Math.round(255 * encode(clamp(sum[c]! / alpha)))
      result[at + 3] = Math.round(255 * clamp(alpha))
    }
  return result
}

/** All bubbles at a place, premultiplied. */
function over(u: number, v: number): readonly number[] {
  let all = [0, 0, 0, 0]
  for (const bubble of BUBBLES) {
    const own = film(bubble, (u - bubble.x) / bubble.radius, (bubble.y - v) / bubble.radius)
    if (own) all = all.map((below, c) => own[c]! + below * (1 - own[3]!))
  }
  return all
}

function film(bubble: Bubble, x: number, y: number): readonly number[] | undefined {
  const square = x * x + y * y
  if (square >= 1) return undefined
  const z = Math.sqrt(1 - square)
  const front: Vec = normalize([x, y, z])
  const fresnel = 0.045 + 0.8 * (1 - z) ** 3.2
  const swirl = fbm2(
    x * 1.5 + bubble.seed * 3.1,
    y * 1.9 + fbm2(x * 2, y * 2, 4, bubble.seed) * 1.4,
    5,
    bubble.seed,
  )
  const thick = 380 - 210 * y + 240 * swirl + 90 * (1 - z)
  // Light off both faces of the film, the second half a wave behind: Newton's colours.
  const tint = WAVES.map(
    (wave) => Math.sin((2 * Math.PI * 1.33 * Math.max(thick, 20) * Math.sqrt(1 - square / 1.77)) / wave) ** 2,
  )
  const seen = room(reflect([0, 0, -1], front)) * 0.62 + room(reflect([0, 0, -1], [-x, -y, z])) * 0.34
  const edge = smoothstep(1, 0.985, Math.sqrt(square))
  const light = tint.map(
    (t) => edge * (fresnel * (0.25 + 1.15 * t) * (0.55 + seen) + 0.02 * t + 0.16 * highlight(seen)),
  )
  const most = Math.max(...light)
  // What the film adds can never need less cover than its brightest channel.
  const alpha = clamp(Math.max(most, edge * (0.05 + 0.42 * (1 - z) ** 2.4)))
  return [...light.map((value) => Math.min(value, alpha)), alpha]
}

function highlight(seen: number): number {
  return smoothstep(1.2, 4.5, seen) * 4
}

/** What a bubble mirrors: a window with a cross in it to the upper left, a softer one behind, a bright floor. */
function room(direction: Vec): number {
  const front = pane(direction, normalize([-0.62, 0.55, 0.56]), 0.23)
  const back = pane(direction, normalize([0.7, 0.25, -0.67]), 0.4) * 0.35
  return (
    6 * front + 3 * back + 0.5 * smoothstep(-0.2, -0.9, direction[1]) + 0.3 * smoothstep(0, 1, direction[1])
  )
}

function pane(direction: Vec, middle: Vec, half: number): number {
  if (dot(direction, middle) <= 0) return 0
  const right = normalize([middle[2], 0, -middle[0]])
  const u = dot(direction, right) / half
  const v = (direction[1] - middle[1]) / half
  const soft = 0.06
  const inside = smoothstep(1, 1 - soft, Math.abs(u)) * smoothstep(1.15, 1.15 - soft, Math.abs(v))
  return inside * smoothstep(0.04, 0.04 + soft, Math.abs(u)) * smoothstep(0.04, 0.04 + soft, Math.abs(v))
}
