import type { CropBox } from './types.ts'
import { isZero, parseLength } from './length.ts'

/** `w:h:x:y`, each in pixels of the upright original or, with `%`, of the side it runs along. */
export function parseCrop(text: string): CropBox | undefined {
  const parts = text.split(':')
  if (parts.length !== 4) return undefined
  const [width, height, x, y] = parts.map((part) => parseLength(part))
  if (!width || !height || !x || !y || isZero(width) || isZero(height)) return undefined
  return { width, height, x, y }
}
