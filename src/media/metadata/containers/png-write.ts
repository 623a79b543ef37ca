/** Metadata into PNG: chunks behind the header, where profiles must stand and the rest may. */
import { concatBytes } from '../../../lib/bytes.ts'
import { adler32, be16, be32, crc32, latin, utf8 } from '../bytes.ts'
import type { Metadata } from '../metadata.ts'
import { XMP_KEYWORD } from './png-read.ts'

/** The signature, and the chunk IHDR. */
const HEAD = 33
const COLOR_TYPE_AT = 25
const GREY: ReadonlySet<number | undefined> = new Set([0, 4])

export function writePngMetadata(file: Uint8Array, metadata: Metadata): Uint8Array<ArrayBuffer> {
  const { exif, xmp, icc } = metadata
  // A picture that happens to have no colour is written as grey, which a profile of RGB cannot describe.
  const hasProfile = icc && !GREY.has(file[COLOR_TYPE_AT])
  const text = xmp === undefined ? undefined : concatBytes([latin(`${XMP_KEYWORD}\0\0\0\0\0`), utf8(xmp)])
  return concatBytes([
    file.subarray(0, HEAD),
    ...(hasProfile ? [chunk('iCCP', concatBytes([latin('icc\0\0'), stored(icc)]))] : []),
    ...(exif ? [chunk('eXIf', exif)] : []),
    ...(text ? [chunk('iTXt', text)] : []),
    file.subarray(HEAD),
  ])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const name = latin(type)
  const [length, sum] = [be32(data.length), be32(crc32(name, data))]
  return concatBytes([Uint8Array.from(length), name, data, Uint8Array.from(sum)])
}

const MOST_STORED = 65_535

/** zlib without compression: the packers of the runtimes differ, and equal requests have equal bytes. */
function stored(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x78, 0x01)]
  for (let at = 0; at < bytes.length; at += MOST_STORED) {
    const block = bytes.subarray(at, at + MOST_STORED)
    const isLast = at + MOST_STORED >= bytes.length
    const head = [isLast ? 1 : 0, ...be16(block.length).toReversed(), ...be16(~block.length).toReversed()]
    blocks.push(Uint8Array.from(head), block)
  }
  return concatBytes([...blocks, Uint8Array.from(be32(adler32(bytes)))])
}
