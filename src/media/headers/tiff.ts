/** TIFF headers: TIFF 6.0, and Technical Note 2 for JPEG inside. Each page is a picture of its own. */
import type { ImageInfo, Orientation } from '../info.ts'
import { displaySize, toOrientation } from './exif.ts'
import { corrupt } from './reader.ts'
import { refused, refusedColor, refusedCompression, refusedSamples } from './tiff-names.ts'
import { readFields, type TiffFields } from './tiff-tags.ts'

/** Everything that is known before the pixels. */
export interface TiffHeader {
  readonly fields: TiffFields
  /** As stored. */
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
  /** Of a sample; all have as many. */
  readonly bits: 1 | 2 | 4 | 8 | 16
  /** Of a pixel; those beyond colour and alpha are not looked at. */
  readonly samples: number
  readonly color: TiffColor
  readonly alpha: 'none' | 'straight' | 'multiplied'
  readonly compression: TiffCompression
  /** Each sample has blocks of its own. */
  readonly isPlanar: boolean
  /** Rows hold differences. */
  readonly isPredicted: boolean
  /** The first pixel is in the lowest bits of a byte. */
  readonly isReversed: boolean
  /** Strips are blocks as wide as the picture. */
  readonly block: { readonly width: number; readonly height: number; readonly isTile: boolean }
}
export type TiffColor = 'white-is-zero' | 'black-is-zero' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr'
export type TiffCompression = 'none' | 'packbits' | 'lzw' | 'deflate' | 'jpeg' | TiffFax
export type TiffFax = 'fax-rows' | 'fax3' | 'fax4'

export const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripLengths: 279,
  planar: 284,
  fax3Options: 292,
  fax4Options: 293,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileLengths: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  profile: 34_675,
} as const

const COLORS: ReadonlyMap<number, TiffColor> = new Map([
  [0, 'white-is-zero'],
  [1, 'black-is-zero'],
  [2, 'rgb'],
  [3, 'palette'],
  [5, 'cmyk'],
  [6, 'ycbcr'],
])
const COLOR_SAMPLES: Readonly<Record<TiffColor, number>> = {
  'white-is-zero': 1,
  'black-is-zero': 1,
  rgb: 3,
  palette: 1,
  cmyk: 4,
  ycbcr: 3,
}
const COMPRESSIONS: ReadonlyMap<number, TiffCompression> = new Map([
  [1, 'none'],
  [2, 'fax-rows'],
  [3, 'fax3'],
  [4, 'fax4'],
  [5, 'lzw'],
  [7, 'jpeg'],
  [8, 'deflate'],
  [32_773, 'packbits'],
  [32_946, 'deflate'],
])
const MOST_SAMPLES = 16
/** Pixels of a tile of a picture that is smaller than that. */
const LARGEST_TILE = 2 ** 20

/** @param page from 0 @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC, INVALID_PARAMETER */
export function readTiff(bytes: Uint8Array, page = 0): ImageInfo {
  const { width, height, orientation, bits, color, alpha } = readTiffHeader(bytes, page)
  return {
    class: 'image',
    format: 'tiff',
    ...displaySize(width, height, orientation),
    orientation,
    hasAlpha: alpha !== 'none',
    frames: 1,
    animated: false,
    bitDepth: bits,
    colorModel: color === 'white-is-zero' || color === 'black-is-zero' ? 'gray' : color,
  }
}

export function readTiffHeader(bytes: Uint8Array, page = 0): TiffHeader {
  const fields = readFields(bytes, page)
  const [width, height] = [fields.one(TAG.width, 0), fields.one(TAG.height, 0)]
  if (width === 0 || height === 0 || width >= 2 ** 31 || height >= 2 ** 31)
    throw corrupt('TIFF', 'it has no size')
  const compression = known(COMPRESSIONS, fields.one(TAG.compression, 1), refusedCompression)
  const color = known(COLORS, fields.one(TAG.photometric, -1), refusedColor)
  const samples = fields.one(TAG.samples, 1)
  if (samples < COLOR_SAMPLES[color] || samples > MOST_SAMPLES)
    throw corrupt('TIFF', `it has ${samples} samples a pixel`)
  const header = {
    fields,
    width,
    height,
    orientation: toOrientation(fields.one(TAG.orientation, 1)),
    bits: readBits(fields, color),
    samples,
    color,
    alpha: readAlpha(fields, samples - COLOR_SAMPLES[color]),
    compression,
    isPlanar: samples > 1 && fields.one(TAG.planar, 1) === 2,
    isPredicted: readPredictor(fields, compression),
    isReversed: fields.one(TAG.fillOrder, 1) === 2 && compression !== 'jpeg',
    block: readBlock(fields, width, height),
  }
  checkJpeg(header)
  checkFax(header)
  return header
}

function known<T>(table: ReadonlyMap<number, T>, value: number, refuse: (value: number) => Error): T {
  const entry = table.get(value)
  if (entry === undefined) throw refuse(value)
  return entry
}

/** SampleFormat: whole numbers without a sign, or nothing said. */
const [UNSIGNED, UNSAID] = [1, 4]

function readBits(fields: TiffFields, color: TiffColor): TiffHeader['bits'] {
  const all = fields.has(TAG.bits) ? fields.all(TAG.bits, MOST_SAMPLES) : [1]
  const [bits = 1] = all
  const formats = fields.has(TAG.sampleFormat) ? fields.all(TAG.sampleFormat, MOST_SAMPLES) : [UNSIGNED]
  const most = color === 'palette' ? 8 : 16
  const least = color === 'rgb' || color === 'ycbcr' || color === 'cmyk' ? 8 : 1
  const isRead =
    [1, 2, 4, 8, 16].includes(bits) &&
    bits >= least &&
    bits <= most &&
    all.every((one) => one === bits) &&
    formats.every((format) => format === UNSIGNED || format === UNSAID)
  if (!isRead) throw refusedSamples(all, formats)
  return bits as TiffHeader['bits']
}

/** Most readers take a sample beyond the colours for alpha, whether or not the file says so. */
function readAlpha(fields: TiffFields, extra: number): TiffHeader['alpha'] {
  if (extra === 0) return 'none'
  return fields.one(TAG.extraSamples, 0) === 1 ? 'multiplied' : 'straight'
}

function readPredictor(fields: TiffFields, compression: TiffCompression): boolean {
  const predictor = fields.one(TAG.predictor, 1)
  if (compression !== 'lzw' && compression !== 'deflate') return false
  if (predictor > 2)
    throw refused(`its predictor (${predictor === 3 ? 'floating point' : predictor}) is not read`)
  return predictor === 2
}

function readBlock(fields: TiffFields, width: number, height: number): TiffHeader['block'] {
  const isTile = fields.has(TAG.tileWidth)
  const block = isTile
    ? { width: fields.one(TAG.tileWidth, 0), height: fields.one(TAG.tileHeight, 0), isTile }
    : { width, height: Math.min(height, fields.one(TAG.rowsPerStrip, height)), isTile }
  // A tile may be larger than a small picture, but not by any amount.
  const most = Math.max(width * height, LARGEST_TILE)
  const isSound = block.width > 0 && block.height > 0 && (!isTile || block.width * block.height <= most)
  if (!isSound) throw corrupt('TIFF', 'its blocks have no size')
  return block
}

function checkJpeg({ compression, color, bits, isPlanar, samples }: Omit<TiffHeader, 'orientation'>): void {
  const isJpeg = compression === 'jpeg'
  const isFit = isJpeg ? bits === 8 && !isPlanar && samples === COLOR_SAMPLES[color] : color !== 'ycbcr'
  const isKind = isJpeg ? color !== 'palette' && color !== 'white-is-zero' : true
  if (!isFit || !isKind) throw refused('this use of JPEG or YCbCr is not read')
}

const FAXES: ReadonlySet<TiffCompression> = new Set(['fax-rows', 'fax3', 'fax4'])
export const isFax = (compression: TiffCompression): compression is TiffFax => FAXES.has(compression)

/** Of both fields of options: pixels may stand in it without any code. */
const UNCODED = 2

function checkFax({ fields, compression, bits, samples }: Omit<TiffHeader, 'orientation'>): void {
  if (!isFax(compression)) return
  if (bits !== 1 || samples !== 1) throw corrupt('TIFF', 'only black and white can be a fax')
  const options = compression === 'fax4' ? TAG.fax4Options : TAG.fax3Options
  if (compression !== 'fax-rows' && fields.one(options, 0) & UNCODED)
    throw refused('its compression (fax with uncompressed parts) is not read')
}
