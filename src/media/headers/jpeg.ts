/** JPEG headers: ITU-T T.81 annex B; Adobe's APP14; Exif in APP1. */
import { MediaError } from '../../error.ts'
import type { ImageInfo, Orientation } from '../info.ts'
import { displaySize, readOrientation } from './exif.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

const SOS = 0xda
const EOI = 0xd9

/** Frame kinds: 0 baseline, 1 extended, 2 progressive, 9 and 10 the same by arithmetic coding; others are lossless or hierarchical. */
const READ: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca])
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
const hasNoLength = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readJpeg(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  let orientation: Orientation = 1
  let isPlainRgb = false
  for (let at = 2; ;) {
    const marker = nextMarker(r, at)
    if (marker.code === SOS || marker.code === EOI) throw corrupt('JPEG', 'there is no frame header')
    const body = marker.at + 2
    if (isFrame(marker.code)) return readFrame(r, marker.code, body, { orientation, isPlainRgb })
    if (hasNoLength(marker.code)) {
      at = body
      continue
    }
    const length = r.u16(body)
    if (length < 2) throw corrupt('JPEG', 'a segment has no length')
    if (marker.code === 0xe1 && length > 8 && r.text(body + 2, 6) === 'Exif\0\0') {
      r.u8(body + length - 1)
      orientation = readOrientation(bytes.subarray(body + 8, body + length))
    }
    // Adobe's segment, APP14: the transform is its last byte; 0 = the components are not YCbCr.
    if (marker.code === 0xee && length >= 14 && r.text(body + 2, 5) === 'Adobe')
      isPlainRgb = r.u8(body + 13) === 0
    at = body + length
  }
}

/** Markers may be preceded by fill bytes. */
function nextMarker(r: Reader, from: number): { code: number; at: number } {
  if (r.u8(from) !== 0xff) throw corrupt('JPEG', 'a marker is missing')
  let at = from
  while (r.u8(at + 1) === 0xff) at++
  return { code: r.u8(at + 1), at }
}

interface Announced {
  readonly orientation: Orientation
  readonly isPlainRgb: boolean
}

function readFrame(r: Reader, marker: number, body: number, announced: Announced): ImageInfo {
  const { orientation, isPlainRgb } = announced
  if (!READ.has(marker))
    throw new MediaError(
      'UNSUPPORTED_CODEC',
      'Cannot decode JPEG: lossless and hierarchical coding are not read',
    )
  const [precision, height, width, components] = [
    r.u8(body + 2),
    r.u16(body + 3),
    r.u16(body + 5),
    r.u8(body + 7),
  ]
  // Baseline has 8; the standard has 12 for arithmetic coding too, but nobody reads or writes that.
  if (precision !== 8 && (precision !== 12 || marker === 0xc0 || marker > 0xc2))
    throw new MediaError('UNSUPPORTED_CODEC', `Cannot decode JPEG: ${precision} bits a sample are not read`)
  if (width === 0 || height === 0) throw corrupt('JPEG', 'the frame has no size')
  const colorModel = ({ 1: 'gray', 3: isPlainRgb ? 'rgb' : 'ycbcr', 4: 'cmyk' } as const)[components]
  if (colorModel === undefined) throw corrupt('JPEG', `it has ${components} components`)
  return {
    class: 'image',
    format: 'jpeg',
    ...displaySize(width, height, orientation),
    orientation,
    hasAlpha: false,
    frames: 1,
    animated: false,
    bitDepth: precision,
    colorModel,
  }
}
