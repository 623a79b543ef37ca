/** What a thread and its lane share: one order of words in shared memory, and what is handed over at the start. */

/** Indices of `words`: 32 bits each. */
export const WORD = {
  /** 1: the run must end. */
  stop: 0,
  /** State of the input, see `INPUT`. */
  input: 1,
  /** Bytes that lie in `chunk`. */
  length: 2,
} as const

export const INPUT = { wanted: 0, there: 1, ended: 2 } as const

/** Indices of `numbers`: 64 bits each. */
export const NUMBER = {
  /** Most bytes of the result. */
  outputBytes: 0,
  /** Bytes that the result would have had, when they were too many; else 0. */
  tooLarge: 1,
  /** Bytes of the module's memory after the last run. */
  heap: 2,
  /** Of an input that can be read anywhere: where the next piece begins. */
  position: 3,
  /** Bytes of such an input. */
  size: 4,
} as const

export interface SharedWords {
  readonly words: Int32Array
  readonly numbers: Float64Array
  /** Where the next piece of the input lies. */
  readonly chunk: Uint8Array
}

const CHUNK_BYTES = 1_048_576
const HEAD_BYTES = 64

export const createShared = () => new SharedArrayBuffer(HEAD_BYTES + CHUNK_BYTES)

export function viewShared(memory: SharedArrayBuffer): SharedWords {
  return {
    words: new Int32Array(memory, 0, 4),
    numbers: new Float64Array(memory, 16, 6),
    chunk: new Uint8Array(memory, HEAD_BYTES),
  }
}

/** Handed to a thread when it starts. */
export interface CoreThreadData {
  readonly memory: SharedArrayBuffer
  /** The core, compiled once for all threads. */
  readonly module: WebAssembly.Module
  /** Address of the core's glue. */
  readonly coreUrl: string
  /** Address of the thread's half of @ffmpeg/ffmpeg. */
  readonly workerUrl: string
}

/** Beside the messages of @ffmpeg/ffmpeg: the thread waits for the next piece of its input. */
export const WANTS_INPUT = 'mediamorph-input'

/** An input that can be read anywhere. */
export const ORIGINAL = '/original'

/** The result, in the files that the core keeps in memory. */
export const RESULT = '/result'
