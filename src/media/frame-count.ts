/** How many frames or pages a whole file has, without decoding any. */
import { isMediaError } from '../error.ts'
import type { FormatName } from './format.ts'
import { gifBlocks, isGifFrame } from './headers/gif.ts'
import { createReader, NeedsMore, type Reader } from './headers/reader.ts'
import { tiffPages } from './headers/tiff-tags.ts'
import { countSamples } from './heif/sequence.ts'

/**
 * At least 1; never more than `most` + 1, for who only wants to know whether they are too many. Undefined for formats
 * whose header tells.
 */
export function countFrames(format: FormatName, bytes: Uint8Array, most: number): number | undefined {
  const count = COUNTERS[format]?.(bytes, most)
  return count === undefined ? undefined : Math.max(1, count)
}

type Counter = (bytes: Uint8Array, most: number) => number

const COUNTERS: Readonly<Partial<Record<FormatName, Counter>>> = {
  gif: untilItEnds(function* (r) {
    for (const block of gifBlocks(r)) if (isGifFrame(block)) yield
  }),
  webp: untilItEnds(function* (r) {
    for (let at = 12; ;) {
      const size = r.u32le(at + 4)
      if (r.text(at, 4) === 'ANMF') yield
      at += 8 + size + (size & 1)
    }
  }),
  tiff: untilItEnds((_, bytes) => tiffPages(bytes)),
  avif: (bytes, most) => Math.min(countSamples(bytes), most + 1),
  png: untilItEnds(function* (r) {
    for (let at = 8; ;) {
      const type = r.text(at + 4, 4)
      if (type === 'fcTL') yield
      if (type === 'IEND') return
      at += 12 + r.u32(at)
    }
  }),
}

/** Files that were cut off, or go on wrongly, have the frames that begin before. */
function untilItEnds(walk: (r: Reader, bytes: Uint8Array) => Generator<void>): Counter {
  return (bytes, most) => {
    let count = 0
    try {
      for (const _ of walk(createReader(bytes), bytes)) if (++count > most) break
    } catch (error) {
      if (!(error instanceof NeedsMore) && !isMediaError(error)) throw error
    }
    return count
  }
}
