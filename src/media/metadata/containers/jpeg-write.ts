/** Metadata into JPEG: segments behind the one that says that it is a JFIF file. */
import { concatBytes } from '../../../lib/bytes.ts'
import { md5Hex } from '../../../lib/md5.ts'
import { be16, be32, latin, utf8 } from '../bytes.ts'
import { resourcesOfIptc } from '../iptc.ts'
import type { Metadata } from '../metadata.ts'
import { asPacket, contentOf, NAMESPACE } from '../xmp/document.ts'
import { MORE_NAME, MORE_PREFIX, PHOTOSHOP_PREFIX, XMP_PREFIX } from './jpeg-read.ts'

/** Of the content of a segment, whose length has two bytes and counts itself. */
const MOST_CONTENT = 65_533
const EXIF_PREFIX = 'Exif\0\0'
export const MOST_EXIF_IN_JPEG = MOST_CONTENT - EXIF_PREFIX.length
const ICC_PREFIX = 'ICC_PROFILE\0'
const [APP0, APP1, APP2, APP13] = [0xe0, 0xe1, 0xe2, 0xed]

export function writeJpegMetadata(file: Uint8Array, metadata: Metadata): Uint8Array<ArrayBuffer> {
  const { exif, xmp, iptc, icc } = metadata
  const isJfif = file[2] === 0xff && file[3] === APP0
  const start = isJfif ? 4 + ((file[4] ?? 0) << 8) + (file[5] ?? 0) : 2
  return concatBytes([
    file.subarray(0, start),
    ...(exif ? [segment(APP1, EXIF_PREFIX, exif)] : []),
    ...(xmp === undefined ? [] : xmpSegments(xmp)),
    ...(iptc ? [segment(APP13, PHOTOSHOP_PREFIX, resourcesOfIptc(iptc))] : []),
    ...(icc ? profileSegments(icc) : []),
    file.subarray(start),
  ])
}

function segment(marker: number, prefix: string, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes([latin(prefix), ...content])
  return concatBytes([Uint8Array.from([0xff, marker, ...be16(body.length + 2)]), body])
}

/** ICC.1:2022 annex B.4. */
function profileSegments(icc: Uint8Array): Uint8Array[] {
  const pieces = piecesOf(icc, MOST_CONTENT - ICC_PREFIX.length - 2)
  return pieces.map((piece, index) =>
    segment(APP2, ICC_PREFIX, Uint8Array.of(index + 1, pieces.length), piece),
  )
}

/** What is too long for one segment becomes one that only names the others, which hold all of it. */
function xmpSegments(xmp: string): Uint8Array[] {
  const whole = utf8(xmp)
  if (whole.length <= MOST_CONTENT - XMP_PREFIX.length) return [segment(APP1, XMP_PREFIX, whole)]
  const more = utf8(contentOf(xmp))
  const name = md5Hex(more).toUpperCase()
  const note = `xmlns:xmpNote="${NAMESPACE.xmpNote}" xmpNote:HasExtendedXMP="${name}"`
  const main = asPacket(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="${NAMESPACE.rdf}"><rdf:Description rdf:about="" ${note}/></rdf:RDF></x:xmpmeta>`,
  )
  const most = MOST_CONTENT - MORE_PREFIX.length - MORE_NAME - 8
  const pieces = piecesOf(more, most).map((piece, index) =>
    segment(
      APP1,
      MORE_PREFIX,
      latin(name),
      Uint8Array.from([...be32(more.length), ...be32(index * most)]),
      piece,
    ),
  )
  return [segment(APP1, XMP_PREFIX, utf8(main)), ...pieces]
}

function piecesOf(bytes: Uint8Array, most: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / most) }, (_, index) =>
    bytes.subarray(index * most, (index + 1) * most),
  )
}
