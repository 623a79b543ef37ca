/** Small reads of an original made of large ones that are kept a while: an index is read in many small steps. */
import { limitError, MediaError } from '../../../error.ts'
import { concatBytes } from '../../../lib/bytes.ts'
import type { Original } from '../../../media/original.ts'

/** Each request to a source takes its time, and each byte too: of a frame and an index little more may be read than they are. */
const BLOCK = 65_536
/** Enough for the parts of a file that are read side by side. */
const KEPT = 64

export interface BlockReader {
  /** Bytes `start` to `end` (exclusive). @throws SOURCE_TOO_LARGE, SOURCE_FAILED, and what the source throws */
  read(start: number, end: number): Promise<Uint8Array>
}

/** @param most bytes that may be read in all */
export function createBlockReader(original: Original, size: number, most: number): BlockReader {
  const kept = new Map<number, Uint8Array>()
  let left = most

  function keep(index: number, block: Uint8Array): void {
    kept.delete(index)
    kept.set(index, block)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) return
      kept.delete(oldest)
    }
  }

  /** Blocks `first` to `last` in one request. */
  async function fetchBlocks(first: number, last: number): Promise<Uint8Array[]> {
    const [start, end] = [first * BLOCK, Math.min(size, (last + 1) * BLOCK)]
    left -= end - start
    if (left < 0) throw limitError('sourceBytes', most - left, most, 'SOURCE_TOO_LARGE')
    const bytes = await original.read({ start, end })
    if (bytes.length < end - start)
      throw new MediaError('SOURCE_FAILED', 'Reading the original: it ended early')
    return Array.from({ length: last - first + 1 }, (_, n) => bytes.subarray(n * BLOCK, (n + 1) * BLOCK))
  }

  return {
    async read(start, end) {
      const [first, last] = [Math.floor(start / BLOCK), Math.floor((end - 1) / BLOCK)]
      const blocks: Uint8Array[] = []
      for (let index = first; index <= last;) {
        const block = kept.get(index)
        const end = block ? index : lastMissing(kept, index, last)
        for (const one of block ? [block] : await fetchBlocks(index, end)) {
          keep(index++, one)
          blocks.push(one)
        }
      }
      const offset = first * BLOCK
      return concatBytes(blocks).subarray(start - offset, end - offset)
    },
  }
}

/** The last of the blocks from `first` on that are not here. */
function lastMissing(kept: ReadonlyMap<number, Uint8Array>, first: number, most: number): number {
  let last = first
  while (last < most && !kept.has(last + 1)) last++
  return last
}
