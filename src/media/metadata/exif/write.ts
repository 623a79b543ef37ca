/** A tree of EXIF as one TIFF structure again. */
import type { ExifDirectory, ExifField, ExifTree } from './tree.ts'

const [LONG, MAKER_NOTE] = [4, 0x927c]

/**
 * What does not fit into `most` bytes loses its largest fields.
 * @returns undefined when nothing is left
 */
export function writeExifTree(tree: ExifTree, most: number): Uint8Array<ArrayBuffer> | undefined {
  for (let left = tree.root; !isEmpty(left); left = withoutLargest(left)) {
    const written = layOut({ ...tree, root: left }, most)
    if (written) return written
  }
  return undefined
}

function isEmpty({ fields, children }: ExifDirectory): boolean {
  return fields.length === 0 && [...children.values()].every(isEmpty)
}

const allFields = ({ fields, children }: ExifDirectory): ExifField[] => [
  ...fields,
  ...[...children.values()].flatMap(allFields),
]

function withoutLargest(root: ExifDirectory): ExifDirectory {
  const largest = allFields(root).reduce((a, b) => (b.bytes.length > a.bytes.length ? b : a))
  const without = ({ fields, children }: ExifDirectory): ExifDirectory => ({
    fields: fields.filter((field) => field !== largest),
    children: new Map([...children].map(([tag, child]) => [tag, without(child)])),
  })
  return without(root)
}

interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
}

/** Undefined when it does not fit. */
function layOut({ isLittleEndian, root }: ExifTree, most: number): Uint8Array<ArrayBuffer> | undefined {
  const pinned = pinnedNote(root, most)
  const pieces: Piece[] = []
  let end = 8

  /** Values begin at even places. */
  function place(length: number): number {
    end += end & 1
    if (pinned && end < pinned.at + pinned.bytes.length && end + length > pinned.at) {
      end = pinned.at + pinned.bytes.length
      end += end & 1
    }
    end += length
    return end - length
  }

  function placeField(field: ExifField): number {
    const { bytes } = field
    const at = field.at !== undefined && field === pinned?.field ? field.at : place(bytes.length)
    pieces.push({ at, bytes })
    return at
  }

  function placeDirectory({ fields, children }: ExifDirectory): number {
    const below = [...children].filter(([, child]) => !isEmpty(child))
    const count = fields.length + below.length
    const block = new Uint8Array(2 + 12 * count + 4)
    const at = place(block.length)
    const view = new DataView(block.buffer)
    view.setUint16(0, count, isLittleEndian)
    const entries = [
      ...fields.map((field) => ({ ...field, field })),
      ...below.map(([tag, child]) => ({ tag, type: LONG, count: 1, child })),
    ].toSorted((a, b) => a.tag - b.tag)
    for (const [index, entry] of entries.entries()) {
      const start = 2 + 12 * index
      view.setUint16(start, entry.tag, isLittleEndian)
      view.setUint16(start + 2, entry.type, isLittleEndian)
      view.setUint32(start + 4, entry.count, isLittleEndian)
      if ('child' in entry) view.setUint32(start + 8, placeDirectory(entry.child), isLittleEndian)
      else if (entry.bytes.length <= 4) block.set(entry.bytes, start + 8)
      else view.setUint32(start + 8, placeField(entry.field), isLittleEndian)
    }
    pieces.push({ at, bytes: block })
    return at
  }

  const first = placeDirectory(root)
  const length = pieces.reduce((far, { at, bytes }) => Math.max(far, at + bytes.length), 8)
  if (length > most) return undefined
  const whole = new Uint8Array(length)
  const view = new DataView(whole.buffer)
  whole.set(isLittleEndian ? [0x49, 0x49] : [0x4d, 0x4d])
  view.setUint16(2, 42, isLittleEndian)
  view.setUint32(4, first, isLittleEndian)
  for (const { at, bytes } of pieces) whole.set(bytes, at)
  return whole
}

/** The maker's own notes count from the start of the whole structure more often than not: they stay where they lay. */
function pinnedNote(root: ExifDirectory, most: number) {
  const field = allFields(root).find(({ tag, bytes }) => tag === MAKER_NOTE && bytes.length > 4)
  if (!field || field.at === undefined || field.at < 8 || field.at + field.bytes.length > most)
    return undefined
  return { field, at: field.at, bytes: field.bytes }
}
