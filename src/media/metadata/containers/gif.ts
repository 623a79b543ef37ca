/** XMP in GIF, as an application extension: XMP specification part 3, section 1.1.2. */
import { concatBytes } from '../../../lib/bytes.ts'
import { gifBlocks, skipSubBlocks, tableBytes } from '../../headers/gif.ts'
import { createReader } from '../../headers/reader.ts'
import { latin, strictUtf8, utf8 } from '../bytes.ts'
import { MOST_XMP, type Metadata } from '../metadata.ts'

const NAME = 'XMP DataXMP'
const [EXTENSION, APPLICATION, COMMENT] = [0x21, 0xff, 0xfe]

/**
 * The text stands as it is, not in blocks. Who takes its bytes for lengths of blocks comes out somewhere in this trailer,
 * and from there by each byte to its end.
 */
const TRAILER = Uint8Array.from({ length: 258 }, (_, at) => (at === 0 ? 1 : at < 257 ? 256 - at : 0))

export function readGifMetadata(bytes: Uint8Array): Metadata {
  const r = createReader(bytes)
  for (const { kind, at } of gifBlocks(r)) {
    const isXmp = kind === EXTENSION && r.u8(at + 1) === APPLICATION && r.u8(at + 2) === NAME.length
    if (!isXmp || r.text(at + 3, NAME.length) !== NAME) continue
    const start = at + 3 + NAME.length
    const end = skipSubBlocks(r, start) - TRAILER.length
    const xmp = end - start > MOST_XMP ? undefined : strictUtf8(bytes.subarray(start, Math.max(start, end)))
    return xmp ? { xmp } : {}
  }
  return {}
}

/** Behind what says how often an animation plays, which some readers look for first of all. */
export function writeGifMetadata(file: Uint8Array, { xmp }: Metadata): Uint8Array<ArrayBuffer> {
  const r = createReader(file)
  let at = 13 + tableBytes(r.u8(10))
  while (r.u8(at) === EXTENSION && [APPLICATION, COMMENT].includes(r.u8(at + 1)))
    at = skipSubBlocks(r, at + 2)
  const extension =
    xmp === undefined
      ? []
      : [Uint8Array.of(EXTENSION, APPLICATION, NAME.length), latin(NAME), utf8(xmp), TRAILER]
  // Extensions came with the second version.
  return concatBytes([latin('GIF89a'), file.subarray(6, at), ...extension, file.subarray(at)])
}
