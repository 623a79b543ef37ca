/** A path tracer for ellipsoids on a table in a room with one window. */
import type { Radiance, Ray } from './camera.ts'
import type { Random } from './random.ts'
import { add, along, cross, dot, mul, normalize, reflect, scale, sub, type Vec } from './vector.ts'

export interface Material {
  /** Share of light sent back, by colour; for glass what passes a wall of it. */
  readonly color: Vec
  /** Share mirrored when seen straight on, before Fresnel. */
  readonly gloss: number
  /** 0 is a mirror, 1 is chalk. */
  readonly roughness: number
  /** Added to the normal. */
  readonly bump: Vec
  readonly metal?: boolean
  /** Index of refraction, where it is clear. */
  readonly glass?: number
}

export interface Body {
  readonly center: Vec
  readonly radii: Vec
  /** Clear bodies let light from the window through, as they nearly do. */
  readonly isClear?: boolean
  /** What it is made of at a place relative to its centre. */
  material(local: Vec): Material
}

export interface Window {
  readonly corner: Vec
  readonly across: Vec
  readonly up: Vec
  readonly panes: readonly [across: number, up: number]
  /** Share of a pane that its frame takes on each side. */
  readonly frame: number
  readonly light: Vec
}

export interface Room {
  readonly bodies: readonly Body[]
  /** At y = 0. */
  floor(point: Vec): Material
  readonly wall: { readonly z: number; material(point: Vec): Material }
  readonly window: Window
  readonly ambient: Vec
}

const NEAR = 1e-4
const BOUNCES = 7
/** Light of one path is held to this, or rare ones would leave white dots. */
const BRIGHTEST = 12
/** The same for the window seen in a mirror or glass that a rough surface sees. */
const DIMMEST = 0.15

/** The light along a ray: one path of random bounces, the window asked at each rough one. */
export function tracer(room: Room): Radiance {
  const { window } = room
  const facing = normalize(cross(window.up, window.across))
  const whole = cross(window.across, window.up)
  const area = Math.sqrt(dot(whole, whole)) * (1 - 2 * window.frame) ** 2

  function pane(u: number, v: number): boolean {
    if (u < 0 || u > 1 || v < 0 || v > 1) return false
    const a = (u * window.panes[0]) % 1
    const b = (v * window.panes[1]) % 1
    return Math.min(a, 1 - a, b, 1 - b) > window.frame
  }

  /** The window, seen directly or in a mirror; else the dim rest of the room. */
  function outside(ray: Ray): Vec {
    const slope = dot(ray.direction, facing)
    if (Math.abs(slope) > 1e-6) {
      const t = dot(sub(window.corner, ray.origin), facing) / slope
      const local = sub(along(ray.origin, ray.direction, t), window.corner)
      const u = dot(local, window.across) / dot(window.across, window.across)
      const v = dot(local, window.up) / dot(window.up, window.up)
      if (t > 0 && pane(u, v)) return scale(window.light, 0.75 + 0.5 * v)
    }
    return scale(room.ambient, 0.55 + 0.6 * Math.max(0, ray.direction[1]))
  }

  function fromWindow(point: Vec, normal: Vec, random: Random): Vec {
    const u = within(window.panes[0], window.frame, random)
    const v = within(window.panes[1], window.frame, random)
    const to = sub(along(along(window.corner, window.across, u), window.up, v), point)
    const distance = Math.sqrt(dot(to, to))
    const direction = scale(to, 1 / distance)
    const cosine = dot(direction, normal)
    if (cosine <= 0 || isBlocked(room, point, direction, distance)) return [0, 0, 0]
    const solid = (cosine * Math.abs(dot(direction, facing)) * area) / (distance * distance * Math.PI)
    return scale(window.light, solid * (0.75 + 0.5 * v))
  }

  return (first, random) => {
    let ray = first
    let light: Vec = [0, 0, 0]
    let kept: Vec = [1, 1, 1]
    /** After a rough bounce the window was asked already: seeing it again would count it twice. */
    let counts = true
    let isRough = false
    let spread = 0
    for (let bounce = 0; bounce < BOUNCES; bounce++) {
      const hit = meet(room, ray)
      if (!hit) {
        const seen = outside(ray)
        const isWindow = seen[0] > 1
        if (counts || !isWindow) light = add(light, held(mul(kept, seen), isRough ? DIMMEST : BRIGHTEST))
        break
      }
      const { material, point } = hit
      if (spread > 0.1) isRough = true
      if (material.glass !== undefined) {
        ray = refract(ray, point, hit.normal, material.glass, random)
        kept = mul(kept, material.color)
        counts = true
        continue
      }
      const facingRay = dot(hit.normal, ray.direction) > 0 ? scale(hit.normal, -1) : hit.normal
      const cosine = Math.max(0, -dot(facingRay, ray.direction))
      const mirrored = material.metal
        ? 1
        : material.gloss === 0
          ? 0
          : material.gloss + (1 - material.gloss) * (1 - cosine) ** 5 * (1 - material.roughness)
      const origin = along(point, facingRay, NEAR)
      // Highlights of the first surface are what the eye looks at: they get more paths than their share.
      const share = bounce === 0 && mirrored > 0 ? Math.max(mirrored, 0.4) : mirrored
      if (random.next() < share) {
        kept = scale(kept, mirrored / share)
        spread = Math.max(spread, material.roughness)
        const fuzzy = along(
          reflect(ray.direction, facingRay),
          inBall(random),
          material.roughness * material.roughness + 0.25 * material.roughness * (material.metal ? 0.4 : 1),
        )
        const direction = normalize(fuzzy)
        if (dot(direction, facingRay) <= 0) break
        ray = { origin, direction }
        if (material.metal) kept = mul(kept, material.color)
        counts = true
      } else {
        kept = scale(mul(kept, material.color), (1 - mirrored) / (1 - share))
        isRough = true
        light = add(light, mul(kept, fromWindow(origin, facingRay, random)))
        ray = { origin, direction: normalize(along(facingRay, onSphere(random), 0.999)) }
        counts = false
      }
      if (bounce > 2) {
        const chance = Math.min(1, Math.max(kept[0], kept[1], kept[2]))
        if (random.next() > chance) break
        kept = scale(kept, 1 / chance)
      }
    }
    return held(light, BRIGHTEST)
  }
}

/** A place from 0 to 1 that is glass, not frame. */
function within(panes: number, frame: number, random: Random): number {
  return (Math.floor(random.next() * panes) + frame + (1 - 2 * frame) * random.next()) / panes
}

function held(light: Vec, most: number): Vec {
  return [Math.min(light[0], most), Math.min(light[1], most), Math.min(light[2], most)]
}

interface Hit {
  readonly point: Vec
  readonly normal: Vec
  readonly material: Material
}

function meet(room: Room, ray: Ray): Hit | undefined {
  const { origin, direction } = ray
  let nearest = Infinity
  let body: Body | undefined
  for (const candidate of room.bodies) {
    const t = meetBody(candidate, origin, direction)
    if (t < nearest) {
      nearest = t
      body = candidate
    }
  }
  const floor = direction[1] < 0 ? -origin[1] / direction[1] : Infinity
  const wall = direction[2] > 0 ? (room.wall.z - origin[2]) / direction[2] : Infinity
  const plane = Math.min(floor, wall)
  if (plane < nearest && plane > NEAR) {
    const point = along(origin, direction, plane)
    if (Math.abs(point[0]) > 12 || point[2] < -8 || point[1] > 6) return undefined
    const material = floor < wall ? room.floor(point) : room.wall.material(point)
    return { point, material, normal: normalize(add(floor < wall ? [0, 1, 0] : [0, 0, -1], material.bump)) }
  }
  if (!body) return undefined
  const point = along(origin, direction, nearest)
  const local = sub(point, body.center)
  const material = body.material(local)
  const [a, b, c] = body.radii
  const smooth = normalize([local[0] / (a * a), local[1] / (b * b), local[2] / (c * c)])
  return { point, material, normal: normalize(add(smooth, material.bump)) }
}

/** Distance to an ellipsoid, or Infinity: a sphere in space scaled by its radii. */
function meetBody(body: Body, origin: Vec, direction: Vec): number {
  const ia = 1 / body.radii[0]
  const ib = 1 / body.radii[1]
  const ic = 1 / body.radii[2]
  const ox = (origin[0] - body.center[0]) * ia
  const oy = (origin[1] - body.center[1]) * ib
  const oz = (origin[2] - body.center[2]) * ic
  const dx = direction[0] * ia
  const dy = direction[1] * ib
  const dz = direction[2] * ic
  const a = dx * dx + dy * dy + dz * dz
  const b = ox * dx + oy * dy + oz * dz
  const c = ox * ox + oy * oy + oz * oz - 1
  const root = b * b - a * c
  if (root < 0) return Infinity
  const reach = Math.sqrt(root)
  const near = (-b - reach) / a
  if (near > NEAR) return near
  const far = (-b + reach) / a
  return far > NEAR ? far : Infinity
}

function isBlocked(room: Room, origin: Vec, direction: Vec, distance: number): boolean {
  for (const body of room.bodies) {
    if (!body.isClear && meetBody(body, origin, direction) < distance) return true
  }
  return false
}

/** Through or off a clear surface, by Fresnel's share (Schlick). */
function refract(ray: Ray, point: Vec, normal: Vec, index: number, random: Random): Ray {
  const entering = dot(ray.direction, normal) < 0
  const n = entering ? normal : scale(normal, -1)
  const ratio = entering ? 1 / index : index
  const cosine = -dot(ray.direction, n)
  const beyond = 1 - ratio * ratio * (1 - cosine * cosine)
  const straight = ((1 - index) / (1 + index)) ** 2
  const share = straight + (1 - straight) * (1 - (entering ? cosine : Math.sqrt(Math.max(0, beyond)))) ** 5
  if (beyond < 0 || random.next() < share) {
    return { origin: along(point, n, NEAR), direction: normalize(reflect(ray.direction, n)) }
  }
  const direction = along(scale(ray.direction, ratio), n, ratio * cosine - Math.sqrt(beyond))
  return { origin: along(point, n, -NEAR), direction: normalize(direction) }
}

function onSphere(random: Random): Vec {
  const y = 1 - 2 * random.next()
  const r = Math.sqrt(1 - y * y)
  const turn = 2 * Math.PI * random.next()
  return [r * Math.cos(turn), y, r * Math.sin(turn)]
}

function inBall(random: Random): Vec {
  return scale(onSphere(random), Math.cbrt(random.next()))
}
