/** The items of a HEIF file: what they are, what refers to what, where their bytes lie (ISO/IEC 14496-12 section 8.11). */
import { concatBytes } from '../../lib/bytes.ts'
import { corrupt, type Reader } from '../headers/reader.ts'
import { children, find, topBox, type Box } from './boxes.ts'
import { readProperties, type PropertiesOf } from './properties.ts'

export interface Items {
  readonly primary: number
  readonly properties: PropertiesOf
  readonly all: readonly number[]
  /** Four letters. */
  typeOf(item: number): string | undefined
  /** Of an item of the type `mime`. */
  contentTypeOf(item: number): string | undefined
  /** Items that `item` refers to in this way, in order. */
  references(type: string, item: number): readonly number[]
  /** Those that refer to it. */
  referrers(type: string, item: number): readonly number[]
  /** A copy where its bytes lie in several places. @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
  bytesOf(item: number, most?: number): Uint8Array
  /** Where its bytes lie in the file. @throws NeedsMore, CORRUPT_MEDIA */
  placesOf(item: number): readonly Place[]
}

interface Reference {
  readonly type: string
  readonly from: number
  readonly to: readonly number[]
}

/** @throws NeedsMore, CORRUPT_MEDIA */
export function readItems(r: Reader, file: Uint8Array): Items {
  const meta = topBox(r, 'meta')
  r.u8(meta.end - 1)
  const boxes = children(r, meta.start + 4, meta.end)
  const { of: properties } = readProperties(r, boxes)
  const [types, links] = [readTypes(r, boxes), readReferences(r, boxes)]
  const placesOf = once((item) => findExtents(r, boxes, item))
  const join = createJoin()
  const wholeOf = once((item) => join(placesOf(item).map(({ start, end }) => part(file, start, end))))
  return {
    primary: readPrimary(r, boxes),
    properties: once(properties),
    all: [...types.keys()],
    typeOf: (item) => types.get(item)?.type,
    contentTypeOf: (item) => contentTypeOf(r, types.get(item)),
    references: (type, item) =>
      links.flatMap((link) => (link.type === type && link.from === item ? link.to : [])),
    referrers: (type, item) =>
      links.flatMap((link) => (link.type === type && link.to.includes(item) ? link.from : [])),
    bytesOf(item, most = MOST_BYTES) {
      const length = placesOf(item).reduce((sum, { start, end }) => sum + end - start, 0)
      if (length > most) throw tooLarge()
      return wholeOf(item)
    },
    placesOf,
  }
}

/** A grid may name one item tens of thousands of times: it is looked up, and put together, once. */
function once<T>(work: (item: number) => T): (item: number) => T {
  const known = new Map<number, T>()
  return (item) => {
    const found = known.get(item) ?? work(item)
    known.set(item, found)
    return found
  }
}

export function readPrimary(r: Reader, meta: readonly Box[]): number {
  const pitm = find(meta, 'pitm')
  if (!pitm) throw corrupt('HEIF', 'it has no primary item')
  return r.u8(pitm.start) === 0 ? r.u16(pitm.start + 4) : r.u32(pitm.start + 4)
}

interface Kind {
  readonly type: string
  /** Of its name, and what follows that. */
  readonly start: number
  readonly end: number
}

function readTypes(r: Reader, meta: readonly Box[]): Map<number, Kind> {
  const iinf = find(meta, 'iinf')
  if (!iinf) throw corrupt('HEIF', 'it does not say what its items are')
  const entries = children(r, iinf.start + (r.u8(iinf.start) === 0 ? 6 : 8), iinf.end)
  return new Map(
    entries.map(({ start, end }) => {
      const isWide = r.u8(start) > 2
      const at = start + (isWide ? 10 : 8)
      return [
        isWide ? r.u32(start + 4) : r.u16(start + 4),
        { type: r.text(at, 4), start: at + 4, end },
      ] as const
    }),
  )
}

/** Section 8.11.6: its name and its type, each up to a zero. */
function contentTypeOf(r: Reader, kind: Kind | undefined): string | undefined {
  if (kind?.type !== 'mime') return undefined
  const [, type] = r.text(kind.start, Math.min(kind.end - kind.start, 256)).split('\0')
  return type
}

function readReferences(r: Reader, meta: readonly Box[]): Reference[] {
  const iref = find(meta, 'iref')
  if (!iref) return []
  const idBytes = r.u8(iref.start) === 0 ? 2 : 4
  const id = (at: number) => (idBytes === 2 ? r.u16(at) : r.u32(at))
  return children(r, iref.start + 4, iref.end).map(({ type, start, end }) => {
    const first = start + idBytes + 2
    const count = Math.min(r.u16(start + idBytes), Math.floor((end - first) / idBytes))
    return { type, from: id(start), to: Array.from({ length: count }, (_, i) => id(first + i * idBytes)) }
  })
}

export interface Place {
  readonly start: number
  readonly end: number
}

/** `iloc`, section 8.11.3: sizes of its fields in half bytes, then the items with their extents. */
function findExtents(r: Reader, meta: readonly Box[], item: number): Place[] {
  const iloc = find(meta, 'iloc')
  if (!iloc) throw corrupt('HEIF', 'it does not say where its items lie')
  const version = r.u8(iloc.start)
  const [sizes, more] = [r.u8(iloc.start + 4), r.u8(iloc.start + 5)]
  const [offsetSize, lengthSize, baseSize] = [sizes >> 4, sizes & 15, more >> 4]
  const indexSize = version === 0 ? 0 : more & 15
  const idSize = version < 2 ? 2 : 4
  let at = iloc.start + 6
  const take = (size: number) => {
    const value = sized(r, at, size)
    at += size
    return value
  }
  for (let left = take(idSize); left > 0; left--) {
    const id = take(idSize)
    const method = version === 0 ? 0 : take(2) & 15
    at += 2
    const base = take(baseSize)
    const count = take(2)
    if (id !== item) at += count * (indexSize + offsetSize + lengthSize)
    else return readExtents(count)
    if (at > iloc.end) throw corrupt('HEIF', 'its items lie nowhere')

    function readExtents(extents: number): Place[] {
      const origin = base + startOf(meta, method)
      return Array.from({ length: extents }, () => {
        at += indexSize
        const start = origin + take(offsetSize)
        return { start, end: start + take(lengthSize) }
      })
    }
  }
  throw corrupt('HEIF', 'one of its items lies nowhere')
}

/** What offsets count from: the file, or the box of item data. */
function startOf(meta: readonly Box[], method: number): number {
  if (method === 0) return 0
  const idat = method === 1 ? find(meta, 'idat') : undefined
  if (!idat) throw corrupt('HEIF', 'one of its items lies nowhere')
  return idat.start
}

function sized(r: Reader, at: number, size: number): number {
  if (size === 0) return 0
  if (size === 2) return r.u16(at)
  if (size === 4) return r.u32(at)
  if (size === 8) return r.u32(at) * 2 ** 32 + r.u32(at + 4)
  throw corrupt('HEIF', 'its items lie nowhere')
}

function part(file: Uint8Array, start: number, end: number): Uint8Array {
  if (end > file.length) throw corrupt('HEIF', 'it ends too early')
  return file.subarray(start, end)
}

/** Extents may overlap, but not without end: the most that one item takes, and that all copies together take. */
const MOST_BYTES = 256 * 1024 * 1024
const tooLarge = () => corrupt('HEIF', 'one of its items is larger than the file')

function createJoin(): (parts: readonly Uint8Array[]) => Uint8Array {
  let left = MOST_BYTES
  return (parts) => {
    const [first] = parts
    if (parts.length === 1 && first) return first
    left -= parts.reduce((sum, { length }) => sum + length, 0)
    if (left < 0) throw tooLarge()
    return concatBytes(parts)
  }
}
