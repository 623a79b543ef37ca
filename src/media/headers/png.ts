/** PNG headers: W3C PNG third edition, sections 5 and 11. */
import type { ImageInfo, Orientation } from '../info.ts'
import { displaySize, readOrientation } from './exif.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

/** Colour type -> model, alpha, and the bit depths it may have. */
const COLOR_TYPES: Readonly<Record<number, readonly [ImageInfo['colorModel'], boolean, readonly number[]]>> =
  {
    0: ['gray', false, [1, 2, 4, 8, 16]],
    2: ['rgb', false, [8, 16]],
    3: ['palette', false, [1, 2, 4, 8]],
    4: ['gray', true, [8, 16]],
    6: ['rgb', true, [8, 16]],
  }

/** Reads up to the first IDAT, because transparency and animation are announced before it. @throws CORRUPT_MEDIA */
export function readPng(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  if (r.u32(8) !== 13 || r.text(12, 4) !== 'IHDR') throw corrupt('PNG', 'it does not begin with IHDR')
  const [width, height, bitDepth, type] = [r.u32(16), r.u32(20), r.u8(24), r.u8(25)]
  const row = COLOR_TYPES[type]
  const isValid =
    width > 0 &&
    height > 0 &&
    width < 2 ** 31 &&
    height < 2 ** 31 &&
    row?.[2].includes(bitDepth) &&
    r.u8(28) <= 1
  if (!row || !isValid) throw corrupt('PNG', 'IHDR makes no sense')
  const { hasTransparency, frames, orientation } = readChunks(r, bytes)
  return {
    class: 'image',
    format: 'png',
    ...displaySize(width, height, orientation),
    orientation,
    bitDepth,
    colorModel: row[0],
    hasAlpha: row[1] || hasTransparency,
    frames,
    animated: frames > 1,
  }
}

/** What the chunks before the pixels say. */
interface Announced {
  readonly hasTransparency: boolean
  readonly frames: number
  readonly orientation: Orientation
}

function readChunks(r: Reader, bytes: Uint8Array): Announced {
  let [hasTransparency, frames] = [false, 1]
  let orientation: Orientation = 1
  for (let at = 33; ;) {
    const { type, start, end } = chunkAt(r, at)
    if (type === 'IDAT' || type === 'IEND') return { hasTransparency, frames, orientation }
    if (type === 'tRNS') hasTransparency = true
    if (type === 'acTL') frames = Math.max(1, r.u32(start))
    if (type === 'eXIf') {
      r.u32(end)
      orientation = readOrientation(bytes.subarray(start, end))
    }
    at = end + 4
  }
}

interface Chunk {
  readonly type: string
  /** Of its data; the checksum follows it. */
  readonly start: number
  readonly end: number
}

function chunkAt(r: Reader, at: number): Chunk {
  const [length, type] = [r.u32(at), r.text(at + 4, 4)]
  if (!/^[A-Za-z]{4}$/.test(type) || length >= 2 ** 31) throw corrupt('PNG', 'a chunk makes no sense')
  return { type, start: at + 8, end: at + 8 + length }
}
