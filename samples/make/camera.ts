/** A camera with a thin lens, and the loop that takes a picture with it. */
import type { Film } from './film.ts'
import { Random } from './random.ts'
import { along, cross, normalize, scale, sub, type Vec } from './vector.ts'

export interface Camera {
  readonly from: Vec
  readonly at: Vec
  /** Horizontal angle of view, degrees. */
  readonly angle: number
  /** Radius of the lens, 0 for a pinhole. */
  readonly lens?: number
  /** Distance that is sharp. */
  readonly focus?: number
}

export interface Ray {
  readonly origin: Vec
  readonly direction: Vec
}

/** Light that arrives along a ray. */
export type Radiance = (ray: Ray, random: Random) => Vec

/** Fills the film: `samples` rays a pixel, stratified, each with its own point on the lens. */
export function expose(film: Film, camera: Camera, samples: number, radiance: Radiance): void {
  const shoot = aim(camera, film.width, film.height)
  const side = Math.ceil(Math.sqrt(samples))
  for (let y = 0; y < film.height; y++) {
    const random = new Random(y + 1)
    for (let x = 0; x < film.width; x++) {
      for (let i = 0; i < samples; i++) {
        const dx = ((i % side) + random.next()) / side
        const dy = (Math.floor(i / side) + random.next()) / Math.ceil(samples / side)
        film.add(x, y, radiance(shoot(x + dx, y + dy, random), random), 1 / samples)
      }
    }
  }
}

function aim(camera: Camera, width: number, height: number) {
  const forward = normalize(sub(camera.at, camera.from))
  const right = normalize(cross([0, 1, 0], forward))
  const up = cross(forward, right)
  const reach = Math.tan((camera.angle * Math.PI) / 360)
  const { lens = 0, focus = 1 } = camera
  return (px: number, py: number, random: Random): Ray => {
    const u = ((2 * px) / width - 1) * reach
    const v = ((height - 2 * py) / width) * reach
    const through = along(along(forward, right, u), up, v)
    if (lens === 0) return { origin: camera.from, direction: normalize(through) }
    const radius = lens * Math.sqrt(random.next())
    const turn = 2 * Math.PI * random.next()
    const shift = along(scale(right, radius * Math.cos(turn)), up, radius * Math.sin(turn))
    return { origin: along(camera.from, shift, 1), direction: normalize(sub(scale(through, focus), shift)) }
  }
}
