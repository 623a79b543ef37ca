/** `ColourEncoding` of JPEG XL: numbers of ITU-T H.273 and points of CIE 1931, or a profile (ISO/IEC 18181-1 section E.2). */
import type { BitReader, Choices } from './bits.ts'

export interface JxlColors {
  readonly isGray: boolean
  /** An ICC profile says more. */
  readonly hasProfile: boolean
  /** Absent where there is a profile, and where nobody knows. */
  readonly named?: NamedColors
}

export type Point = readonly [x: number, y: number]
export interface NamedColors {
  readonly white: Point
  readonly primaries: readonly [red: Point, green: Point, blue: Point]
  /** `pq` and `hlg` are of pictures that are brighter than white. */
  readonly curve: 'srgb' | 'bt709' | 'linear' | 'pq' | 'hlg' | { readonly gamma: number }
}

const D65 = [0.3127, 0.329] as const
const BT709 = [
  [0.64, 0.33],
  [0.3, 0.6],
  [0.15, 0.06],
] as const
export const SRGB: NamedColors = { white: D65, primaries: BT709, curve: 'srgb' }

const [GRAY, XYB, UNKNOWN] = [1, 2, 3]
const CUSTOM = 2
const WHITES: ReadonlyMap<number, Point> = new Map<number, Point>([
  [1, D65],
  [10, [1 / 3, 1 / 3]],
  [11, [0.314, 0.351]],
])
const PRIMARIES: ReadonlyMap<number, NamedColors['primaries']> = new Map<number, NamedColors['primaries']>([
  [1, BT709],
  [
    9,
    [
      [0.708, 0.292],
      [0.17, 0.797],
      [0.131, 0.046],
    ],
  ],
  [
    11,
    [
      [0.68, 0.32],
      [0.265, 0.69],
      [0.15, 0.06],
    ],
  ],
])
const CURVES: ReadonlyMap<number, NamedColors['curve']> = new Map<number, NamedColors['curve']>([
  [1, 'bt709'],
  [8, 'linear'],
  [13, 'srgb'],
  [16, 'pq'],
  [17, { gamma: 2.6 }],
  [18, 'hlg'],
])

export function readColors(r: BitReader): JxlColors {
  if (r.flag()) return { isGray: false, hasProfile: false, named: SRGB }
  const hasProfile = r.flag()
  const space = r.word()
  const isGray = space === GRAY
  const named = hasProfile ? undefined : readNamed(r, space)
  return { isGray, hasProfile, ...(named && space !== UNKNOWN ? { named } : {}) }
}

function readNamed(r: BitReader, space: number): NamedColors | undefined {
  if (space === XYB) return undefined
  const whiteName = r.word()
  const white = whiteName === CUSTOM ? readPoint(r) : WHITES.get(whiteName)
  const name = space === GRAY ? 1 : r.word()
  const primaries =
    name === CUSTOM ? ([readPoint(r), readPoint(r), readPoint(r)] as const) : PRIMARIES.get(name)
  const curve = r.flag() ? { gamma: 1e7 / Math.max(1, r.bits(24)) } : CURVES.get(r.word())
  // How colours are to be rendered.
  r.word()
  return white && primaries && curve ? { white, primaries, curve } : undefined
}

const COORDINATE: Choices = [
  [0, 19],
  [524_288, 19],
  [1_048_576, 20],
  [2_097_152, 21],
]

const readPoint = (r: BitReader): Point => [readCoordinate(r), readCoordinate(r)]

/** Millionths; odd numbers are the negative ones. */
function readCoordinate(r: BitReader): number {
  const word = r.number(COORDINATE)
  return (word % 2 === 1 ? -(word + 1) / 2 : word / 2) / 1e6
}
