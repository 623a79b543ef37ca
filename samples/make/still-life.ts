/** A table by a window: glass, brass, clay and fruit, traced path by path through a lens with little depth. */
import { expose, type Camera } from './camera.ts'
import { decode, Film } from './film.ts'
import { fbm2, fbm3, noise2, noise3, smoothstep } from './noise.ts'
import { tracer, type Body, type Material, type Room } from './tracer.ts'
import { add, blend, scale, type Vec } from './vector.ts'

const WOOD_DARK = decode('4a2c17')
const WOOD = decode('9a6a3c')

/** Boards with growth rings, pores along the grain and joints between. */
function wood(point: Vec): Material {
  const board = Math.floor(point[2] / 0.62)
  const x = point[0] + board * 3.7
  const across = point[2] / 0.62 - board
  const bend = 0.09 * noise2(x * 0.9, board * 5.1, 3) + 0.03 * noise2(x * 4, point[2] * 9, 4)
  const rings =
    0.5 + 0.5 * Math.sin((point[2] * 9 + bend * 32 + 1.6 * fbm2(x * 0.45, point[2] * 2.6, 4, 5)) * 2.4)
  const pores = smoothstep(0.18, 0.5, noise2(x * 7, point[2] * 120, 6)) * 0.45
  const joint = smoothstep(0.02, 0.006, Math.min(across, 1 - across))
  const tone = blend(WOOD, WOOD_DARK, Math.min(1, rings * 0.55 + pores + 0.25 * noise2(board * 9.3, 1.5, 8)))
  return {
    color: scale(tone, 1 - 0.8 * joint),
    gloss: 0.06,
    roughness: 0.16 + 0.14 * pores + 0.1 * fbm2(x * 3, point[2] * 3, 3, 9),
    bump: [0, 0, (pores - 0.2) * 0.05 + noise2(x * 5, point[2] * 70, 10) * 0.02],
  }
}

/** Plaster: cloudy, a little rough. */
function plaster(point: Vec): Material {
  const stain = fbm2(point[0] * 0.7, point[1] * 0.7, 6, 20)
  return {
    color: blend(decode('8f9a96'), decode('5f6e70'), 0.5 + stain),
    gloss: 0,
    roughness: 1,
    bump: [0.25 * fbm2(point[0] * 6, point[1] * 6, 4, 21), 0.25 * fbm2(point[0] * 6, point[1] * 6, 4, 25), 0],
  }
}

/** Peel: pores in the skin, a paler patch, warm under the surface. */
function peel(ripe: Vec, pale: Vec, seed: number) {
  return (p: Vec): Material => {
    const blotch = 0.5 + 0.7 * fbm3(p[0] * 2.6 + seed, p[1] * 2.6, p[2] * 2.6, 4)
    const pit = (at: Vec) => noise3(at[0] * 46, at[1] * 46, at[2] * 46, seed)
    const e = 0.006
    const here = pit(p)
    return {
      color: scale(blend(pale, ripe, blotch), 1 - 0.22 * Math.max(0, -here)),
      gloss: 0.045,
      roughness: 0.27,
      bump: [
        (pit(add(p, [e, 0, 0])) - here) * -0.3,
        (pit(add(p, [0, e, 0])) - here) * -0.3,
        (pit(add(p, [0, 0, e])) - here) * -0.3,
      ],
    }
  }
}

/** Thrown clay: rings of the wheel, glaze that stops above the foot. */
function clay(p: Vec): Material {
  const glaze = smoothstep(-0.42, -0.3, p[1] + 0.07 * noise2(Math.atan2(p[2], p[0]) * 2.2, 1, 30))
  const speckle = smoothstep(0.55, 0.75, noise3(p[0] * 30, p[1] * 30, p[2] * 30, 31))
  const ring = Math.sin(p[1] * 60 + fbm3(p[0] * 2, p[1] * 2, p[2] * 2, 3) * 4)
  const bare = scale(decode('a8785a'), 0.9 + 0.2 * noise3(p[0] * 20, p[1] * 20, p[2] * 20, 32))
  return {
    color: blend(bare, blend(decode('2f5f78'), decode('17303f'), speckle), glaze),
    gloss: 0.055 * glaze,
    roughness: 0.09 + 0.6 * (1 - glaze),
    bump: [0, ring * 0.035, 0],
  }
}

function metal(color: Vec, roughness: number) {
  return (p: Vec): Material => ({
    color,
    metal: true,
    gloss: 1,
    roughness: roughness * (1 + 0.8 * fbm3(p[0] * 5, p[1] * 5, p[2] * 5, 4, 40)),
    bump: [0, 0, 0],
  })
}

function glass(tint: Vec) {
  return (): Material => ({ color: tint, glass: 1.5, gloss: 0, roughness: 0, bump: [0, 0, 0] })
}

const ball = (x: number, z: number, radius: number, material: Body['material'], flat = 1): Body => ({
  center: [x, radius * flat, z],
  radii: [radius, radius * flat, radius],
  material,
})

const orange = peel(decode('e8730f'), decode('f39a2b'), 1)
const lemon = peel(decode('e9b913'), decode('dcc65a'), 2)
const berry = peel(decode('2b2f55'), decode('5a6288'), 3)

const table: readonly Body[] = [
  { center: [-1.02, 0.78, 0.95], radii: [0.74, 0.78, 0.74], material: clay },
  ball(0.05, 0.15, 0.46, orange, 0.94),
  ball(0.78, 0.72, 0.47, orange, 0.95),
  ball(-0.72, -0.42, 0.3, metal(decode('d8b068'), 0.045)),
  { ...ball(0.72, -0.42, 0.36, glass([0.93, 0.985, 0.97])), isClear: true },
  { center: [1.52, 0.27, 0.1], radii: [0.4, 0.27, 0.28], material: lemon },
  ball(1.36, -0.62, 0.17, metal(decode('d9dcdf'), 0.12)),
  ball(-0.08, -0.72, 0.1, berry),
  ball(0.13, -0.86, 0.095, berry),
  ball(0.16, -0.62, 0.105, berry),
  ball(-0.34, -0.92, 0.1, berry),
  ball(-1.5, -0.35, 0.1, berry),
  { ...ball(-0.3, -0.48, 0.13, glass([0.75, 0.92, 0.8])), isClear: true },
]

const room: Room = {
  bodies: table,
  floor: wood,
  wall: { z: 3.1, material: plaster },
  /** Panes of a window on the left, in metres from its corner. */
  window: {
    corner: [-4.2, 1.15, -1.9],
    across: [0, 0, 3.3],
    up: [0, 2.9, 0],
    panes: [2, 2],
    frame: 0.07,
    light: [15, 14, 12.6],
  },
  ambient: [0.17, 0.2, 0.25],
}

const across: Camera = { from: [0.35, 1.75, -5], at: [0.12, 0.55, 0.2], angle: 37, lens: 0.05, focus: 4.95 }
const close: Camera = {
  from: [-0.05, 0.62, -2.75],
  at: [-0.22, 0.19, -0.6],
  angle: 36,
  lens: 0.05,
  focus: 2.02,
}

export function renderStillLife(width: number, height: number, samples: number): Uint8Array {
  return take(across, 0.15, width, height, samples)
}

/** The small things of the same table from near, with little depth. */
export function renderMarbles(width: number, height: number, samples: number): Uint8Array {
  return take(close, 0.3, width, height, samples)
}

function take(camera: Camera, stops: number, width: number, height: number, samples: number): Uint8Array {
  const film = new Film(width, height)
  expose(film, camera, samples, tracer(room))
  film.calm(0.5)
  return film.develop({ stops, grain: 0.007, vignette: 0.25, bloom: 0.05, saturation: 1.05 })
}
