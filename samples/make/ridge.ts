/** The same mountains on a clear morning, from the air: sharp rock, snow, forest, haze. */
import { expose } from './camera.ts'
import { Film } from './film.ts'
import { createLand, viewLand } from './lake.ts'
import type { Sky } from './sky.ts'
import { bearing } from './vector.ts'

const morning: Sky = {
  sun: bearing(78, 34),
  sunColor: [4.1, 3.6, 2.95],
  zenith: [0.13, 0.27, 0.62],
  horizon: [0.6, 0.72, 0.86],
  glow: [0.95, 0.9, 0.8],
  clouds: { cover: 0.1, lit: [1.35, 1.32, 1.28], shaded: [0.5, 0.56, 0.66], seed: 17 },
}

export function renderRidge(width: number, height: number, samples: number): Uint8Array {
  const land = createLand()
  const film = new Film(width, height)
  expose(film, { from: [1300, 900, 1300], at: [-1300, 700, 4300], angle: 44 }, samples, (ray) =>
    viewLand(land, morning, ray, true, 0.000028),
  )
  return film.develop({ stops: -0.1, grain: 0.006, vignette: 0.15, bloom: 0.03, saturation: 0.98 })
}
