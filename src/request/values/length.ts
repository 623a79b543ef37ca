import type { Length } from './types.ts'
import { parseDecimal } from './number.ts'

/** Pixels, or with `%` a part of a side. */
export function parseLength(text: string, mostPixels = 100_000): Length | undefined {
  if (text.endsWith('%')) {
    const percent = parseDecimal(text.slice(0, -1), 0, 100)
    return percent === undefined ? undefined : { fraction: percent / 100 }
  }
  const px = parseDecimal(text, 0, mostPixels)
  return px === undefined ? undefined : { px: Math.round(px) }
}

export const isZero = (length: Length) => ('px' in length ? length.px === 0 : length.fraction === 0)
