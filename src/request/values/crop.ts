import type { CropBox, Length } from './types.ts'
import { parseDecimal } from './number.ts'

/** `w:h:x:y`, each in pixels of the upright original or, with `%`, of the side it runs along. */
export function parseCrop(text: string): CropBox | undefined {
  const parts = text.split(':')
  if (parts.length !== 4) return undefined
  const [width, height, x, y] = parts.map(parseLength)
  if (!width || !height || !x || !y || isZero(width) || isZero(height)) return undefined
  return { width, height, x, y }
}

function parseLength(text: string): Length | undefined {
  if (text.endsWith('%')) {
    const percent = parseDecimal(text.slice(0, -1), 0, 100)
    return percent === undefined ? undefined : { fraction: percent / 100 }
  }
  const px = parseDecimal(text, 0, 100_000)
  return px === undefined ? undefined : { px: Math.round(px) }
}

const isZero = (length: Length) => ('px' in length ? length.px === 0 : length.fraction === 0)
