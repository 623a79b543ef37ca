/** What EXIF (2.32, over TIFF 6.0) says of how a picture came about. What is damaged or makes no sense is left out. */
import { createReader, NeedsMore, type Reader } from '../headers/reader.ts'

export interface ExifFacts {
  readonly copyright?: string
  readonly artist?: string
  readonly description?: string
  readonly make?: string
  readonly model?: string
  readonly lens?: string
  readonly software?: string
  /** ISO 8601, in the camera's own time; with its offset where it is told. */
  readonly takenAt?: string
  /** Seconds. */
  readonly exposureTime?: number
  readonly fNumber?: number
  readonly iso?: number
  /** Millimetres. */
  readonly focalLength?: number
  readonly focalLengthIn35mm?: number
  /** Degrees, north and east positive; metres. */
  readonly gps?: { readonly latitude: number; readonly longitude: number; readonly altitude?: number }
}

/** Undefined when there is nothing to tell. Never throws. */
export function readExif(tiff: Uint8Array, what: 'copyright' | 'keep'): ExifFacts | undefined {
  const root = openDirectory(tiff)
  const credits = root && { copyright: textOf(root, 0x8298), artist: textOf(root, 0x013b) }
  const facts = root && what === 'keep' ? { ...credits, ...cameraFacts(root), gps: placeOf(root) } : credits
  const known = Object.entries(facts ?? {}).filter(([, value]) => value !== undefined)
  return known.length === 0 ? undefined : Object.fromEntries(known)
}

function cameraFacts(root: Directory) {
  const camera = subdirectory(root, 0x8769)
  return {
    description: textOf(root, 0x010e),
    make: textOf(root, 0x010f),
    model: textOf(root, 0x0110),
    software: textOf(root, 0x0131),
    lens: textOf(camera, 0xa434),
    takenAt: timeOf(camera),
    exposureTime: numberOf(camera, 0x829a),
    fNumber: numberOf(camera, 0x829d),
    iso: numberOf(camera, 0x8827),
    focalLength: numberOf(camera, 0x920a),
    focalLengthIn35mm: numberOf(camera, 0xa405),
  }
}

/** `2024:05:01 12:30:00`, and an offset such as `+02:00`. */
function timeOf(camera: Directory | undefined): string | undefined {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(textOf(camera, 0x9003) ?? '')
  if (!parts || parts[1] === '0000') return undefined
  const offset = textOf(camera, 0x9011) ?? ''
  return `${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}${/^[+-]\d\d:\d\d$/.test(offset) ? offset : ''}`
}

function placeOf(root: Directory) {
  const gps = subdirectory(root, 0x8825)
  const [latitude, longitude] = [angleOf(gps, 1, 'S', 90), angleOf(gps, 3, 'W', 180)]
  if (latitude === undefined || longitude === undefined) return undefined
  const height = numberOf(gps, 6)
  const altitude = height === undefined ? {} : { altitude: numberOf(gps, 5) === 1 ? -height : height }
  return { latitude, longitude, ...altitude }
}

/** Degrees, minutes and seconds; the tag before says on which side. */
function angleOf(gps: Directory | undefined, tag: number, negative: string, most: number) {
  const [degrees, minutes, seconds] = numbersOf(gps, tag + 1)
  if (degrees === undefined || minutes === undefined || seconds === undefined) return undefined
  const angle = round(degrees + minutes / 60 + seconds / 3600, 6)
  return angle > most ? undefined : textOf(gps, tag) === negative ? -angle : angle
}

/* ---- TIFF 6.0, section 2 ---- */

interface Directory {
  readonly r: Reader
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  /** Where the entry of a tag stands. */
  readonly entries: ReadonlyMap<number, number>
}

const MOST_ENTRIES = 512
const MOST_TEXT = 512
const [BYTE, ASCII, SHORT, LONG, RATIONAL] = [1, 2, 3, 4, 5]
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 }

function openDirectory(tiff: Uint8Array): Directory | undefined {
  const r = createReader(tiff)
  return attempt(() => {
    const order = r.text(0, 2)
    if (order !== 'II' && order !== 'MM') return undefined
    const [u16, u32] = order === 'II' ? [r.u16le, r.u32le] : [r.u16, r.u32]
    return u16(2) === 42 ? directoryAt({ r, u16, u32 }, u32(4)) : undefined
  })
}

function directoryAt(file: Omit<Directory, 'entries'>, at: number): Directory {
  const count = Math.min(file.u16(at), MOST_ENTRIES)
  const places = Array.from({ length: count }, (_, index) => at + 2 + 12 * index)
  return { ...file, entries: new Map(places.map((place) => [file.u16(place), place])) }
}

function subdirectory(parent: Directory, tag: number): Directory | undefined {
  const at = numberOf(parent, tag)
  return at === undefined ? undefined : attempt(() => directoryAt(parent, at))
}

/** Where its values lie: in the entry itself when four bytes suffice. */
function valuesOf(directory: Directory | undefined, tag: number) {
  const entry = directory?.entries.get(tag)
  if (!directory || entry === undefined) return undefined
  const [type, count] = [directory.u16(entry + 2), directory.u32(entry + 4)]
  const bytes = (SIZES[type] ?? 0) * count
  return { type, count, bytes, at: bytes > 4 ? directory.u32(entry + 8) : entry + 8 }
}

function textOf(directory: Directory | undefined, tag: number): string | undefined {
  return attempt(() => {
    const values = valuesOf(directory, tag)
    if (!directory || values?.type !== ASCII || values.count > MOST_TEXT) return undefined
    const [latin = ''] = directory.r.text(values.at, values.bytes).split('\0')
    // ASCII by the book; what goes beyond it is UTF-8 nearly always.
    const text = new TextDecoder().decode(Uint8Array.from(latin, (letter) => letter.charCodeAt(0)))
    return text.replace(/\p{Cc}+/gu, ' ').trim() || undefined
  })
}

const numberOf = (directory: Directory | undefined, tag: number) => numbersOf(directory, tag)[0]

function numbersOf(directory: Directory | undefined, tag: number): number[] {
  const numbers = attempt(() => {
    const values = valuesOf(directory, tag)
    if (!directory || !values || values.count > 3) return undefined
    const { r, u16, u32 } = directory
    const read: Readonly<Record<number, (at: number) => number>> = {
      [BYTE!]: r.u8,
      [SHORT!]: u16,
      [LONG!]: u32,
      [RATIONAL!]: (at) => round(u32(at) / u32(at + 4), 6),
    }
    const one = read[values.type]
    return one && Array.from({ length: values.count }, (_, i) => one(values.at + i * SIZES[values.type]!))
  })
  return numbers?.every(Number.isFinite) ? numbers : []
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** Undefined for what points outside of the block. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof NeedsMore) return undefined
    throw error
  }
}
