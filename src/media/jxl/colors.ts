/** `ColourEncoding` of JPEG XL: numbers of ITU-T H.273, or a profile (ISO/IEC 18181-1 section E.2). */
import type { BitReader, Choices } from './bits.ts'

export interface JxlColors {
  readonly isGray: boolean
  /** Samples that come out of a decoder are sRGB's, or its greys. */
  readonly isSrgb: boolean
}

const [RGB, GRAY, XYB] = [0, 1, 2]
const [D65, CUSTOM_WHITE] = [1, 2]
const [BT709, CUSTOM_PRIMARIES] = [1, 2]
const SRGB_CURVE = 13

const COORDINATE: Choices = [
  [0, 19],
  [524_288, 19],
  [1_048_576, 20],
  [2_097_152, 21],
]

export function readColors(r: BitReader): JxlColors {
  if (r.flag()) return { isGray: false, isSrgb: true }
  const hasProfile = r.flag()
  const space = r.word()
  const isGray = space === GRAY
  if (hasProfile) return { isGray, isSrgb: false }
  const isNamed = space !== XYB && readNamed(r, isGray)
  return { isGray, isSrgb: isNamed && (space === RGB || isGray) }
}

/** @returns whether they are sRGB's */
function readNamed(r: BitReader, isGray: boolean): boolean {
  const white = r.word()
  if (white === CUSTOM_WHITE) skipPoints(r, 1)
  const primaries = isGray ? BT709 : r.word()
  if (primaries === CUSTOM_PRIMARIES) skipPoints(r, 3)
  const hasGamma = r.flag()
  const curve = hasGamma ? r.bits(24) : r.word()
  return white === D65 && primaries === BT709 && !hasGamma && curve === SRGB_CURVE
}

function skipPoints(r: BitReader, count: number): void {
  for (let left = 2 * count; left > 0; left--) r.number(COORDINATE)
}
