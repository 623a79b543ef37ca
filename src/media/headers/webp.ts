/** WebP headers: RFC 9649; VP8 frames: RFC 6386 section 9.1. */
import type { ImageInfo, Orientation } from '../info.ts'
import { displaySize, readOrientation } from './exif.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

interface Shape {
  readonly width: number
  readonly height: number
  readonly hasAlpha: boolean
  readonly animated: boolean
}

/** @throws NeedsMore, CORRUPT_MEDIA */
export function readWebp(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  const kind = r.text(12, 4)
  const read = KINDS[kind]
  if (!read) throw corrupt('WebP', 'its first chunk makes no sense')
  const shape = read(r)
  const orientation = kind === 'VP8X' ? findOrientation(r, bytes) : 1
  return {
    class: 'image',
    format: 'webp',
    ...shape,
    ...displaySize(shape.width, shape.height, orientation),
    frames: 1,
    orientation,
    bitDepth: 8,
    colorModel: 'ycbcr',
  }
}

const KINDS: Readonly<Record<string, (r: Reader) => Shape>> = {
  'VP8 ': (r) => {
    if (r.u24le(23) !== 0x2a019d) throw corrupt('WebP', 'the key frame has no start code')
    return {
      width: sized(r.u16le(26) & 0x3fff),
      height: sized(r.u16le(28) & 0x3fff),
      hasAlpha: false,
      animated: false,
    }
  },
  VP8L: (r) => {
    if (r.u8(20) !== 0x2f) throw corrupt('WebP', 'the lossless stream has no signature')
    const bits = r.u32le(21)
    return {
      width: (bits & 0x3fff) + 1,
      height: ((bits >> 14) & 0x3fff) + 1,
      hasAlpha: ((bits >> 28) & 1) === 1,
      animated: false,
    }
  },
  VP8X: (r) => {
    const flags = r.u8(20)
    return {
      width: r.u24le(24) + 1,
      height: r.u24le(27) + 1,
      hasAlpha: (flags & 0x10) !== 0,
      animated: (flags & 0x02) !== 0,
    }
  },
}

/** EXIF stands behind the pixels, where a reader of headers would have to fetch most of the file: no further than this. */
const FARTHEST_EXIF = 1024 * 1024

/** The extended header says whether there is a chunk of EXIF; then the chunks lead to it. */
function findOrientation(r: Reader, bytes: Uint8Array): Orientation {
  const [hasExif, end] = [(r.u8(20) & 0x08) !== 0, r.u32le(4) + 8]
  if (!hasExif) return 1
  for (let at = 12; at + 8 < Math.min(end, FARTHEST_EXIF);) {
    const [type, size] = [r.text(at, 4), r.u32le(at + 4)]
    if (type === 'EXIF' && size > 0) {
      r.u8(at + 8 + Math.min(size, 65_536) - 1)
      const data = bytes.subarray(at + 8, at + 8 + size)
      // Some writers keep the prefix that JPEG needs.
      return readOrientation(r.text(at + 8, 4) === 'Exif' ? data.subarray(6) : data)
    }
    at += 8 + size + (size & 1)
  }
  return 1
}

function sized(side: number): number {
  if (side === 0) throw corrupt('WebP', 'it has no size')
  return side
}
