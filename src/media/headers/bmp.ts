/**
 * BMP headers: Microsoft's BITMAPCOREHEADER (12 bytes), BITMAPINFOHEADER (40, 52 and 56 with masks), BITMAPV4HEADER
 * (108), BITMAPV5HEADER (124), and OS/2's second one (16 or 64). Inside of icons they stand without the file header.
 */
import { MediaError } from '../../error.ts'
import type { ImageInfo } from '../info.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

/** Everything that is known before the pixels. */
export interface BmpHeader {
  readonly width: number
  readonly height: number
  /** Rows are stored from the top down instead of from the bottom up. */
  readonly isTopDown: boolean
  readonly bits: 1 | 2 | 4 | 8 | 16 | 24 | 32
  readonly compression: 'none' | 'rle4' | 'rle8'
  /** Red, green, blue and alpha, for 16 bits and more; 0 = it has none. */
  readonly masks: readonly [number, number, number, number]
  readonly palette: { readonly at: number; readonly entries: number; readonly entryBytes: 3 | 4 }
  /** Offset of the first row. */
  readonly pixels: number
}

const FILE_HEADER = 14
const SIZES: ReadonlySet<number> = new Set([12, 16, 40, 52, 56, 64, 108, 124])
const DEPTHS: ReadonlySet<number> = new Set([1, 2, 4, 8, 16, 24, 32])
/** `biCompression`. */
const [RLE8, RLE4, BITFIELDS, ALPHA_BITFIELDS] = [1, 2, 3, 6]
const MASKS_16 = [0x7c00, 0x03e0, 0x001f, 0] as const
export const MASKS_32 = [0xff0000, 0xff00, 0xff, 0] as const

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readBmp(bytes: Uint8Array): ImageInfo {
  return describeBmp(readBmpHeader(bytes))
}

export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const r = createReader(bytes)
  const header = readDib(r, FILE_HEADER)
  const pixels = r.u32le(10)
  if (pixels === 0) return header
  if (pixels < header.palette.at) throw corrupt('BMP', 'its pixels lie inside its header')
  // Some writers announce more colours than they store.
  const { at, entryBytes, entries } = header.palette
  const stored = Math.min(entries, Math.floor((pixels - at) / entryBytes))
  return { ...header, pixels, palette: { at, entryBytes, entries: stored } }
}

export function describeBmp({ width, height, bits, compression, masks }: BmpHeader): ImageInfo {
  return {
    class: 'image',
    format: 'bmp',
    width,
    height,
    orientation: 1,
    // Pixels that run-length coding passes over are transparent.
    hasAlpha: masks[3] !== 0 || compression !== 'none',
    frames: 1,
    animated: false,
    bitDepth: bits < 16 ? bits : 8,
    colorModel: bits < 16 ? 'palette' : 'rgb',
  }
}

/** A header that begins at `at`; pixels are taken to follow it. @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readDib(r: Reader, at: number): BmpHeader {
  const size = r.u32le(at)
  if (!SIZES.has(size)) throw corrupt('BMP', `its header has ${size} bytes`)
  const { width, storedHeight, bits } = size === 12 ? readCore(r, at) : readShape(r, at)
  const height = Math.abs(storedHeight)
  if (width <= 0 || height === 0 || height === 2 ** 31) throw corrupt('BMP', 'it has no size')
  if (!DEPTHS.has(bits)) throw corrupt('BMP', `it has ${bits} bits a pixel`)
  const method = size > 16 ? r.u32le(at + 16) : 0
  const compression = compressionOf(size, method, bits, storedHeight < 0)
  const masks = readMasks(r, at, { size, method, bits })
  checkMasks(masks)
  // The info header of 40 bytes has its masks behind it, the later ones have them inside.
  const extra = size !== 40 ? 0 : method === BITFIELDS ? 12 : method === ALPHA_BITFIELDS ? 16 : 0
  const entryBytes = size === 12 ? 3 : 4
  const used = size > 32 ? r.u32le(at + 32) : 0
  // Above 8 bits a palette is a hint to displays of 256 colours; it only takes room.
  const most = bits <= 8 ? 2 ** bits : 256
  const entries = used > 0 ? Math.min(used, most) : bits <= 8 ? most : 0
  const palette = { at: at + size + extra, entries, entryBytes } as const
  return {
    width,
    height,
    isTopDown: storedHeight < 0,
    bits: bits as BmpHeader['bits'],
    compression,
    masks,
    palette,
    pixels: palette.at + entries * entryBytes,
  }
}

const readCore = (r: Reader, at: number) => ({
  width: r.u16le(at + 4),
  storedHeight: r.u16le(at + 6),
  bits: r.u16le(at + 10),
})

const readShape = (r: Reader, at: number) => ({
  width: r.u32le(at + 4) | 0,
  storedHeight: r.u32le(at + 8) | 0,
  bits: r.u16le(at + 14),
})

function compressionOf(
  size: number,
  method: number,
  bits: number,
  isTopDown: boolean,
): BmpHeader['compression'] {
  const isOs2 = size === 16 || size === 64
  if (method === 0) return 'none'
  if (!isOs2 && (method === BITFIELDS || method === ALPHA_BITFIELDS) && (bits === 16 || bits === 32))
    return 'none'
  const isRunLength = (method === RLE8 && bits === 8) || (method === RLE4 && bits === 4)
  if (isRunLength && !isTopDown) return method === RLE8 ? 'rle8' : 'rle4'
  if (method > BITFIELDS || isOs2)
    throw new MediaError('UNSUPPORTED_CODEC', `Cannot decode BMP: its compression ${method} is not read`)
  throw corrupt('BMP', 'its compression does not fit its pixels')
}

interface Kind {
  readonly size: number
  readonly method: number
  readonly bits: number
}

/** Masks count where the compression says so. Whatever else lies in their place, and in the fourth byte of a pixel, is none. */
function readMasks(r: Reader, at: number, { size, method, bits }: Kind): BmpHeader['masks'] {
  if (bits < 16) return [0, 0, 0, 0]
  if (method !== BITFIELDS && method !== ALPHA_BITFIELDS) return bits === 16 ? MASKS_16 : MASKS_32
  const hasAlpha = size >= 56 || (size === 40 && method === ALPHA_BITFIELDS)
  const [red, green, blue] = [r.u32le(at + 40), r.u32le(at + 44), r.u32le(at + 48)]
  return [red, green, blue, hasAlpha ? r.u32le(at + 52) : 0]
}

/** Bits of one channel stand together, and no bit belongs to two. */
function checkMasks(masks: BmpHeader['masks']): void {
  let taken = 0
  for (const mask of masks) {
    const low = mask & -mask
    const isRun = ((mask + low) & mask) === 0
    if (!isRun || (mask & taken) !== 0) throw corrupt('BMP', 'its colour masks make no sense')
    taken |= mask
  }
}
