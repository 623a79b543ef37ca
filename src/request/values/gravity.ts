import type { AskedGravity, Gravity } from './types.ts'
import { parseDecimal } from './number.ts'

/** Compass names as focal points: fractions of width and height from the top left. */
export const COMPASS: Readonly<Record<string, Gravity>> = {
  center: { x: 0.5, y: 0.5 },
  north: { x: 0.5, y: 0 },
  northeast: { x: 1, y: 0 },
  east: { x: 1, y: 0.5 },
  southeast: { x: 1, y: 1 },
  south: { x: 0.5, y: 1 },
  southwest: { x: 0, y: 1 },
  west: { x: 0, y: 0.5 },
  northwest: { x: 0, y: 0 },
}

/** `auto`, a compass name, or a focal point such as `0.3x0.7`. */
export function parseGravity(text: string): AskedGravity | undefined {
  const name = text.toLowerCase()
  if (name === 'auto') return 'auto'
  if (Object.hasOwn(COMPASS, name)) return COMPASS[name]
  const [left, top, ...rest] = name.split('x')
  if (left === undefined || top === undefined || rest.length > 0) return undefined
  const [x, y] = [parseDecimal(left, 0, 1), parseDecimal(top, 0, 1)]
  return x === undefined || y === undefined ? undefined : { x, y }
}
