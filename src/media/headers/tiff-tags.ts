/** The fields of a TIFF file's first picture: TIFF 6.0 section 2. */
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

/** Bytes of a value, by type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE. */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
const [BYTE, SHORT, LONG] = [1, 3, 4]
const ENTRY = 12

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readFields(bytes: Uint8Array): TiffFields {
  const r = createReader(bytes)
  const isLittleEndian = r.text(0, 2) === 'II'
  const [u16, u32] = isLittleEndian ? [r.u16le, r.u32le] : [r.u16, r.u32]
  if (u16(2) !== 42) throw new MediaError('UNSUPPORTED_CODEC', 'Cannot decode TIFF: BigTIFF is not read')
  const fields = new Map<number, Field>()
  const directory = u32(4)
  const end = directory + 2 + u16(directory) * ENTRY
  for (let at = directory + 2; at < end; at += ENTRY) {
    const [tag, type, count] = [u16(at), u16(at + 2), u32(at + 4)]
    const length = (SIZES[type] ?? 0) * count
    // The first of two counts.
    if (length > 0 && !fields.has(tag))
      fields.set(tag, { type, count, at: length <= 4 ? at + 8 : u32(at + 8) })
  }

  function valueAt(r: Reader, { type, at }: Field, index: number): number {
    if (type === BYTE) return r.u8(at + index)
    if (type === SHORT) return u16(at + index * 2)
    if (type === LONG) return u32(at + index * 4)
    throw corrupt('TIFF', 'a field has the wrong type')
  }

  return {
    isLittleEndian,
    has: (tag) => fields.has(tag),
    one(tag, missing) {
      const field = fields.get(tag)
      return field ? valueAt(r, field, 0) : missing
    },
    all(tag, most) {
      const field = fields.get(tag)
      if (!field) return []
      if (field.count > most) throw corrupt('TIFF', 'a field is longer than it can be')
      // One look behind its end first: everything that is missing is asked for at once.
      valueAt(r, field, field.count - 1)
      return Array.from({ length: field.count }, (_, index) => valueAt(r, field, index))
    },
    place(tag) {
      const field = fields.get(tag)
      return field && { at: field.at, length: (SIZES[field.type] ?? 0) * field.count }
    },
  }
}
