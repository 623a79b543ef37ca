/** How many frames a file has, where its header does not tell: by walking over all of it. */
import type { FormatName } from './format.ts'
import { createReader, NeedsMore, type Reader } from './headers/reader.ts'

/** Undefined for other formats, and for files that end too early or make no sense. Never throws. */
export function countFrames(format: FormatName, bytes: Uint8Array): number | undefined {
  try {
    return COUNTERS[format]?.(createReader(bytes))
  } catch (error) {
    if (error instanceof NeedsMore) return undefined
    throw error
  }
}

const COUNTERS: Readonly<Partial<Record<FormatName, (r: Reader) => number | undefined>>> = {
  gif: inGif,
  webp: inWebp,
}

const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b]

/** GIF89a, sections 18 to 27. */
function inGif(r: Reader): number | undefined {
  let frames = 0
  for (let at = 13 + tableBytes(r.u8(10)); ;) {
    const block = r.u8(at)
    if (block === TRAILER) return frames === 0 ? undefined : frames
    if (block === IMAGE) {
      frames++
      // Descriptor, local table, size of codes.
      at = afterBlocks(r, at + 11 + tableBytes(r.u8(at + 9)))
    } else if (block === EXTENSION) at = afterBlocks(r, at + 2)
    else return undefined
  }
}

const tableBytes = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1))

/** Sub-blocks, each with its length before it, up to an empty one. */
function afterBlocks(r: Reader, start: number): number {
  let at = start
  for (let length = r.u8(at); length > 0; length = r.u8(at)) at += length + 1
  return at + 1
}

/** RFC 9649, section 2.7.1. */
function inWebp(r: Reader): number | undefined {
  const end = Math.min(r.u32le(4) + 8, r.length)
  let frames = 0
  for (let at = 12; at + 8 <= end;) {
    const [type, length] = [r.text(at, 4), r.u32le(at + 4)]
    if (type === 'VP8 ' || type === 'VP8L') return 1
    if (type === 'ANMF') frames++
    at += 8 + length + (length & 1)
  }
  return frames === 0 ? undefined : frames
}
