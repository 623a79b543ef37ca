/** What stands before the frames of a JPEG XL codestream (ISO/IEC 18181-1 annexes D and E). */
import { MediaError } from '../../error.ts'
import { corrupt } from '../headers/reader.ts'
import { toOrientation } from '../headers/exif.ts'
import type { Orientation } from '../info.ts'
import { createBitReader, type BitReader, type Choices } from './bits.ts'
import { readColors, SRGB, type JxlColors } from './colors.ts'

export interface JxlHeader {
  /** As stored: orientation is not applied. */
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
  readonly bits: number
  /** Samples are numbers with fractions. */
  readonly isFloat: boolean
  readonly isAnimated: boolean
  readonly extra: readonly ExtraChannel[]
  readonly colors: JxlColors
  /** Samples are stored in a space of the format's own, and come out of a decoder in `colors`. */
  readonly isXyb: boolean
}

export interface ExtraChannel {
  readonly kind: 'alpha' | 'black' | 'other'
  /** Of alpha: it is multiplied into the colours. */
  readonly isMultiplied: boolean
}

/** More have no meaning that we knew, and each costs as much memory as a colour. */
const MOST_EXTRA = 16

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readJxlHeader(codestream: Uint8Array): JxlHeader {
  return readHeaderFields(createBitReader(codestream))
}

/** What decides which fields follow. */
interface Follows {
  readonly hasMore: boolean
}

/** Up to the colours. */
export function readHeaderFields(r: BitReader): JxlHeader & Follows {
  if (r.bits(16) !== 0x0aff) throw corrupt('JXL', 'it is none')
  return { ...readSize(r), ...readMetadata(r) }
}

/** From the colours to the profile: brightness, extensions, matrices and weights of filters. */
export function skipTransforms(r: BitReader, { hasMore, isXyb }: Follows & Pick<JxlHeader, 'isXyb'>): void {
  if (hasMore && !r.flag()) r.skip(16 + 16 + 1 + 16)
  const extensions = r.long()
  if (extensions !== 0) throw new MediaError('UNSUPPORTED_CODEC', 'Cannot decode the JXL: it has extensions')
  if (r.flag()) return
  if (isXyb && !r.flag()) r.skip(16 * 16)
  const tables = [15, 55, 210]
  const mask = r.bits(3)
  for (const [at, weights] of tables.entries()) if ((mask >> at) & 1) r.skip(weights * 16)
}

/** One more than the bits say. */
const SIDE: Choices = [
  [1, 9],
  [1, 13],
  [1, 18],
  [1, 30],
]
/** Of width to height; 0: the width is said. */
const RATIOS = [undefined, [1, 1], [12, 10], [4, 3], [3, 2], [16, 9], [5, 4], [2, 1]] as const

function readSize(r: BitReader): { width: number; height: number } {
  const inEights = r.flag()
  const side = () => (inEights ? 8 * (1 + r.bits(5)) : r.number(SIDE))
  const height = side()
  const ratio = RATIOS[r.bits(3)]
  const width = ratio ? Math.floor((height * ratio[0]) / ratio[1]) : side()
  if (width === 0) throw corrupt('JXL', 'it has no size')
  return { width, height }
}

/** The usual: colours of sRGB in a space of the format's own, 8 bit. */
const USUAL = {
  orientation: 1,
  bits: 8,
  isFloat: false,
  isAnimated: false,
  extra: [],
  colors: { isGray: false, hasProfile: false, named: SRGB },
  hasMore: false,
  isXyb: true,
} as const

type Metadata = Omit<JxlHeader, 'width' | 'height'> & Follows

function readMetadata(r: BitReader): Metadata {
  if (r.flag()) return USUAL
  const hasMore = r.flag()
  const more = hasMore ? readMore(r) : { orientation: 1 as const, isAnimated: false }
  const { bits, isFloat } = readDepth(r)
  // Whether 16 bits suffice for what is computed.
  r.flag()
  const count = r.number(EXTRA)
  if (count > MOST_EXTRA)
    throw new MediaError(
      'UNSUPPORTED_CODEC',
      `Cannot decode the JXL: it has ${count} extra channels, the maximum is ${MOST_EXTRA}`,
    )
  const extra = Array.from({ length: count }, () => readExtra(r))
  const isXyb = r.flag()
  return { ...more, bits, isFloat, extra, colors: readColors(r), hasMore, isXyb }
}

function readMore(r: BitReader): Pick<Metadata, 'orientation' | 'isAnimated'> {
  const orientation = toOrientation(1 + r.bits(3))
  // The size at which it is meant to be shown: pixels count here.
  if (r.flag()) readSize(r)
  if (r.flag()) skipPreview(r)
  const isAnimated = r.flag()
  if (isAnimated) skipAnimation(r)
  return { orientation, isAnimated }
}

const PREVIEW_EIGHTS: Choices = [
  [16, 0],
  [32, 0],
  [1, 5],
  [33, 9],
]
const PREVIEW_SIDE: Choices = [
  [1, 6],
  [65, 8],
  [321, 10],
  [1345, 12],
]

function skipPreview(r: BitReader): void {
  const side = r.flag() ? PREVIEW_EIGHTS : PREVIEW_SIDE
  r.number(side)
  if (r.bits(3) === 0) r.number(side)
}

/** Ticks a second as a fraction, how often it plays, and whether frames have time codes. */
function skipAnimation(r: BitReader): void {
  r.number([
    [100, 0],
    [1000, 0],
    [1, 10],
    [1, 30],
  ])
  r.number([
    [1, 0],
    [1001, 0],
    [1, 8],
    [1, 10],
  ])
  r.number([
    [0, 0],
    [0, 3],
    [0, 16],
    [0, 32],
  ])
  r.flag()
}

const INTEGER_BITS: Choices = [
  [8, 0],
  [10, 0],
  [12, 0],
  [1, 6],
]
const FLOAT_BITS: Choices = [
  [32, 0],
  [16, 0],
  [24, 0],
  [1, 6],
]

function readDepth(r: BitReader): Pick<Metadata, 'bits' | 'isFloat'> {
  const isFloat = r.flag()
  const bits = r.number(isFloat ? FLOAT_BITS : INTEGER_BITS)
  // How many of them are the exponent's.
  if (isFloat) r.bits(4)
  if (bits > 32) throw corrupt('JXL', 'its samples are too long')
  return { bits, isFloat }
}

const EXTRA: Choices = [
  [0, 0],
  [1, 0],
  [2, 4],
  [1, 12],
]
const DOWNSAMPLING: Choices = [
  [0, 0],
  [3, 0],
  [4, 0],
  [1, 3],
]
const NAME_BYTES: Choices = [
  [0, 0],
  [0, 4],
  [16, 5],
  [48, 10],
]
const FILTER_COLOR: Choices = [
  [1, 0],
  [0, 2],
  [3, 4],
  [19, 8],
]
const [ALPHA, SPOT_COLOR, BLACK, COLOR_FILTER] = [0, 2, 4, 5]

function readExtra(r: BitReader): ExtraChannel {
  if (r.flag()) return { kind: 'alpha', isMultiplied: false }
  const type = r.word()
  readDepth(r)
  r.number(DOWNSAMPLING)
  r.skip(r.number(NAME_BYTES) * 8)
  const isMultiplied = type === ALPHA && r.flag()
  if (type === SPOT_COLOR) r.skip(4 * 16)
  if (type === COLOR_FILTER) r.number(FILTER_COLOR)
  return { kind: type === ALPHA ? 'alpha' : type === BLACK ? 'black' : 'other', isMultiplied }
}
