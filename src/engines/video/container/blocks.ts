/**
 * Small reads of an original made of large ones that are kept a while: an index is read in many small steps. Who reads on
 * gets more with each request, and after some of them one answer that goes on and on; who jumps begins anew with little,
 * unless it was said how much will be wanted there.
 */
import { limitError, MediaError } from '../../../error.ts'
import { concatBytes } from '../../../lib/bytes.ts'
import type { Original } from '../../../media/original.ts'
import { createPace, type Pace } from './pace.ts'
import { openRun, type Run } from './run.ts'

/** Each request to a source takes its time, and each byte too: of a frame and an index little more may be read than they are. */
const BLOCK = 65_536
/** Enough for the parts of a file that are read side by side. */
const KEPT = 64
/** Who reads on gets so many times as much with the next request, up to so many blocks. */
const GROWTH = 4
const MOST_AHEAD = 16
/** Blocks that are expected and come with one request; more come in a long answer, of which no more is taken than is wanted. */
const MOST_AT_ONCE = KEPT / 2
/** What is no further from the end comes with the rest: most files that begin with their media end with their index. */
const TAIL = 8 * BLOCK
/** Blocks read on in a row, after which what follows comes in one long answer. */
const RUN_AFTER = 64
/** The same where so many come in the time that another request takes. */
const RUN_SOON = 5
/** Requests until one answer goes on and on again. */
const TO_BE_FAST = 3
/** Blocks between two reads that are read over at the most, however fast a source is. */
const MOST_OVER = KEPT - 1

export interface BlockReader {
  /** Bytes `start` to `end` (exclusive). @throws SOURCE_TOO_LARGE, SOURCE_FAILED, and what the source throws */
  read(start: number, end: number): Promise<Uint8Array>
  /** About so many bytes will be wanted in a row, from the first on that is not here. Holds for the next request alone. */
  expect(bytes: number): void
  /** Gives up what is still coming. */
  close(): Promise<void>
}

/** One that is read on: of blocks up to `end`, `next` is the first that has not come. */
interface LongAnswer {
  readonly answer: Run
  next: number
  readonly end: number
  readonly isExpected: boolean
}

/** What is known of an original: an index that was read to say what a file is is read again to make something of it. */
interface Known {
  /** By number of block. */
  readonly kept: Map<number, Uint8Array>
  readonly pace: Pace
}

const KNOWN_OF = new WeakMap<Original, Known>()

function knownOf(original: Original, now: () => number): Known {
  const known = KNOWN_OF.get(original) ?? { kept: new Map(), pace: createPace(now) }
  KNOWN_OF.set(original, known)
  return known
}

/**
 * @param most bytes that may be read in all
 * @param now milliseconds, by which it is told how fast the source is
 */
export function createBlockReader(
  original: Original,
  size: number,
  most: number,
  now: () => number = () => performance.now(),
): BlockReader {
  const { kept, pace } = knownOf(original, now)
  let left = most
  let expected = 0
  let run: LongAnswer | undefined
  /** The block after those that came last, and how many came in a row. */
  let next = -1
  let streak = 0
  let ahead = 1

  const offsetOf = (index: number) => Math.min(size, index * BLOCK)

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

  /** Bytes that lie between cost less than so many requests. */
  function isNear(index: number, from: number, requests = 1): boolean {
    const over = Math.min(MOST_OVER, Math.floor((requests * pace.bytesOfOneWait()) / BLOCK))
    return from >= 0 && index >= from && index - from <= over
  }

  /** Blocks `first` to `last`, the first of which is missing, or those of them that come at once; what comes with them is kept. */
  async function fetchBlocks(first: number, last: number): Promise<Uint8Array[]> {
    if (run && first < run.next) return fetchRange(first, last + 1)
    if (run && first < run.end && isOn(run, first)) return runOn(run, first, last)
    await endRun()
    goTo(first)
    const wanted = Math.max(last + 1 - first, Math.ceil(expected / BLOCK))
    expected = 0
    if (wanted > Math.max(MOST_AT_ONCE, last + 1 - first))
      return runOn(beginRun(first, wanted, true), first, last)
    const oneWait = pace.bytesOfOneWait() / BLOCK
    if (streak >= (oneWait >= RUN_AFTER ? RUN_SOON : RUN_AFTER))
      return runOn(
        beginRun(first, Math.max(wanted, GROWTH * streak, Math.round(oneWait)), false),
        first,
        last,
      )
    const blocks = await fetchRange(first, first + Math.max(wanted, ahead))
    next = first + blocks.length
    streak += blocks.length
    return blocks
  }

  /** Of what was expected all is wanted: what is skipped now is asked for next. To leave a long answer costs some requests to be fast again. */
  const isOn = ({ isExpected, next: at }: LongAnswer, index: number) =>
    isExpected ? index - at <= MOST_OVER : isNear(index, at, TO_BE_FAST)

  function goTo(index: number): void {
    const goesOn = isNear(index, next)
    ahead = goesOn ? Math.min(MOST_AHEAD, ahead * GROWTH) : 1
    streak = goesOn ? streak + index - next : 0
  }

  /** Up to the block `until`, or the end where that is near. */
  async function fetchRange(first: number, until: number): Promise<Uint8Array[]> {
    const start = offsetOf(first)
    const end = size - start <= TAIL ? size : offsetOf(until)
    spend(end - start)
    const bytes = await pace.during(end - start, () => original.read({ start, end }))
    if (bytes.length < end - start) throw endedEarly()
    return keepAll(first, bytes)
  }

  function keepAll(first: number, bytes: Uint8Array): Uint8Array[] {
    const blocks = split(bytes)
    for (const [n, block] of blocks.entries()) keep(first + n, block)
    return blocks
  }

  function beginRun(first: number, blocks: number, isExpected: boolean): LongAnswer {
    const end = Math.min(Math.ceil(size / BLOCK), first + blocks)
    const answer = openRun(original, { start: offsetOf(first), end: offsetOf(end) })
    return (run = { answer, next: first, end, isExpected })
  }

  /** Of parts that are read side by side, what is read over now is wanted next; otherwise it is passed over. */
  async function runOn(from: LongAnswer, first: number, last: number): Promise<Uint8Array[]> {
    const begin = from.isExpected ? from.next : first
    const until = Math.min(last + 1, from.end)
    const [passed, length] = [offsetOf(begin) - offsetOf(from.next), offsetOf(until) - offsetOf(begin)]
    spend(passed + length)
    const take = () => from.answer.take(length, passed)
    const bytes = await (from.answer.hasBegun() ? pace.flowing(passed + length, take) : take())
    if (!bytes) throw endedEarly()
    streak += until - from.next
    from.next = next = until
    return keepAll(begin, bytes).slice(first - begin)
  }

  async function endRun(): Promise<void> {
    const ending = run
    run = undefined
    await ending?.answer.close()
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
        else
          blocks.push(
            ...(await fetchBlocks(index, lastMissing(kept, index, last))).slice(0, last + 1 - index),
          )
      }
      return part(blocks, start - first * BLOCK, end - first * BLOCK)
    },
    expect(bytes) {
      expected = bytes
    },
    close: endRun,
  }
}

const endedEarly = () => new MediaError('SOURCE_FAILED', 'Reading the original: it ended early')

function split(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / BLOCK)
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * BLOCK, (n + 1) * BLOCK))
}

/** Bytes `from` to `to` of blocks that follow each other, copied only where more than one has some. */
function part(blocks: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const [only] = blocks
  if (only && blocks.length === 1) return only.subarray(from, to)
  return concatBytes(
    blocks.map((block, n) => block.subarray(Math.max(0, from - n * BLOCK), Math.max(0, to - n * BLOCK))),
  )
}

/** The last of the blocks from `first` on that are not here. */
function lastMissing(kept: Known['kept'], first: number, most: number): number {
  let last = first
  while (last < most && !kept.has(last + 1)) last++
  return last
}
