/** Gives the stream of a job to a thread, a piece each time it waits for one: no more than that is held. */
import type { FfmpegFile, FfmpegJob } from '../../../src/index.ts'
import { isFile } from '../spool.ts'
import { INPUT, NUMBER, WORD, type SharedWords } from './shared.ts'

export interface Feed {
  /** Puts the next piece where the thread waits for it. @throws what the stream throws */
  next(): Promise<void>
  /** The rest is not wanted, and what is on its way neither. */
  cancel(): void
}

export function createFeed(input: FfmpegJob['input'], shared: SharedWords): Feed {
  return isFile(input) ? createFileFeed(input, shared) : createStreamFeed(input, shared)
}

/** A piece from where the thread stands. */
function createFileFeed(file: FfmpegFile, { words, numbers, chunk }: SharedWords): Feed {
  let isOver = false
  numbers[NUMBER.size] = file.size
  return {
    async next() {
      const start = numbers[NUMBER.position] ?? 0
      const bytes = await file.read(start, Math.min(file.size, start + chunk.length))
      if (isOver || Atomics.load(words, WORD.stop) === 1) return
      chunk.set(bytes.subarray(0, chunk.length))
      Atomics.store(words, WORD.length, Math.min(bytes.length, chunk.length))
      wake(words, INPUT.there)
    },
    cancel() {
      isOver = true
    },
  }
}

function createStreamFeed(input: ReadableStream<Uint8Array>, { words, chunk }: SharedWords): Feed {
  const reader = input.getReader()
  let piece = new Uint8Array(0)
  let used = 0
  let isOver = false

  async function refill(): Promise<boolean> {
    while (used === piece.length) {
      const { value, done } = await reader.read()
      if (done) return false
      piece = value as Uint8Array<ArrayBuffer>
      used = 0
    }
    return true
  }

  return {
    async next() {
      const hasMore = await refill()
      // By now the thread may be at another job, or have been told to stop.
      if (isOver || Atomics.load(words, WORD.stop) === 1) return
      const size = Math.min(piece.length - used, chunk.length)
      chunk.set(piece.subarray(used, used + size))
      used += size
      Atomics.store(words, WORD.length, hasMore ? size : 0)
      wake(words, hasMore ? INPUT.there : INPUT.ended)
    },
    cancel() {
      isOver = true
      // Nobody waits for it: a source may take for ever.
      reader.cancel().catch(() => undefined)
    },
  }
}

/** The thread goes on with what is there now. */
export function wake(words: Int32Array, state: number): void {
  Atomics.store(words, WORD.input, state)
  Atomics.notify(words, WORD.input)
}
