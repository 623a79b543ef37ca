/** BMP to pixels, as browsers see it. */
import type { Bitmap } from '../../../media/bitmap.ts'
import { readBmpHeader, type BmpHeader } from '../../../media/headers/bmp.ts'
import { corrupt, NeedsMore } from '../../../media/headers/reader.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { expandRuns } from './bmp-runs.ts'

export function createBmpCodec({ tick }: Pick<CodecContext, 'tick'>): Codec {
  return { format: 'bmp', decode: async (bytes) => decodeBmp(bytes, readHeader(bytes), tick) }
}

function readHeader(bytes: Uint8Array): BmpHeader {
  try {
    return readBmpHeader(bytes)
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt('BMP', 'it ends inside its header') : error
  }
}

/** @throws CORRUPT_MEDIA, and what `tick` throws */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader, tick: () => void): Bitmap {
  const bitmap = decodeStored(bytes, header, tick)
  // Alpha that is zero everywhere was never meant: many writers leave it so.
  if (header.masks[3] !== 0 && !hasAlpha(bitmap)) makeOpaque(bitmap)
  return bitmap
}

/** Alpha as it is stored. @throws CORRUPT_MEDIA, and what `tick` throws */
export function decodeStored(bytes: Uint8Array, header: BmpHeader, tick: () => void): Bitmap {
  const { width, height, bits, compression, masks } = header
  const colors = bits <= 8 ? readPalette(bytes, header) : undefined
  if (compression === 'none' && rowsEnd(header) > bytes.length) throw corrupt('BMP', 'it is truncated')
  const data = new Uint8ClampedArray(width * height * 4)
  if (colors && compression !== 'none') {
    expandRuns(bytes, header, colors, new Uint32Array(data.buffer), tick)
    return { data, width, height }
  }
  const toRow = colors ? indexedRow(bits, colors) : bits === 24 ? plainRow : maskedRow(bits, masks)
  const stride = strideOf(header)
  for (let row = 0; row < height; row++) {
    tick()
    const at = header.pixels + row * stride
    const y = header.isTopDown ? row : height - 1 - row
    toRow(bytes.subarray(at, at + stride), data.subarray(y * width * 4, (y + 1) * width * 4))
  }
  return { data, width, height }
}

/** Rows are made up to multiples of four bytes. */
export const strideOf = ({ width, bits }: Pick<BmpHeader, 'width' | 'bits'>): number =>
  Math.ceil((width * bits) / 32) * 4

/** Behind the last pixel: what makes up the last row is often not there. */
function rowsEnd(header: BmpHeader): number {
  const { pixels, width, height, bits } = header
  return pixels + strideOf(header) * (height - 1) + Math.ceil((width * bits) / 8)
}

/** RGBA, in the order of bytes in memory; an index beyond the palette is black. */
function readPalette(bytes: Uint8Array, { palette }: BmpHeader): Uint32Array {
  const { at, entries, entryBytes } = palette
  if (at + entries * entryBytes > bytes.length) throw corrupt('BMP', 'it ends inside its palette')
  const colors = new Uint8Array(256 * 4)
  for (let i = 0; i < 256; i++) {
    const from = at + i * entryBytes
    if (i < entries) colors.set([bytes[from + 2] ?? 0, bytes[from + 1] ?? 0, bytes[from] ?? 0], i * 4)
    colors[i * 4 + 3] = 255
  }
  return new Uint32Array(colors.buffer)
}

type ToRow = (row: Uint8Array, out: Uint8ClampedArray) => void

/** The first pixel is in the highest bits of a byte. */
function indexedRow(bits: number, colors: Uint32Array): ToRow {
  const [perByte, mask] = [8 / bits, 2 ** bits - 1]
  return (row, out) => {
    const words = new Uint32Array(out.buffer, out.byteOffset, out.length / 4)
    for (let x = 0; x < words.length; x++) {
      const byte = row[Math.floor(x / perByte)] ?? 0
      words[x] = colors[(byte >> (8 - bits - (x % perByte) * bits)) & mask] ?? 0
    }
  }
}

const plainRow: ToRow = (row, out) => {
  for (let from = 0, to = 0; to < out.length; from += 3, to += 4) {
    out[to] = row[from + 2] ?? 0
    out[to + 1] = row[from + 1] ?? 0
    out[to + 2] = row[from] ?? 0
    out[to + 3] = 255
  }
}

function maskedRow(bits: number, masks: BmpHeader['masks']): ToRow {
  const [red, green, blue, alpha] = masks.map(channelOf) as [Channel, Channel, Channel, Channel]
  const bytesEach = bits / 8
  return (row, out) => {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
    for (let to = 0, from = 0; to < out.length; to += 4, from += bytesEach) {
      const word = bytesEach === 2 ? view.getUint16(from, true) : view.getUint32(from, true)
      // The array rounds.
      out[to] = ((word & red.mask) >>> red.shift) * red.scale
      out[to + 1] = ((word & green.mask) >>> green.shift) * green.scale
      out[to + 2] = ((word & blue.mask) >>> blue.shift) * blue.scale
      out[to + 3] = alpha.mask === 0 ? 255 : ((word & alpha.mask) >>> alpha.shift) * alpha.scale
    }
  }
}

interface Channel {
  readonly mask: number
  readonly shift: number
  /** From its greatest value to 255. */
  readonly scale: number
}

function channelOf(mask: number): Channel {
  if (mask === 0) return { mask, shift: 0, scale: 0 }
  const shift = 31 - Math.clz32(mask & -mask)
  return { mask, shift, scale: 255 / (mask >>> shift) }
}

export function hasAlpha({ data }: Bitmap): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) return true
  return false
}

export function makeOpaque({ data }: Bitmap): void {
  for (let at = 3; at < data.length; at += 4) data[at] = 255
}
