/** Metadata in WebP: RFC 9649 section 2.7. */
import { concatBytes } from '../../../lib/bytes.ts'
import { findExif } from '../../exif/find.ts'
import { createReader, type Reader } from '../../headers/reader.ts'
import { readWebp } from '../../headers/webp.ts'
import { latin, le24, le32, strictUtf8, utf8 } from '../bytes.ts'
import type { Metadata } from '../metadata.ts'

interface Chunk {
  readonly type: string
  readonly start: number
  readonly end: number
}

function* chunksOf(r: Reader): Generator<Chunk, void, void> {
  for (let at = 12; at + 8 <= r.length;) {
    const [type, length] = [r.text(at, 4), r.u32le(at + 4)]
    const [start, end] = [at + 8, at + 8 + length]
    if (end > r.length) return
    yield { type, start, end }
    at = end + (length & 1)
  }
}

export function readWebpMetadata(bytes: Uint8Array): Metadata {
  const exif = findExif('webp', bytes)
  const found = exif ? { exif } : {}
  for (const { type, start, end } of chunksOf(createReader(bytes))) {
    if (type !== 'XMP ') continue
    const xmp = strictUtf8(bytes.subarray(start, end))
    return xmp === undefined ? found : { ...found, xmp }
  }
  return found
}

const FLAGS = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 } as const

/** What was a plain file becomes an extended one, whose header says what there is. */
export function writeWebpMetadata(file: Uint8Array, metadata: Metadata): Uint8Array<ArrayBuffer> {
  const { exif, xmp, icc } = metadata
  const r = createReader(file)
  const { width, height, hasAlpha } = readWebp(file)
  const isExtended = r.text(12, 4) === 'VP8X'
  const flags =
    (isExtended ? r.u8(20) : hasAlpha ? FLAGS.alpha : 0) |
    (icc ? FLAGS.icc : 0) |
    (exif ? FLAGS.exif : 0) |
    (xmp === undefined ? 0 : FLAGS.xmp)
  const header = [flags, 0, 0, 0, ...le24(width - 1), ...le24(height - 1)]
  const body = concatBytes([
    latin('WEBP'),
    chunk('VP8X', Uint8Array.from(header)),
    ...(icc ? [chunk('ICCP', icc)] : []),
    file.subarray(isExtended ? 30 : 12),
    ...(exif ? [chunk('EXIF', exif)] : []),
    ...(xmp === undefined ? [] : [chunk('XMP ', utf8(xmp))]),
  ])
  return concatBytes([latin('RIFF'), Uint8Array.from(le32(body.length)), body])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  return concatBytes([latin(type), Uint8Array.from(le32(data.length)), data, new Uint8Array(data.length & 1)])
}
