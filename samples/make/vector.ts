/** Directions, places and colours (linear light) as three numbers. */
export type Vec = readonly [x: number, y: number, z: number]

export function add(a: Vec, b: Vec): Vec {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
export function sub(a: Vec, b: Vec): Vec {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
export function mul(a: Vec, b: Vec): Vec {
  return [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}
export function scale(a: Vec, by: number): Vec {
  return [a[0] * by, a[1] * by, a[2] * by]
}
/** a + b * by */
export function along(a: Vec, b: Vec, by: number): Vec {
  return [a[0] + b[0] * by, a[1] + b[1] * by, a[2] + b[2] * by]
}
export function blend(a: Vec, b: Vec, t: number): Vec {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}
export function dot(a: Vec, b: Vec): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
export function cross(a: Vec, b: Vec): Vec {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
export function normalize(a: Vec): Vec {
  return scale(a, 1 / Math.sqrt(dot(a, a)))
}
export function reflect(direction: Vec, normal: Vec): Vec {
  return along(direction, normal, -2 * dot(direction, normal))
}
/** A direction from compass degrees (0 is +z, 90 is +x) and degrees above the horizon. */
export function bearing(azimuth: number, elevation: number): Vec {
  const a = (azimuth * Math.PI) / 180
  const e = (elevation * Math.PI) / 180
  return [Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)]
}
