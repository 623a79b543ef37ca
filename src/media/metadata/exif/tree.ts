/** EXIF (2.32, over TIFF 6.0 section 2) taken apart: directories and the bytes of their fields. What is damaged is left out. */
import { createReader, NeedsMore, type Reader } from '../../headers/reader.ts'
import { MOST_EXIF } from '../metadata.ts'

export interface ExifField {
  readonly tag: number
  readonly type: number
  readonly count: number
  /** Its values, in the byte order of the tree. */
  readonly bytes: Uint8Array
  /** Where they lay. */
  readonly at?: number
}
export interface ExifDirectory {
  readonly fields: readonly ExifField[]
  /** By the tag that points at them. */
  readonly children: ReadonlyMap<number, ExifDirectory>
}
export interface ExifTree {
  readonly isLittleEndian: boolean
  readonly root: ExifDirectory
}

export const POINTER = { exif: 0x8769, gps: 0x8825, interoperability: 0xa005 } as const

/** Which directories stand in which. Previews (IFD1, SubIFDs) are none of them: they would show what was cut off. */
interface Shape {
  readonly [pointer: number]: Shape
}
const SHAPE: Shape = {
  [POINTER.exif]: { [POINTER.interoperability]: {} },
  [POINTER.gps]: {},
}

const MOST_FIELDS = 512
const ENTRY = 12
/** Bytes of a value, by type. */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4]
/** Text of EXIF 3.0. */
const UTF8 = 129
const sizeOf = (type: number) => (type === UTF8 ? 1 : (SIZES[type] ?? 0))

interface Source {
  readonly bytes: Uint8Array
  readonly r: Reader
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  /** Bytes that may still be taken: fields may share theirs. */
  left: number
}

/** Undefined when there is nothing to be had. Never throws. */
export function readExifTree(bytes: Uint8Array): ExifTree | undefined {
  return attempt(() => {
    const r = createReader(bytes)
    const order = r.text(0, 2)
    const isLittleEndian = order === 'II'
    const [u16, u32] = isLittleEndian ? [r.u16le, r.u32le] : [r.u16, r.u32]
    if ((!isLittleEndian && order !== 'MM') || u16(2) !== 42) return undefined
    const root = readDirectory({ bytes, r, u16, u32, left: MOST_EXIF }, u32(4), SHAPE)
    return { isLittleEndian, root }
  })
}

function readDirectory(source: Source, start: number, shape: Shape): ExifDirectory {
  const fields = new Map<number, ExifField>()
  const children = new Map<number, ExifDirectory>()
  const count = Math.min(source.u16(start), MOST_FIELDS)
  for (let index = 0; index < count; index++) {
    const entry = start + 2 + index * ENTRY
    const field = attempt(() => readField(source, entry))
    if (!field || fields.has(field.tag) || children.has(field.tag)) continue
    const below = shape[field.tag]
    if (!below) fields.set(field.tag, field)
    else {
      const child = attempt(() => readDirectory(source, source.u32(entry + 8), below))
      if (child) children.set(field.tag, child)
    }
  }
  return { fields: [...fields.values()].toSorted((a, b) => a.tag - b.tag), children }
}

function readField(source: Source, entry: number): ExifField | undefined {
  const { bytes, u16, u32 } = source
  const [tag, type, count] = [u16(entry), u16(entry + 2), u32(entry + 4)]
  const length = sizeOf(type) * count
  if (length === 0 || length > source.left) return undefined
  const at = length > 4 ? u32(entry + 8) : entry + 8
  source.r.u8(at + length - 1)
  source.left -= length
  return { tag, type, count, at, bytes: bytes.subarray(at, at + length) }
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
