/** CSS colours: names, `transparent`, hex with or without `#`, `rgb()`, `hsl()` (CSS Color 4, sections 4 to 7). */
import type { Color } from './types.ts'
import { COLOR_NAMES } from './color-names.ts'

/** No colour needs more; splitting a long run of blanks would take time that grows with its square. */
const LONGEST = 64

export function parseColor(text: string): Color | undefined {
  if (text.length > LONGEST) return undefined
  const word = text.trim().toLowerCase()
  if (word === 'transparent') return { r: 0, g: 0, b: 0, a: 0 }
  if (Object.hasOwn(COLOR_NAMES, word)) return fromInteger(COLOR_NAMES[word] ?? 0)
  return parseHex(word.replace(/^#/, '')) ?? parseFunction(word)
}

function fromInteger(rgb: number): Color {
  return { r: rgb >> 16, g: (rgb >> 8) & 255, b: rgb & 255, a: 1 }
}

/** 3, 4, 6 or 8 hex digits. */
function parseHex(digits: string): Color | undefined {
  if (!/^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/.test(digits)) return undefined
  const long = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits
  const alpha = long.length === 8 ? Number.parseInt(long.slice(6), 16) / 255 : 1
  return { ...fromInteger(Number.parseInt(long.slice(0, 6), 16)), a: roundAlpha(alpha) }
}

function parseFunction(text: string): Color | undefined {
  const match = /^(rgb|hsl)a?\(([^()]*)\)$/.exec(text)
  if (!match) return undefined
  const parts = (match[2] ?? '').trim().split(/\s*[,/]\s*|\s+/)
  if (parts.length < 3 || parts.length > 4) return undefined
  const alpha = parts[3] === undefined ? 1 : unit(parts[3], 1)
  if (alpha === undefined) return undefined
  const rgb = match[1] === 'rgb' ? readRgb(parts) : readHsl(parts)
  return rgb && { r: rgb[0], g: rgb[1], b: rgb[2], a: roundAlpha(alpha) }
}

type Triple = readonly [number, number, number]

function readRgb(parts: readonly string[]): Triple | undefined {
  const [r, g, b] = parts.slice(0, 3).map((part) => unit(part, 255))
  if (r === undefined || g === undefined || b === undefined) return undefined
  return [Math.round(r * 255), Math.round(g * 255), Math.round(b * 255)]
}

/** CSS Color 4, section 7.1. */
function readHsl(parts: readonly string[]): Triple | undefined {
  const hue = readHue(parts[0] ?? '')
  const [s, l] = [unit(parts[1] ?? '', 100), unit(parts[2] ?? '', 100)]
  if (hue === undefined || s === undefined || l === undefined) return undefined
  const channel = (n: number) => {
    const k = (((n + hue / 30) % 12) + 12) % 12
    return Math.round(255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
  }
  return [channel(0), channel(8), channel(4)]
}

/** Degrees. */
function readHue(text: string): number | undefined {
  const match = /^(-?\d{1,9}(?:\.\d{1,9})?)(deg|grad|rad|turn)?$/.exec(text)
  return match ? Number(match[1]) * (DEGREES[match[2] ?? 'deg'] ?? 1) : undefined
}
const DEGREES: Readonly<Record<string, number>> = { deg: 1, grad: 0.9, rad: 180 / Math.PI, turn: 360 }

/** `50%` or a number out of `whole`, as 0 to 1. */
function unit(text: string, whole: number): number | undefined {
  if (!/^\d+(\.\d+)?%?$/.test(text)) return undefined
  const value = Number.parseFloat(text) / (text.endsWith('%') ? 100 : whole)
  return value <= 1 ? value : undefined
}

const roundAlpha = (alpha: number) => Math.round(alpha * 1000) / 1000
