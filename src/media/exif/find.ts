/** Finds the EXIF block (a TIFF structure) inside a picture file. */
import type { FormatName } from '../format.ts'
import { createReader, NeedsMore } from '../headers/reader.ts'
import { findCodestream } from '../jxl/codestream.ts'

/** Undefined where there is none, and in formats in which it is not looked for. Never throws. */
export function findExif(format: FormatName, bytes: Uint8Array): Uint8Array | undefined {
  try {
    return FINDERS[format]?.(bytes)
  } catch (error) {
    if (error instanceof NeedsMore) return undefined
    throw error
  }
}

type Finder = (bytes: Uint8Array) => Uint8Array | undefined
const FINDERS: Readonly<Partial<Record<FormatName, Finder>>> = {
  jpeg: inJpeg,
  png: inPng,
  webp: inWebp,
  // Before the pixels, and not compressed.
  jxl: (bytes) => findCodestream(bytes).exif,
}

/** What JPEG needs before the block, and some writers of WebP keep. */
const PREFIX = 'Exif\0\0'

/** APP1, before the first scan. */
function inJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const r = createReader(bytes)
  for (let at = 2; r.u8(at) === 0xff;) {
    const [marker, length] = [r.u8(at + 1), r.u16(at + 2)]
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === 0xda || length < 2) return undefined
    const [start, end] = [at + 4, at + 2 + length]
    if (marker === 0xe1 && length >= 8 && r.text(start, 6) === PREFIX) return bytes.subarray(start + 6, end)
    at = end
  }
  return undefined
}

/** Chunk eXIf, before or behind the pixels. */
function inPng(bytes: Uint8Array): Uint8Array | undefined {
  const r = createReader(bytes)
  for (let at = 8; ;) {
    const [length, type] = [r.u32(at), r.text(at + 4, 4)]
    if (type === 'eXIf') return bytes.subarray(at + 8, at + 8 + length)
    at += 12 + length
  }
}

function inWebp(bytes: Uint8Array): Uint8Array | undefined {
  const r = createReader(bytes)
  for (let at = 12; ;) {
    const [type, length] = [r.text(at, 4), r.u32le(at + 4)]
    if (type === 'EXIF') {
      const block = bytes.subarray(at + 8, at + 8 + length)
      return r.text(at + 8, 6) === PREFIX ? block.subarray(6) : block
    }
    at += 8 + length + (length & 1)
  }
}
