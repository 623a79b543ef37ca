/** Dunes in the last sun, upright: sharp crests, wind ripples, one long shadow beside the other. */
import { expose, type Ray } from './camera.ts'
import { Film } from './film.ts'
import { clamp, fbm2, noise2, smoothstep } from './noise.ts'
import { hashUnit } from './random.ts'
import { skyLight, throughAir, type Sky } from './sky.ts'
import { march, normalOf, sunlight } from './terrain.ts'
import { add, along, bearing, blend, dot, mul, normalize, scale, type Vec } from './vector.ts'

const TOP = 95
const evening: Sky = {
  sun: bearing(-78, 14),
  sunColor: [6.2, 3.5, 1.65],
  zenith: [0.13, 0.24, 0.5],
  horizon: [0.82, 0.62, 0.5],
  glow: [1.4, 0.85, 0.45],
  clouds: { cover: -0.16, lit: [1.5, 0.95, 0.7], shaded: [0.5, 0.45, 0.5], seed: 71 },
}

/** Gentle to windward, steep in the lee: crests of noise that lean. */
function dune(x: number, z: number): number {
  const bend = 42 * noise2(x / 260, z / 260, 1)
  const u = (x * 0.86 + z * 0.5 + bend) / 190
  const v = (z * 0.86 - x * 0.5) / 330
  const crest = 1 - Math.abs(noise2(u, v, 2))
  const second = 1 - Math.abs(noise2(u * 2.3 + 7, v * 2.1, 3))
  return 66 * crest ** 3 + 15 * second * second * crest + 4 * fbm2(x / 60, z / 60, 2, 4)
}

/** Small waves across the wind, lively near and gone far away. */
function ripples(x: number, z: number, distance: number): number {
  const fade = Math.exp(-distance / 110)
  if (fade < 0.02) return 0
  const phase = (x * 0.86 + z * 0.5) * 26 + 9 * fbm2(x / 2.6, z / 2.6, 3, 6) + 14 * noise2(x / 9, z / 9, 8)
  const wave = Math.sin(phase)
  const patch = smoothstep(-0.5, 0.3, noise2(x / 22, z / 22, 9))
  return (wave + 0.3 * wave * wave) * 0.016 * fade * patch
}

function view(ray: Ray): Vec {
  const { origin, direction } = ray
  const hit = march((x, z) => dune(x, z), origin, direction, {
    near: 0.6,
    far: 6000,
    top: TOP,
    stride: 0.6,
    fine: 0.001,
  })
  if (hit === Infinity) return skyLight(evening, direction)
  const point = along(origin, direction, hit)
  return throughAir(evening, sand(point, hit), direction, hit, point[1] * 6, 0.00032)
}

function sand(point: Vec, distance: number): Vec {
  const [x, , z] = point
  const broad = normalOf(dune, x, z, 0.4 + distance * 0.001)
  const fine = normalOf((a, b) => ripples(a, b, distance), x, z, 0.012 + distance * 0.0006)
  const grit = Math.exp(-distance / 30) * 0.16
  const cell = 220
  const [i, j] = [Math.floor(x * cell), Math.floor(z * cell)]
  const normal = normalize([
    broad[0] + fine[0] + grit * (hashUnit(i, j, 1) - 0.5),
    broad[1],
    broad[2] + fine[2] + grit * (hashUnit(i, j, 2) - 0.5),
  ])
  const stain = fbm2(x / 45, z / 45, 5, 12)
  const grain = 1 + 0.3 * (hashUnit(i, j, 3) - 0.5) * Math.exp(-distance / 25)
  const color = scale(blend([0.56, 0.33, 0.17], [0.42, 0.2, 0.095], clamp(0.5 + stain)), grain)
  const lit = sunlight(dune, [x, point[1] + 0.15, z], evening.sun, TOP, 0.8)
  const sun = scale(evening.sunColor, lit * clamp(dot(normal, evening.sun)))
  const fill = scale(
    blend(evening.horizon, evening.zenith, 0.5 + 0.3 * normal[1]),
    0.5 * (0.6 + 0.4 * normal[1]),
  )
  const bounce = scale(evening.sunColor, 0.035 * (1 - broad[1] * 0.6))
  return mul(color, add(add(sun, fill), bounce))
}

/** The highest place within reach of the middle, and a photographer on it. */
function crestNear(reach: number): Vec {
  let best: Vec = [0, -Infinity, 0]
  for (let z = -reach; z <= reach; z += 4)
    for (let x = -reach; x <= reach; x += 4) if (dune(x, z) > best[1]) best = [x, dune(x, z), z]
  return add(best, [-5, 4.5, -9])
}

export function renderDunes(width: number, height: number, samples: number): Uint8Array {
  const film = new Film(width, height)
  const eye = crestNear(200)
  expose(film, { from: eye, at: [eye[0] + 6, eye[1] - 13, eye[2] + 60], angle: 46 }, samples, view)
  return film.develop({ stops: -1, grain: 0.008, vignette: 0.2, bloom: 0.03, saturation: 0.92 })
}
