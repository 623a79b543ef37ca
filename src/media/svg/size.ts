/** The size of an SVG picture in CSS pixels (CSS Values 4, section 6.2), as browsers show it by itself. */
import type { OpenTag } from './tokens.ts'

/** Pixels of one unit. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 96 / 72,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  q: 96 / 101.6,
  em: 16,
  rem: 16,
  ex: 8,
}

export interface SvgSize {
  readonly width: number
  readonly height: number
}

/**
 * Whole pixels, at least one. A side that is missing or a percentage follows from the other one by the shape of the
 * `viewBox`, both of them are its own; without any of that, browsers' 300 x 150. Undefined where a side is not above 0.
 */
export function sizeOf(attributes: OpenTag['attributes']): SvgSize | undefined {
  const [width, height] = [lengthOf(attributes.get('width')), lengthOf(attributes.get('height'))]
  const box = boxOf(attributes.get('viewBox'))
  const shape = box ? box.width / box.height : undefined
  const sides = [
    width ?? (height !== undefined && shape ? height * shape : (box?.width ?? 300)),
    height ?? (width !== undefined && shape ? width / shape : (box?.height ?? 150)),
  ]
  const [across = 0, down = 0] = sides
  if (!(across > 0) || !(down > 0) || across > 1e9 || down > 1e9) return undefined
  return { width: Math.max(1, Math.round(across)), height: Math.max(1, Math.round(down)) }
}

function lengthOf(text: string | undefined): number | undefined {
  const parts = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*|%)\s*$/i.exec(text ?? '')
  const unit = UNITS[(parts?.[2] ?? '').toLowerCase()]
  return parts && unit !== undefined ? Number(parts[1]) * unit : undefined
}

function boxOf(text: string | undefined): SvgSize | undefined {
  const [, , width = 0, height = 0] = (text ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number)
  return width > 0 && height > 0 ? { width, height } : undefined
}
