/** Metadata in JPEG: EXIF and XMP in APP1, IPTC among Photoshop's resources in APP13. */
import { concatBytes } from '../../../lib/bytes.ts'
import { findExif } from '../../exif/find.ts'
import { createReader, type Reader } from '../../headers/reader.ts'
import { strictUtf8 } from '../bytes.ts'
import { iptcOfResources } from '../iptc.ts'
import { MOST_XMP, type Metadata } from '../metadata.ts'
import { mergeXmp, propertiesOf } from '../xmp/correct.ts'
import { NAMESPACE, readXmp, textOf } from '../xmp/document.ts'

export const XMP_PREFIX = `${NAMESPACE.xmp}\0`
/** XMP specification part 3, section 1.1.3.1: before a piece, the name of the whole (32 letters), its length, the piece's place. */
export const MORE_PREFIX = 'http://ns.adobe.com/xmp/extension/\0'
export const MORE_NAME = 32
export const PHOTOSHOP_PREFIX = 'Photoshop 3.0\0'

const [SOS, APP1, APP13] = [0xda, 0xe1, 0xed]
/** Of the largest of everything there are some hundred. */
const MOST_SEGMENTS = 4096

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
  const packets: Uint8Array[] = []
  const pieces: Uint8Array[] = []
  const resources: Uint8Array[] = []
  const kinds = [
    [APP1, XMP_PREFIX, packets],
    [APP1, MORE_PREFIX, pieces],
    [APP13, PHOTOSHOP_PREFIX, resources],
  ] as const
  let count = 0
  for (const { marker, start, end } of segmentsOf(r)) {
    if (++count > MOST_SEGMENTS) break
    for (const [kind, prefix, found] of kinds)
      if (marker === kind && end - start > prefix.length && r.text(start, prefix.length) === prefix)
        found.push(bytes.subarray(start + prefix.length, end))
  }
  const exif = findExif('jpeg', bytes)
  const iptc = iptcOfResources(concatBytes(resources))
  const xmp = packets[0] && joinXmp(packets[0], pieces)
  return { ...(exif ? { exif } : {}), ...(iptc ? { iptc } : {}), ...(xmp === undefined ? {} : { xmp }) }
}

/** Without the rest, where that is not all there. */
function joinXmp(main: Uint8Array, pieces: readonly Uint8Array[]): string | undefined {
  const text = strictUtf8(main)
  const document = text === undefined || pieces.length === 0 ? undefined : readXmp(text)
  const name = document && propertiesOf(document).get(`${NAMESPACE.xmpNote}HasExtendedXMP`)
  const more = name && joinPieces(pieces, typeof name === 'string' ? name : textOf(name).trim())
  return (text !== undefined && more && mergeXmp(text, more)) || text
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
