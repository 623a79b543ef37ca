/** Finds the ICC profile inside a picture file. A profile that is damaged, too large or not all there is none. */
import { inflate } from '../../lib/inflate.ts'
import type { FormatName } from '../format.ts'
import { TAG } from '../headers/tiff.ts'
import { readFields } from '../headers/tiff-tags.ts'
import { createReader } from '../headers/reader.ts'
import { readItems } from '../heif/items.ts'
import { findProfile } from '../heif/properties.ts'
import { findCodestream } from '../jxl/codestream.ts'
import { readJxlProfile } from '../jxl/profile.ts'

const MOST_BYTES = 4 * 1024 * 1024

/** Undefined where there is none, or where it cannot be had. Never throws. */
export async function embeddedProfile(
  format: FormatName,
  bytes: Uint8Array,
  page?: number,
): Promise<Uint8Array | undefined> {
  try {
    return await FINDERS[format]?.(bytes, page)
  } catch {
    return undefined
  }
}

type Finder = (bytes: Uint8Array, page?: number) => Uint8Array | undefined | Promise<Uint8Array | undefined>

const FINDERS: Partial<Record<FormatName, Finder>> = {
  jpeg: inJpeg,
  png: inPng,
  webp: inWebp,
  avif: inHeif,
  heic: inHeif,
  bmp: inBmp,
  tiff: inTiff,
  jxl: (bytes) => readJxlProfile(findCodestream(bytes).head),
}

const textAt = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length))
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const MARKER = 'ICC_PROFILE\0'
/** Behind a marker's name: the number of this piece, from 1, and how many there are. ICC.1:2022 annex B.4. */
const PIECE_HEADER = MARKER.length + 2

function inJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes)
  const pieces: Uint8Array[] = []
  let count = 0
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const [kind, length] = [view.getUint8(at + 1), view.getUint16(at + 2)]
    if (kind === 0xda || length < 2) break
    if (kind === 0xe2 && textAt(bytes, at + 4, MARKER.length) === MARKER) {
      const number = view.getUint8(at + 4 + MARKER.length)
      count = view.getUint8(at + 5 + MARKER.length)
      pieces[number - 1] = bytes.subarray(at + 4 + PIECE_HEADER, at + 2 + length)
    }
    at += 2 + length
  }
  const whole = Array.from({ length: count }, (_, at) => pieces[at])
  return whole.every((piece) => piece !== undefined) && count > 0 ? joined(whole) : undefined
}

function joined(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (length > MOST_BYTES) return undefined
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function inHeif(bytes: Uint8Array): Uint8Array | undefined {
  const r = createReader(bytes)
  const { primary, properties } = readItems(r, bytes)
  const place = findProfile(r, properties(primary))
  return place && place.end - place.start <= MOST_BYTES && place.end <= bytes.length
    ? bytes.subarray(place.start, place.end)
    : undefined
}

function inWebp(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes)
  // Behind RIFF's header and the extended one, the profile comes first: RFC 9649 section 2.7.
  if (textAt(bytes, 12, 4) !== 'VP8X' || textAt(bytes, 30, 4) !== 'ICCP') return undefined
  const length = view.getUint32(34, true)
  return length <= MOST_BYTES && 38 + length <= bytes.length ? bytes.subarray(38, 38 + length) : undefined
}

function inTiff(bytes: Uint8Array, page?: number): Uint8Array | undefined {
  const place = readFields(bytes, page).place(TAG.profile)
  const isThere = place && place.length <= MOST_BYTES && place.at + place.length <= bytes.length
  return isThere ? bytes.subarray(place.at, place.at + place.length) : undefined
}

/** BITMAPV5HEADER: its colour space is an embedded profile; where that lies, from its own beginning, and how long it is. */
function inBmp(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes)
  if (view.getUint32(14, true) !== 124 || view.getUint32(14 + 56, true) !== 0x4d424544) return undefined
  const [start, length] = [14 + view.getUint32(14 + 112, true), view.getUint32(14 + 116, true)]
  return length <= MOST_BYTES && start + length <= bytes.length
    ? bytes.subarray(start, start + length)
    : undefined
}

function inPng(bytes: Uint8Array): Promise<Uint8Array | undefined> | undefined {
  const view = viewOf(bytes)
  for (let at = 8; ;) {
    const [length, type] = [view.getUint32(at), textAt(bytes, at + 4, 4)]
    if (type === 'IDAT' || type === 'IEND') return undefined
    if (type === 'iCCP') return profileOfChunk(bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
}

/** Its name up to a zero, the method of compression (0), and the compressed profile. */
function profileOfChunk(data: Uint8Array): Promise<Uint8Array | undefined> {
  return inflate(data.subarray(data.indexOf(0) + 2), MOST_BYTES)
}
