/** The fields of a page of a TIFF file: TIFF 6.0 section 2, and BigTIFF, where offsets and counts have 8 bytes. */
import { MediaError } from '../../error.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

/** Fields by their number. Each throws NeedsMore where the file has not come so far. */
export interface TiffFields {
  readonly isLittleEndian: boolean
  has(tag: number): boolean
  /** The first value of a field of whole numbers; `missing` where there is none. */
  one(tag: number, missing: number): number
  /** All of them. @throws CORRUPT_MEDIA when there are more than `most` */
  all(tag: number, most: number): number[]
  /** Where the bytes of a field lie. */
  place(tag: number): { readonly at: number; readonly length: number } | undefined
}

interface Field {
  readonly type: number
  readonly count: number
  /** Of its values. */
  readonly at: number
}

/** Bytes of a value, by type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD; 16 to 18: LONG8, SLONG8, IFD8. */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]
const [BYTE, SHORT, LONG, LONG8] = [1, 3, 4, 16]
/** Entries of a directory, where more could be said. */
const MOST_ENTRIES = 65_535

/** How a file counts. */
interface Layout {
  readonly r: Reader
  readonly isLittleEndian: boolean
  /** Where the offset of the first directory is. */
  readonly first: number
  /** Bytes of the count of entries, and of an entry. */
  readonly countBytes: 2 | 8
  readonly entryBytes: 12 | 20
  u16(at: number): number
  u32(at: number): number
  /** Inexact beyond 2^53, where no file is. */
  u64(at: number): number
  /** An offset, or a count of values. */
  word(at: number): number
}

/** @param page from 0 @throws NeedsMore, CORRUPT_MEDIA, INVALID_PARAMETER where there is no such page */
export function readFields(bytes: Uint8Array, page = 0): TiffFields {
  const layout = layoutOf(bytes)
  const fields = readDirectory(layout, findPage(layout, page))
  const { r, isLittleEndian, u16, u32, u64 } = layout

  function valueAt({ type, at }: Field, index: number): number {
    if (type === BYTE) return r.u8(at + index)
    if (type === SHORT) return u16(at + index * 2)
    if (type === LONG) return u32(at + index * 4)
    if (type === LONG8) return u64(at + index * 8)
    throw corrupt('TIFF', 'a field has the wrong type')
  }

  return {
    isLittleEndian,
    has: (tag) => fields.has(tag),
    one(tag, missing) {
      const field = fields.get(tag)
      return field ? valueAt(field, 0) : missing
    },
    all(tag, most) {
      const field = fields.get(tag)
      if (!field) return []
      if (field.count > most) throw corrupt('TIFF', 'a field is longer than it can be')
      // One look behind its end first: everything that is missing is asked for at once.
      valueAt(field, field.count - 1)
      return Array.from({ length: field.count }, (_, index) => valueAt(field, index))
    },
    place(tag) {
      const field = fields.get(tag)
      return field && { at: field.at, length: (SIZES[field.type] ?? 0) * field.count }
    },
  }
}

function layoutOf(bytes: Uint8Array): Layout {
  const r = createReader(bytes)
  const isLittleEndian = r.text(0, 2) === 'II'
  const [u16, u32] = isLittleEndian ? [r.u16le, r.u32le] : [r.u16, r.u32]
  const [low, high] = isLittleEndian ? [0, 4] : [4, 0]
  const u64 = (at: number) => u32(at + high) * 2 ** 32 + u32(at + low)
  const numbers = { r, isLittleEndian, u16, u32, u64 }
  if (u16(2) === 42) return { ...numbers, word: u32, first: 4, countBytes: 2, entryBytes: 12 }
  if (u16(4) !== 8) throw corrupt('TIFF', 'its offsets have an unknown length')
  return { ...numbers, word: u64, first: 8, countBytes: 8, entryBytes: 20 }
}

/** Where the directory of each page is, in order. Where they lead back to one that was there, they end. @throws NeedsMore */
function* directories(layout: Layout): Generator<number> {
  const seen = new Set<number>()
  for (let directory = layout.word(layout.first); directory !== 0 && !seen.has(directory);) {
    seen.add(directory)
    yield directory
    directory = layout.word(endOf(layout, directory))
  }
}

/** How many pages there are, one after the other. @throws NeedsMore */
export function* tiffPages(bytes: Uint8Array): Generator<void> {
  for (const _ of directories(layoutOf(bytes))) yield
}

function findPage(layout: Layout, page: number): number {
  let pages = 0
  for (const directory of directories(layout)) if (pages++ === page) return directory
  throw pages === 0
    ? corrupt('TIFF', 'it has no picture')
    : new MediaError('INVALID_PARAMETER', `Parameter "page" is wrong: the picture has ${pages} of them`, {
        details: [{ parameter: 'page', value: String(page), expected: `a number from 0 to ${pages - 1}` }],
      })
}

/** Behind its entries, where the offset of the next one is. */
function endOf({ u16, u64, countBytes, entryBytes }: Layout, directory: number): number {
  const entries = countBytes === 2 ? u16(directory) : u64(directory)
  if (entries > MOST_ENTRIES) throw corrupt('TIFF', 'it has more fields than there are')
  return directory + countBytes + entries * entryBytes
}

/** The first of two fields of one number counts. */
function readDirectory(layout: Layout, directory: number): Map<number, Field> {
  const { u16, word, countBytes, entryBytes } = layout
  const valueBytes = entryBytes === 12 ? 4 : 8
  const fields = new Map<number, Field>()
  const end = endOf(layout, directory)
  for (let at = directory + countBytes; at < end; at += entryBytes) {
    const [tag, type, count] = [u16(at), u16(at + 2), word(at + 4)]
    const length = (SIZES[type] ?? 0) * count
    const value = at + 4 + valueBytes
    if (length > 0 && !fields.has(tag))
      fields.set(tag, { type, count, at: length <= valueBytes ? value : word(value) })
  }
  return fields
}
