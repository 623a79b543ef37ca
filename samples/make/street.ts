/** A street at night after rain: windows, neon, lamps in mist, and all of it again in the wet road. */
import { expose, type Ray } from './camera.ts'
import { Film } from './film.ts'
import { distanceToLetter } from './letters.ts'
import { clamp, fbm2, noise2, smoothstep } from './noise.ts'
import { hashUnit, type Random } from './random.ts'
import { add, along, blend, dot, mul, normalize, reflect, scale, sub, type Vec } from './vector.ts'

const HALF = 8.5
const CURB = 5.4
const END = 170
const BRIGHTEST = 40

interface Light {
  readonly at: Vec
  readonly color: Vec
  readonly radius: number
}

interface Sign {
  /** Which side of the street: -1 or 1. */
  readonly side: number
  readonly z: number
  readonly top: number
  readonly word: string
  readonly color: Vec
  readonly letter: number
}

const SIGNS: readonly Sign[] = [
  { side: -1, z: 17, top: 8.4, word: 'HOTEL', color: [9, 0.9, 1.6], letter: 0.92 },
  { side: 1, z: 19, top: 7.6, word: 'NOIR', color: [0.7, 5.2, 8.5], letter: 0.98 },
  { side: -1, z: 27, top: 7.2, word: 'CAFE', color: [8.5, 4.6, 0.8], letter: 0.9 },
  { side: 1, z: 35, top: 10.5, word: 'CINEMA', color: [8, 1.1, 6.2], letter: 0.95 },
  { side: -1, z: 47, top: 9.4, word: 'BAR', color: [1, 7.5, 3], letter: 1.25 },
  { side: 1, z: 58, top: 8.5, word: 'RAMEN', color: [9, 2, 0.7], letter: 1 },
  { side: -1, z: 76, top: 12, word: 'HOTEL', color: [1.2, 2.6, 9], letter: 1.5 },
]

const LAMPS: readonly Light[] = Array.from({ length: 9 }, (_, i) => i).flatMap((i) =>
  [-1, 1].map((side) => ({
    at: [side * 5.6, 6.1, 9 + i * 16 + (side > 0 ? 8 : 0)] as Vec,
    color: [26, 16.5, 8.2] as Vec,
    radius: 0.17,
  })),
)

/** Cars that drive away on the right and come on the left, as pairs of lamps. */
const CARS: readonly Light[] = [
  [2.1, 24, 0],
  [2.3, 41, 0],
  [2.0, 66, 0],
  [-2.2, 33, 1],
  [-2.0, 56, 1],
  [-2.4, 88, 1],
].flatMap(([x = 0, z = 0, comes = 0]) =>
  [-0.68, 0.68].map((dx) => ({
    at: [x + dx, 0.72, z] as Vec,
    color: (comes ? [36, 33, 28] : [16, 0.7, 0.35]) as Vec,
    radius: comes ? 0.1 : 0.11,
  })),
)

/** What lights walls and road: lamps, and each sign as one light before its middle. */
const LIGHTS: readonly Light[] = [
  ...LAMPS,
  ...SIGNS.map(({ side, z, top, word, color, letter }) => ({
    at: [side * (HALF - 1), top - (word.length * letter * 1.15) / 2, z - 0.4] as Vec,
    color: scale(color, 1.1),
    radius: 0,
  })),
  ...CARS.map((car) => ({ ...car, color: scale(car.color, 0.12), at: add(car.at, [0, 0, -0.6]) })),
]
const GLOWING: readonly Light[] = [...LAMPS, ...CARS]

function trace(ray: Ray, random: Random, depth: number): Vec {
  const { origin, direction } = ray
  let distance = END * 2
  let light: Vec = sky(direction)
  const wall = direction[0] === 0 ? Infinity : (Math.sign(direction[0]) * HALF - origin[0]) / direction[0]
  if (wall > 0 && wall < distance) {
    const point = along(origin, direction, wall)
    const roof = roofAt(Math.sign(direction[0]), point[2])
    if (point[1] < roof && point[2] < END) {
      distance = wall
      light = facade(point, direction, Math.sign(direction[0]))
    }
  }
  const ground = direction[1] < 0 ? -origin[1] / direction[1] : Infinity
  if (ground < distance) {
    distance = ground
    light = depth > 0 ? [0.02, 0.02, 0.025] : road(along(origin, direction, ground), ray, ground, random)
  }
  for (const sign of SIGNS) {
    const t = (sign.z - origin[2]) / direction[2]
    if (t <= 0 || t >= distance) continue
    const neon = signLight(sign, along(origin, direction, t))
    if (!neon) continue
    light = neon
    distance = t
  }
  for (const car of CAR_BODIES) {
    const t = meetBox(car, origin, direction)
    if (t >= distance) continue
    distance = t
    light = carLight(car, along(origin, direction, t), direction)
  }
  return mist(light, ray, distance)
}

function sky(direction: Vec): Vec {
  const cloud = 0.5 + 0.8 * fbm2((direction[0] * 3) / (direction[1] + 0.25), 2 / (direction[1] + 0.25), 5, 60)
  return blend([0.055, 0.042, 0.05], [0.012, 0.016, 0.032], clamp(direction[1] * 1.5 + 0.4 - 0.5 * cloud))
}

const plot = (z: number) => Math.floor((z + 6) / 15)
const roofAt = (side: number, z: number) => 13 + 15 * hashUnit(plot(z), side, 5)

/** Walls of brick or plaster, windows with rooms behind, shops at street level. */
function facade(point: Vec, direction: Vec, side: number): Vec {
  const [, y, z] = point
  const house = plot(z)
  const tone = hashUnit(house, side, 6)
  const wide = 2.2 + hashUnit(house, side, 7)
  const column = Math.floor(z / wide)
  const u = z / wide - column
  const level = Math.floor((y - 4.4) / 3.3)
  const v = (y - 4.4) / 3.3 - level
  if (y < 3.7 && y > 0.45) return shop(point, direction, side, house)
  const isWindow = y > 4.4 && u > 0.26 && u < 0.74 && v > 0.2 && v < 0.78
  if (isWindow) return windowLight(direction, side, column, level, (u - 0.26) / 0.48, (v - 0.2) / 0.58)
  const brick = tone < 0.55
  const row = Math.floor(y / 0.085)
  const beside = z / 0.25 + (row % 2) * 0.5
  const joint = brick
    ? Math.min(
        1,
        smoothstep(0, 0.16, Math.min((y / 0.085) % 1, 1 - ((y / 0.085) % 1))) *
          smoothstep(0, 0.06, Math.min(((beside % 1) + 1) % 1, 1 - (((beside % 1) + 1) % 1))) +
          0.45,
      )
    : 1
  const each = brick ? 0.75 + 0.5 * hashUnit(row, Math.floor(beside), 8) : 1
  const dirt =
    0.75 +
    0.5 * fbm2(z * 0.7, y * 0.35, 5, 61) -
    0.25 * smoothstep(0.2, 0, v) * Math.abs(noise2(z * 3, 1, 62))
  const base = blend(
    brick ? [0.3, 0.14, 0.1] : [0.34, 0.31, 0.28],
    [0.2, 0.19, 0.2],
    hashUnit(house, side, 9),
  )
  const sill = u > 0.22 && u < 0.78 && v > 0.14 && v < 0.2 && y > 4.4 ? 1.5 : 1
  const band = y > 3.7 && y < 4.1 ? 0.55 : 1
  const frame = u > 0.24 && u < 0.76 && v > 0.17 && v < 0.81 && y > 4.4 ? 0.35 : 1
  return mul(scale(base, joint * each * dirt * sill * band * frame), lighting(point, [-side, 0, 0]))
}

function windowLight(direction: Vec, side: number, column: number, level: number, u: number, v: number): Vec {
  const chance = hashUnit(column, level, 20 + side)
  const cross = Math.min(Math.abs(u - 0.5), Math.abs(v - 0.62)) < 0.022
  if (cross) return [0.012, 0.011, 0.011]
  const mirror = scale(sky([-direction[0], Math.abs(direction[1]), direction[2]]), 0.5)
  if (chance > 0.36)
    return add(mirror, scale([0.05, 0.045, 0.04], smoothstep(0.6, 1, hashUnit(column, level, 33))))
  const warmth = hashUnit(column, level, 23)
  const color: Vec = warmth < 0.75 ? [1.5, 0.86 + 0.2 * warmth, 0.36 + 0.25 * warmth] : [0.75, 0.95, 1.25]
  // The room behind, seen at a slant: what is far in shifts with the view.
  const slant = direction[2] / (Math.abs(direction[0]) + 0.05)
  const deep = u + 0.22 * slant
  const furniture = smoothstep(0.3, 0.1, v - 0.3 * hashUnit(Math.floor(deep * 5), column, 24)) * 0.75
  const curtain = hashUnit(column, level, 25)
  const drawn = Math.min(u, 1 - u) < 0.1 + 0.3 * curtain ? 0.5 + 0.2 * Math.sin(u * 90) : 1
  const blind = curtain > 0.8 && v > 0.4 ? 0.45 + 0.25 * Math.sin(v * 120) : 1
  const lamp = Math.exp(-((deep - 0.5) ** 2 + (v - 0.8) ** 2) * 9)
  return add(
    mirror,
    scale(
      color,
      (0.25 + 1.25 * lamp) * (1 - furniture) * drawn * blind * (0.35 + 0.75 * hashUnit(column, level, 26)),
    ),
  )
}

function shop([, y, z]: Vec, direction: Vec, side: number, house: number): Vec {
  const wide = 3.4
  const column = Math.floor(z / wide)
  const u = z / wide - column
  const v = (y - 0.45) / 3.25
  const isOpen = hashUnit(column, side, 40) < 0.55
  if (u < 0.05 || u > 0.95 || v > 0.93 || Math.abs(v - 0.76) < 0.012) return scale([0.05, 0.045, 0.04], 0.6)
  if (!isOpen)
    return scale(
      [0.085, 0.09, 0.1],
      (0.6 + 0.4 * Math.sign(Math.sin(y * 52))) * 0.5 + 0.2 * hashUnit(column, house, 41),
    )
  const slant = direction[2] / (Math.abs(direction[0]) + 0.05)
  const deep = u + 0.16 * slant
  const shelf = Math.abs(((v * 5) % 1) - 0.5) > 0.44 ? 0.25 : 1
  const cell = [Math.floor(deep * 34), Math.floor(v * 5)] as const
  const goods = hashUnit(cell[0], cell[1], column * 3 + 42)
  const tall = (v * 5) % 1 < 0.35 + 0.45 * goods
  const hue: Vec = [
    0.5 + hashUnit(cell[0], cell[1], 43),
    0.4 + 0.8 * hashUnit(cell[0], cell[1], 44),
    0.3 + 0.7 * hashUnit(cell[0], cell[1], 45),
  ]
  const warm: Vec = hashUnit(column, side, 46) < 0.6 ? [1.7, 1.15, 0.62] : [1.05, 1.3, 1.5]
  const lit = scale(warm, 0.28 + 0.75 * Math.exp(-((v - 0.85) ** 2) * 6) * (0.6 + 0.4 * Math.cos(deep * 12)))
  return v < 0.72 && tall ? scale(mul(lit, hue), shelf * 0.8) : scale(lit, shelf)
}

/** Neon tubes on a dark board; undefined beside it. */
function signLight({ side, top, word, color, letter }: Sign, point: Vec): Vec | undefined {
  const x = point[0] * side
  const width = letter * 0.95
  const height = word.length * letter * 1.15 + 0.3
  const u = HALF - 0.35 - x
  const v = top - point[1]
  if (u < 0 || u > width || v < 0 || v > height) return undefined
  const edge = Math.min(u, width - u, v, height - v)
  if (edge < 0.035) return scale(color, 0.85)
  const index = Math.floor((v - 0.15) / (letter * 1.15))
  const down = (v - 0.15) / letter - index * 1.15
  const across = side < 0 ? u : width - u // read from the left, on either side
  const d = distanceToLetter(word[index] ?? '', across / letter - 0.17, 1.02 - down)
  const tube = smoothstep(0.055, 0.03, d)
  const halo = Math.exp(-d * 9) * 0.16
  const core = add(color, scale([1, 1, 1], 2.5 * smoothstep(0.03, 0, d)))
  return add(scale(color, halo), add(scale(core, tube), scale([0.03, 0.03, 0.035], 0.6)))
}

interface Box {
  readonly low: Vec
  readonly high: Vec
  readonly color: Vec
}

const CAR_BODIES: readonly Box[] = [0, 2, 4, 6, 8, 10].flatMap((i) => {
  const [a, b] = [CARS[i]!, CARS[i + 1]!]
  const x = (a.at[0] + b.at[0]) / 2
  const z = a.at[2] + 0.12
  const color = scale([0.35, 0.3, 0.32], 0.4 + hashUnit(i, 3, 90))
  return [
    { low: [x - 0.9, 0.28, z], high: [x + 0.9, 0.95, z + 4.3], color },
    { low: [x - 0.74, 0.95, z + 0.7], high: [x + 0.74, 1.42, z + 3], color: [0.02, 0.022, 0.025] },
  ] satisfies Box[]
})

function meetBox({ low, high }: Box, origin: Vec, direction: Vec): number {
  let near = 0
  let far = Infinity
  for (const axis of [0, 1, 2] as const) {
    const a = (low[axis] - origin[axis]) / direction[axis]
    const b = (high[axis] - origin[axis]) / direction[axis]
    near = Math.max(near, Math.min(a, b))
    far = Math.min(far, Math.max(a, b))
  }
  return near < far && near > 0 ? near : Infinity
}

function carLight(car: Box, point: Vec, direction: Vec): Vec {
  const isBack = point[2] - car.low[2] < 0.01
  const normal: Vec = isBack
    ? [0, 0, -1]
    : point[1] > car.high[1] - 0.01
      ? [0, 1, 0]
      : [Math.sign(point[0] - car.low[0] - 0.5), 0, 0]
  const shine = scale(sky(reflect(direction, normal)), 1.2 + 0.5 * noise2(point[0] * 3, point[1] * 8, 91))
  return add(mul(car.color, lighting(point, normal)), shine)
}

/** Light of lamps and signs at a place, without shadows: they hang free. */
function lighting(point: Vec, normal: Vec): Vec {
  let sum: Vec = [0.035, 0.035, 0.05]
  for (const light of LIGHTS) {
    const z = light.at[2] - point[2]
    if (z > 26 || z < -26) continue
    const to = sub(light.at, point)
    const square = dot(to, to) + 0.3
    const cosine = dot(to, normal) / Math.sqrt(square)
    if (cosine > 0) sum = along(sum, light.color, (cosine * 0.62) / square)
  }
  return sum
}

/** Wet asphalt: puddles mirror, the rest smears what it mirrors towards the eye; stone along the curb. */
function road(point: Vec, ray: Ray, distance: number, random: Random): Vec {
  const [x, , z] = point
  const walk = Math.abs(x) > CURB
  const pool = smoothstep(
    0.02,
    0.2,
    fbm2(x * 0.28, z * 0.16, 5, 70) +
      (walk ? -0.12 : 0.05) +
      0.1 * smoothstep(1, 0, Math.abs(Math.abs(x) - CURB + 0.5)),
  )
  const grit = fbm2(x * 19, z * 19, 4, 73)
  const joint = walk
    ? Math.min(Math.abs(((((x / 0.8) % 1) + 1) % 1) - 0.5), Math.abs(((z / 0.8) % 1) - 0.5))
    : 0.5
  const seam = smoothstep(0.49, 0.5, 0.5 - joint + 0.485)
  const dashed = Math.abs(x) < 0.07 && (((z / 5) % 1) + 1) % 1 < 0.45
  const zebra = z > 5.4 && z < 8 && Math.abs(x) < 4.6 && (((x / 0.95) % 1) + 1) % 1 < 0.5
  const paint = (dashed || zebra ? 1 : 0) * smoothstep(-0.3, 0.05, grit + 0.14)
  const albedo = blend(walk ? [0.16, 0.15, 0.145] : [0.05, 0.05, 0.054], [0.5, 0.49, 0.46], paint * 0.7)
  const dry = mul(
    scale(albedo, (1 + grit) * (1 - 0.6 * seam) * (1 - 0.55 * pool)),
    lighting(point, [0, 1, 0]),
  )
  const rough = 0.006 + (1 - pool) * (walk ? 0.085 : 0.07)
  const blur = () => (random.next() + random.next() + random.next() - 1.5) * rough * 1.5
  const fine = 0.03 * (1 - pool) + 0.003
  const normal = normalize([
    blur() * 0.55 + fine * noise2(x * 14, z * 14, 74),
    1,
    blur() + fine * noise2(x * 14, z * 14, 75),
  ])
  const up = reflect(ray.direction, normal)
  if (up[1] < 0.002) return dry
  const fresnel = 0.03 + 0.97 * (1 - clamp(-dot(ray.direction, normal))) ** 5
  const seen = trace({ origin: along(point, [0, 1, 0], 0.01), direction: up }, random, 1)
  const held = scale(seen, Math.min(1, 14 / Math.max(...seen, 1e-6)))
  return add(dry, scale(held, Math.min(1, fresnel * (0.55 + 0.45 * pool) * (distance > 0 ? 1.15 : 1))))
}

/** Lamps themselves, and the light that mist takes from each along the way. */
function mist(light: Vec, { origin, direction }: Ray, distance: number): Vec {
  const clear = Math.exp(-distance * 0.0085)
  let sum = blend([0.034, 0.03, 0.034], light, clear)
  for (const lamp of GLOWING) {
    const to = sub(lamp.at, origin)
    const closest = dot(to, direction)
    if (closest < -4) continue
    const square = Math.max(dot(to, to) - closest * closest, 1e-5)
    const d = Math.sqrt(square)
    if (d > 9) continue
    const core = closest > 0 && closest < distance + 0.3 ? smoothstep(lamp.radius, lamp.radius * 0.75, d) : 0
    const soft = d + 0.12
    const scattered = (Math.atan((distance - closest) / soft) + Math.atan(closest / soft)) / soft
    sum = along(sum, lamp.color, core * Math.exp(-closest * 0.004) + scattered * 0.0007 * smoothstep(9, 4, d))
  }
  return [Math.min(sum[0], BRIGHTEST), Math.min(sum[1], BRIGHTEST), Math.min(sum[2], BRIGHTEST)]
}

export function renderStreet(width: number, height: number, samples: number): Uint8Array {
  const film = new Film(width, height)
  const camera = {
    from: [-1.2, 1.5, -1] as Vec,
    at: [0.4, 3.4, 24] as Vec,
    angle: 58,
    lens: 0.025,
    focus: 15,
  }
  expose(film, camera, samples, (ray, random) => trace(ray, random, 0))
  film.calm(0.3)
  return film.develop({
    stops: -0.05,
    grain: 0.01,
    vignette: 0.3,
    bloom: 0.13,
    saturation: 1.1,
    balance: [0.97, 1, 1.06],
  })
}
