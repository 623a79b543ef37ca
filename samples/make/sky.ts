/** Air: the colour of the sky, clouds, and what distance does to colour. */
import { clamp, fbm2, noise2, smoothstep } from './noise.ts'
import { blend, dot, scale, type Vec } from './vector.ts'

export interface Sky {
  readonly sun: Vec
  readonly sunColor: Vec
  readonly zenith: Vec
  readonly horizon: Vec
  /** Around the sun, near the horizon. */
  readonly glow: Vec
  readonly clouds:
    { readonly cover: number; readonly lit: Vec; readonly shaded: Vec; readonly seed: number } | undefined
}

export function skyLight(sky: Sky, direction: Vec): Vec {
  const up = clamp(direction[1])
  const toSun = clamp(dot(direction, sky.sun) * 0.5 + 0.5)
  let light = blend(sky.horizon, sky.zenith, 1 - (1 - up) ** 2.6)
  light = blend(light, sky.glow, toSun ** 5 * (1 - up) ** 5 * 0.85)
  if (sky.clouds && direction[1] > 0.004) light = withClouds(sky, sky.clouds, direction, light, toSun)
  return light
}

type Clouds = NonNullable<Sky['clouds']>

/** Two thin layers, each lit by how much it thins towards the sun. */
function withClouds(sky: Sky, clouds: Clouds, direction: Vec, behind: Vec, toSun: number): Vec {
  let light = behind
  for (const layer of [1, 0]) {
    const height = layer === 1 ? 5200 : 2600
    const t = height / (direction[1] + 0.02)
    const x = (direction[0] * t) / 1500
    const z = (direction[2] * t) / 1500
    const here = density(x, z, clouds, layer)
    if (here <= 0) continue
    const there = density(x + sky.sun[0] * 0.22, z + sky.sun[2] * 0.22, clouds, layer)
    const rim = clamp(0.45 + (here - there) * 1.5 + (toSun - 0.5) * 0.5)
    const color = blend(clouds.shaded, clouds.lit, rim * (1 - here * 0.35))
    const distance = smoothstep(0.0, 0.16, direction[1])
    light = blend(light, blend(sky.horizon, color, 0.3 + 0.7 * distance), here * (0.25 + 0.7 * distance))
  }
  return light
}

function density(x: number, z: number, { cover, seed }: Clouds, layer: number): number {
  const stretch = layer === 1 ? 0.45 : 1
  const bend = fbm2(x * 0.6, z * 0.6, 3, seed + 40)
  const shape = fbm2(x * 0.75 * stretch + bend * 0.9, z * 0.75 + bend * 0.6, 7, seed + layer * 9)
  const patches = noise2(x * 0.16, z * 0.16, seed + 80 + layer) * 0.35
  const edge = layer === 1 ? 0.15 : 0.0
  return smoothstep(edge - cover, edge - cover + 0.55, shape + patches) * (layer === 1 ? 0.6 : 0.95)
}

/** Light from a surface `distance` metres away, after the air between. */
export function throughAir(
  sky: Sky,
  light: Vec,
  direction: Vec,
  distance: number,
  height: number,
  thickness: number,
): Vec {
  const thin = Math.exp(-Math.max(height, 0) / 1400)
  const air = 1 - Math.exp(-distance * thickness * (0.35 + 0.65 * thin))
  const toSun = clamp(dot(direction, sky.sun) * 0.5 + 0.5)
  const haze = blend(scale(blend(sky.horizon, sky.zenith, 0.55), 0.8), sky.glow, toSun ** 4 * 0.7)
  return blend(light, haze, air)
}
