/**
 * Small reads of an original made of large ones that are kept a while: an index is read in many small steps. Who reads on
 * gets more with each request, and after some of them one answer that goes on and on; who jumps begins anew with little.
 */
import { limitError, MediaError } from '../../../error.ts'
import { concatBytes } from '../../../lib/bytes.ts'
import type { Original } from '../../../media/original.ts'
import { openRun, type Run } from './run.ts'

/** Each request to a source takes its time, and each byte too: of a frame and an index little more may be read than they are. */
const BLOCK = 65_536
/** Enough for the parts of a file that are read side by side. */
const KEPT = 64
/** Who reads on gets so many times as much with the next request, up to so many blocks. */
const GROWTH = 4
const MOST_AHEAD = 16
/** What is no further from the end comes with the rest: most files that begin with their media end with their index. */
const TAIL = 4 * BLOCK
/** Blocks read on in a row, after which what follows comes in long answers. */
const RUN_AFTER = 64
/** Blocks between two reads that are read over at the most, however fast a source is. */
const MOST_OVER = 64

export interface BlockReader {
  /** Bytes `start` to `end` (exclusive). @throws SOURCE_TOO_LARGE, SOURCE_FAILED, and what the source throws */
  read(start: number, end: number): Promise<Uint8Array>
  /** Gives up what is still coming. */
  close(): Promise<void>
}

/** What has been read of an original, by number of block; the same for all who read it one after another. */
type Kept = Map<number, Uint8Array>

/** An index that was read to say what a file is is read again to make something of it. */
const KEPT_OF = new WeakMap<Original, Kept>()

function keptOf(original: Original): Kept {
  const kept = KEPT_OF.get(original) ?? new Map<number, Uint8Array>()
  KEPT_OF.set(original, kept)
  return kept
}

/** @param most bytes that may be read in all */
export function createBlockReader(original: Original, size: number, most: number): BlockReader {
  const kept = keptOf(original)
  const pace = createPace()
  let left = most
  let run: Run | undefined
  /** The block after those that came last, and how many came in a row. */
  let next = -1
  let streak = 0
  let ahead = 1

  function keep(index: number, block: Uint8Array): void {
    kept.delete(index)
    kept.set(index, block)
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) return
      kept.delete(oldest)
    }
  }

  function spend(bytes: number): void {
    left -= bytes
    if (left < 0) throw limitError('sourceBytes', most - left, most, 'SOURCE_TOO_LARGE')
  }

  /** Blocks `first` to `last`, the first of which is missing, or those of them that come at once; what comes with them is kept. */
  async function fetchBlocks(first: number, last: number): Promise<Uint8Array[]> {
    goTo(first)
    if (streak < RUN_AFTER) await endRun()
    const blocks = split(streak < RUN_AFTER ? await fetchRange(first, last) : await runOn(first, last))
    next = first + blocks.length
    streak += blocks.length
    for (const [n, block] of blocks.entries()) keep(first + n, block)
    return blocks
  }

  /** It is read on where what lies between costs less than another request. */
  function goTo(index: number): void {
    const over = Math.min(MOST_OVER, Math.floor(pace.bytesOfOneWait() / BLOCK))
    if (next >= 0 && index >= next && index - next <= over) {
      ahead = Math.min(MOST_AHEAD, ahead * GROWTH)
      streak += index - next
    } else {
      ahead = 1
      streak = 0
    }
  }

  async function fetchRange(first: number, last: number): Promise<Uint8Array> {
    const start = first * BLOCK
    const asked = Math.min(size, Math.max(last + 1, first + ahead) * BLOCK)
    const end = size - start <= TAIL ? size : asked
    spend(end - start)
    const bytes = await pace.during(end - start, () => original.read({ start, end }))
    if (bytes.length < end - start) throw endedEarly()
    return bytes
  }

  async function runOn(first: number, last: number): Promise<Uint8Array> {
    const start = first * BLOCK
    const wanted = Math.min(size, (last + 1) * BLOCK)
    if (run && run.end <= start) await endRun()
    run ??= openRun(original, { start, end: Math.max(wanted, runEnd(first)) })
    const end = Math.min(wanted, run.end)
    spend(end - start)
    const bytes = await run.take(start, end)
    if (!bytes) throw endedEarly()
    return bytes
  }

  /** As much again as was read on so far: what nobody wants in the end is no more than that. */
  function runEnd(begin: number): number {
    return Math.min(size, (begin + Math.max(RUN_AFTER, streak)) * BLOCK)
  }

  async function endRun(): Promise<void> {
    const ending = run
    run = undefined
    await ending?.close()
  }

  return {
    async read(start, end) {
      const [first, last] = [Math.floor(start / BLOCK), Math.floor((end - 1) / BLOCK)]
      const blocks: Uint8Array[] = []
      while (blocks.length <= last - first) {
        const index = first + blocks.length
        const block = kept.get(index)
        if (block) keep(index, block)
        if (block) blocks.push(block)
        else blocks.push(...(await fetchBlocks(index, lastMissing(kept, index, last))))
      }
      const offset = first * BLOCK
      const whole = blocks.length === 1 && blocks[0] ? blocks[0] : concatBytes(blocks)
      return whole.subarray(start - offset, end - offset)
    },
    close: endRun,
  }
}

const endedEarly = () => new MediaError('SOURCE_FAILED', 'Reading the original: it ended early')

function split(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / BLOCK)
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * BLOCK, (n + 1) * BLOCK))
}

/** The last of the blocks from `first` on that are not here. */
function lastMissing(kept: Kept, first: number, most: number): number {
  let last = first
  while (last < most && !kept.has(last + 1)) last++
  return last
}

/** Of less the time is that of waiting. */
const TELLING = 3 * BLOCK

/** How long a source takes to answer, and how fast it is then. */
function createPace() {
  let waitMs = Infinity
  let bytesPerMs = 0
  return {
    async during<T>(bytes: number, work: () => Promise<T>): Promise<T> {
      const began = performance.now()
      const result = await work()
      const ms = performance.now() - began
      waitMs = Math.min(waitMs, ms)
      if (bytes >= TELLING) {
        // A clock that is coarse or uneven makes nothing endlessly fast.
        const rate = bytes / Math.max(1, ms - waitMs)
        bytesPerMs = bytesPerMs === 0 ? rate : (bytesPerMs + rate) / 2
      }
      return result
    },
    /** What comes in the time that a request takes to be answered. */
    bytesOfOneWait: () => (Number.isFinite(waitMs) ? waitMs * bytesPerMs : 0),
  }
}
