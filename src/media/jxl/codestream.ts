/** Where the codestream of a JPEG XL file lies: it is the file, or in boxes of it (ISO/IEC 18181-2). */
import { corrupt, createReader, NeedsMore, type Reader } from '../headers/reader.ts'

export interface Codestream {
  /** Its first bytes: all that are needed for what stands before its frames, as far as they are there. */
  readonly head: Uint8Array
  /** Of its boxes; none where it is the file. */
  readonly exif?: Uint8Array
}

/** Names of channels may make headers long, but not longer. */
const MOST_BYTES = 4 * 1024 * 1024
const SIGNATURE = 12
/** The highest bit of a part's number says that it is the last. */
const LAST_PART = 0x8000_0000

/** @throws NeedsMore, CORRUPT_MEDIA */
export function findCodestream(file: Uint8Array): Codestream {
  if (file[0] === 0xff) return { head: file.subarray(0, MOST_BYTES) }
  const r = createReader(file)
  const parts: Uint8Array[] = []
  let exif: Uint8Array | undefined
  for (let at = SIGNATURE, length = 0; length < MOST_BYTES;) {
    if (at >= file.length && parts.length > 0) break
    const box = boxAt(r, at)
    const bytes = file.subarray(box.start, box.end)
    if (box.type === 'Exif') exif = bytes.subarray(4)
    if (box.type === 'jxlc') return { head: bytes.subarray(0, MOST_BYTES), ...(exif ? { exif } : {}) }
    if (box.type === 'jxlp') {
      parts.push(bytes.subarray(4))
      length += bytes.length
      if (r.u32(box.start) >= LAST_PART) break
    }
    at = box.end
  }
  return { head: joined(parts), ...(exif ? { exif } : {}) }
}

/** A length of 0: up to the end of the file. */
function boxAt(r: Reader, at: number): { type: string; start: number; end: number } {
  const [size, type] = [r.u32(at), r.text(at + 4, 4)]
  const isLarge = size === 1
  const start = at + (isLarge ? 16 : 8)
  if (size === 0) return { type, start, end: Infinity }
  const length = isLarge ? r.u32(at + 8) * 2 ** 32 + r.u32(at + 12) : size
  if (at + length < start) throw corrupt('JXL', 'a box has no length')
  return { type, start, end: at + length }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** What is missing of the codestream is missing of the file. */
export function ofWholeFile<T>(file: Uint8Array, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof NeedsMore ? new NeedsMore(Math.max(error.bytes, file.length + 1)) : error
  }
}
