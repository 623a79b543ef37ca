/** Boxes of the ISO base media file format (ISO/IEC 14496-12 section 4.2). */
import { corrupt, type Reader } from '../headers/reader.ts'

export interface Box {
  readonly type: string
  /** Of its content. */
  readonly start: number
  readonly end: number
}

/** More of them in one parent is no picture any more. */
const MOST_BOXES = 4096

/** One of the file's own boxes; what stands before it, and what follows, need not be there. @throws NeedsMore, CORRUPT_MEDIA */
export function topBox(r: Reader, type: string): Box {
  for (let at = 0; ;) {
    const box = boxAt(r, at)
    if (box.type === type) return box
    at = box.end
  }
}

/** @throws NeedsMore, CORRUPT_MEDIA */
export function children(r: Reader, from: number, to: number): Box[] {
  const boxes: Box[] = []
  for (let at = from; at + 8 <= to;) {
    const box = boxAt(r, at)
    if (box.end > to || boxes.length > MOST_BOXES) throw corrupt('HEIF', 'a box is larger than its parent')
    boxes.push(box)
    at = box.end
  }
  return boxes
}

function boxAt(r: Reader, at: number): Box {
  const [size, type] = [r.u32(at), r.text(at + 4, 4)]
  const isLarge = size === 1
  const length = isLarge ? r.u32(at + 8) * 2 ** 32 + r.u32(at + 12) : size
  if (length < 8) throw corrupt('HEIF', 'a box has no length')
  return { type, start: at + (isLarge ? 16 : 8), end: at + length }
}

export const find = (boxes: readonly Box[], type: string): Box | undefined =>
  boxes.find((box) => box.type === type)
