/** A lake between mountains at dusk: the last sun on the peaks, the valley in blue shade. */
import { expose, type Ray } from './camera.ts'
import { decode, Film } from './film.ts'
import { clamp, fbm2, noise2, ridged2, smoothstep } from './noise.ts'
import { hashUnit } from './random.ts'
import { skyLight, throughAir, type Sky } from './sky.ts'
import { march, normalOf, sunlight, Terrain } from './terrain.ts'
import { add, along, bearing, blend, dot, mul, normalize, reflect, scale, type Vec } from './vector.ts'

const TOP = 2600
const EYE: Vec = [0, 2.6, 0]

export const dusk: Sky = {
  sun: bearing(112, 11),
  sunColor: [5.2, 2.35, 0.95],
  zenith: [0.1, 0.19, 0.42],
  horizon: [0.62, 0.5, 0.52],
  glow: [1.25, 0.66, 0.36],
  clouds: { cover: 0.02, lit: [1.5, 0.78, 0.52], shaded: [0.24, 0.25, 0.36], seed: 5 },
}

export function renderLake(width: number, height: number, samples: number): Uint8Array {
  const land = createLand()
  const film = new Film(width, height)
  const camera = { from: EYE, at: [-140, 290, 2600] as Vec, angle: 52 }
  expose(film, camera, samples, (ray) => viewLand(land, dusk, ray, true))
  return film.develop({ stops: 0.5, grain: 0.009, vignette: 0.22, bloom: 0.06, saturation: 1.12 })
}

/** Mountains on both sides of a valley that ends in a high peak. */
export function createLand(): Terrain {
  const coarse = new Terrain(1024, 12, -6100, -1200, (x, z) => {
    const bend = x + 260 * Math.sin(z / 1500) + 180 * noise2(z / 900, 3.3, 21)
    const shore = 430 + 0.05 * z + 130 * fbm2(x / 500, z / 500, 3, 60)
    const rise = smoothstep(shore, shore + 2300, Math.hypot(bend, Math.max(0, z - 3300) * 1.1))
    const crests = ridged2(x / 2900 + 4.2, z / 2900 + 1.1, 8, 3)
    const hills = fbm2(x / 1300, z / 1300, 7, 33)
    const bank = (Math.hypot(bend, Math.max(0, z - 3300) * 1.1) - shore) * 0.09
    return (
      clamp(bank, -40, 60) +
      rise * (2150 * crests ** 1.1 + 420 * hills) +
      30 * hills * smoothstep(-30, 40, bank)
    )
  })
  coarse.settle(12, 1.5)
  coarse.erode(500_000, 9)
  coarse.settle(6, 1.25)
  return coarse.refine(3, (x, z, slope) => clamp(slope - 0.25, 0, 1.2) * 26 * fbm2(x / 34, z / 34, 4, 90))
}

/** Light along a ray over land and, where `water` is true, the lake at height 0. */
export function viewLand(land: Terrain, sky: Sky, ray: Ray, water: boolean, air = 0.00005): Vec {
  const { origin, direction } = ray
  const surface = (x: number, z: number, t: number) => heightAt(land, x, z, t)
  const flat = water && direction[1] < 0 ? -origin[1] / direction[1] : Infinity
  const hit = march(surface, origin, direction, { far: Math.min(flat, 14_000), top: TOP })
  if (hit < flat) {
    const point = along(origin, direction, hit)
    return throughAir(sky, shade(land, sky, point, hit), direction, hit, point[1], air)
  }
  return flat < Infinity ? waterLight(land, sky, ray, flat) : skyLight(sky, direction)
}

/** Land with its stones and trees; less of them is made where less can be seen. */
function heightAt(land: Terrain, x: number, z: number, distance: number): number {
  const ground = land.at(x, z)
  if (ground < -3) return ground
  if (distance > 6000) return ground
  const trees = treeAt(x, z, ground)
  return distance < 400 ? ground + trees + stones(x, z, ground) : ground + trees
}

function stones(x: number, z: number, ground: number): number {
  return ground > 6 ? 0 : 0.9 * fbm2(x / 5, z / 5, 5, 70)
}

/** Two turned grids of pines, one a cell, thinning out with height and on cliffs. */
function treeAt(x: number, z: number, ground: number): number {
  if (ground < 2.5 || ground > 900) return 0
  const wood = noise2(x / 310, z / 310, 8) * 0.5 + noise2(x / 90, z / 90, 9) * 0.35
  const cover = 0.62 + wood - smoothstep(330, 820, ground) * 1.1 - smoothstep(2.5, 9, 11.5 - ground) * 0.35
  if (cover <= 0) return 0
  return Math.max(
    pine(x * 0.8 - z * 0.6, x * 0.6 + z * 0.8, cover, 1),
    pine(x * 0.95 + z * 0.31, z * 0.95 - x * 0.31, cover, 2),
  )
}

function pine(u: number, v: number, cover: number, grid: number): number {
  const cell = 8.5
  const i = Math.floor(u / cell)
  const j = Math.floor(v / cell)
  if (hashUnit(i, j, grid) > cover) return 0
  const tall = 9 + 15 * hashUnit(i, j, grid + 10)
  const reach = 2.3 + 1.3 * hashUnit(i, j, grid + 20)
  const du = u - (i + 0.5 + 0.3 * (hashUnit(i, j, grid + 30) - 0.5)) * cell
  const dv = v - (j + 0.5 + 0.3 * (hashUnit(i, j, grid + 40) - 0.5)) * cell
  const ragged = reach * (1 + 0.25 * noise2(u * 1.3, v * 1.3, 50))
  return Math.max(0, 1 - Math.hypot(du, dv) / ragged) * tall
}

const ROCK = decode('7d756d')
const DARK_ROCK = decode('4b4744')
const GRASS = decode('4b4f30')
const PINE = decode('25351f')
const SNOW: Vec = [0.86, 0.89, 0.95]

function shade(land: Terrain, sky: Sky, point: Vec, distance: number): Vec {
  const [x, , z] = point
  const ground = land.at(x, z)
  const eps = Math.max(0.25, distance * 0.0006)
  const surface = (a: number, b: number) => heightAt(land, a, b, distance)
  const normal = normalOf(surface, x, z, eps)
  const broad = normalOf((a, b) => land.at(a, b), x, z, 6)
  const tree = point[1] - ground > 1.2 && ground > 2.5
  let color = tree
    ? scale(PINE, 0.6 + 0.8 * hashUnit(Math.floor(x / 6), Math.floor(z / 6), 3))
    : soil(point, broad)
  if (!tree && ground < 1.5) color = scale(color, 0.55)
  const lit = sunlight((a, b) => land.at(a, b), [x, ground + (tree ? 8 : 2), z], sky.sun, TOP)
  const sun = scale(sky.sunColor, lit * clamp(dot(normal, sky.sun)))
  const open = 0.45 + 0.55 * broad[1]
  const deep = tree ? clamp(0.25 + (point[1] - ground) / 14) : 1
  const fill = scale(
    blend(sky.horizon, sky.zenith, 0.45 + 0.4 * normal[1]),
    0.85 * open * deep * (0.5 + 0.5 * normal[1]),
  )
  const bounce = scale(sky.sunColor, 0.035 * clamp(-dot(broad, sky.sun) + 0.3))
  return mul(color, add(add(sun, fill), bounce))
}

/** Rock in bands, grass where it is flat and low, snow where it is high and not too steep. */
function soil(point: Vec, broad: Vec): Vec {
  const [x, y, z] = point
  const patch = fbm2(x / 70, z / 70, 5, 14)
  const bands = noise2(y / 18 + patch * 2, x / 900, 15)
  const rock = blend(ROCK, DARK_ROCK, clamp(0.5 + bands * 0.4 + patch))
  const grass = smoothstep(0.62, 0.85, broad[1] + patch * 0.3) * (1 - smoothstep(500, 900, y + patch * 300))
  const land = blend(rock, scale(GRASS, 1 + patch), grass)
  const snow = smoothstep(560, 1050, y + patch * 500) * smoothstep(0.5, 0.7, broad[1] + patch * 0.3)
  return blend(land, SNOW, snow)
}

/** Still water with breaths of wind: a mirror that grows rough, over a dark bottom. */
function waterLight(land: Terrain, sky: Sky, ray: Ray, distance: number): Vec {
  const point = along(ray.origin, ray.direction, distance)
  const [x, , z] = point
  const wind = smoothstep(-0.15, 0.5, fbm2(x / 150, z / 420, 3, 44))
  const strength = 0.004 + 0.035 * wind
  const wave = (a: number, b: number) =>
    0.55 * noise2(a / 1.9, b / 1.1, 51) +
    0.3 * noise2(a / 0.8, b / 0.5, 52) +
    1.3 * noise2(a / 6.5, b / 3.2, 53)
  const e = 0.06
  const fade = 1 / (1 + distance / 900)
  const normal = normalize([
    ((wave(x - e, z) - wave(x + e, z)) / (2 * e)) * strength * fade,
    1,
    ((wave(x, z - e) - wave(x, z + e)) / (2 * e)) * strength * (0.35 + 0.65 * fade),
  ])
  const mirrored = reflect(ray.direction, normal)
  const up: Vec = normalize([mirrored[0], Math.max(mirrored[1], 0.002), mirrored[2]])
  const facing = clamp(-dot(ray.direction, normal))
  const fresnel = 0.02 + 0.98 * (1 - facing) ** 5
  const seen = viewLand(land, sky, { origin: [x, 0.02, z], direction: up }, false)
  const shallow = smoothstep(-7, 0, land.at(x, z))
  const body = blend([0.012, 0.03, 0.042], [0.05, 0.055, 0.045], shallow)
  return throughAir(sky, blend(body, scale(seen, 0.93), fresnel), ray.direction, distance, 0, 0.00003)
}
