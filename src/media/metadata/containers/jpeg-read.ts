/** Metadata in JPEG: EXIF and XMP in APP1, IPTC among Photoshop's resources in APP13. */
import { concatBytes } from '../../../lib/bytes.ts'
import { findExif } from '../../exif/find.ts'
import { createReader, type Reader } from '../../headers/reader.ts'
import { strictUtf8 } from '../bytes.ts'
import { iptcOfResources } from '../iptc.ts'
import { MOST_XMP, type Metadata } from '../metadata.ts'
import { mergeXmp } from '../xmp/correct.ts'
import { NAMESPACE } from '../xmp/document.ts'

export const XMP_PREFIX = `${NAMESPACE.xmp}\0`
/** XMP specification part 3, section 1.1.3.1: before a piece, the name of the whole (32 letters), its length, the piece's place. */
export const MORE_PREFIX = 'http://ns.adobe.com/xmp/extension/\0'
export const MORE_NAME = 32
export const PHOTOSHOP_PREFIX = 'Photoshop 3.0\0'

const [SOS, APP1, APP13] = [0xda, 0xe1, 0xed]

interface Segment {
  readonly marker: number
  /** Of its content. */
  readonly start: number
  readonly end: number
}

/** Up to the first scan. */
function* segmentsOf(r: Reader): Generator<Segment, void, void> {
  for (let at = 2; at + 4 <= r.length && r.u8(at) === 0xff;) {
    const marker = r.u8(at + 1)
    const isBare = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
    if (marker === 0xff) at++
    else if (isBare) at += 2
    else {
      const end = at + 2 + r.u16(at + 2)
      if (marker === SOS || end < at + 4 || end > r.length) return
      yield { marker, start: at + 4, end }
      at = end
    }
  }
}

export function readJpegMetadata(bytes: Uint8Array): Metadata {
  const r = createReader(bytes)
  const begins = (prefix: string, { start, end }: Segment) =>
    end - start >= prefix.length && r.text(start, prefix.length) === prefix
  const behind = (marker: number, prefix: string) =>
    [...segmentsOf(r)].flatMap((segment) =>
      segment.marker === marker && begins(prefix, segment)
        ? [bytes.subarray(segment.start + prefix.length, segment.end)]
        : [],
    )
  const [main] = behind(APP1, XMP_PREFIX)
  const exif = findExif('jpeg', bytes)
  const iptc = iptcOfResources(concatBytes(behind(APP13, PHOTOSHOP_PREFIX)))
  const xmp = main && joinXmp(main, behind(APP1, MORE_PREFIX))
  return { ...(exif ? { exif } : {}), ...(iptc ? { iptc } : {}), ...(xmp === undefined ? {} : { xmp }) }
}

/** Without the rest, where that is not all there. */
function joinXmp(main: Uint8Array, pieces: readonly Uint8Array[]): string | undefined {
  const text = strictUtf8(main)
  const name = text && /HasExtendedXMP\s*(?:=\s*["']|>)\s*([\dA-Fa-f]{32})/.exec(text)?.[1]
  const more = name === undefined || name === '' ? undefined : joinPieces(pieces, name)
  return (text !== undefined && more !== undefined && mergeXmp(text, more)) || text
}

function joinPieces(pieces: readonly Uint8Array[], name: string): string | undefined {
  let [whole, filled]: [Uint8Array | undefined, number] = [undefined, 0]
  for (const piece of pieces) {
    const r = createReader(piece)
    if (piece.length < MORE_NAME + 8 || r.text(0, MORE_NAME) !== name) continue
    const [length, place] = [r.u32(MORE_NAME), r.u32(MORE_NAME + 4)]
    const data = piece.subarray(MORE_NAME + 8)
    if (length > MOST_XMP || place + data.length > length) return undefined
    whole ??= new Uint8Array(length)
    if (whole.length !== length) return undefined
    whole.set(data, place)
    filled += data.length
  }
  return whole && filled === whole.length ? strictUtf8(whole) : undefined
}
