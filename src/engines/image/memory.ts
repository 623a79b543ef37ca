/** The account of what the work on one picture takes: its instances of compiled modules, and pixels outside of them. */
import { limitError } from '../../error.ts'

/** Where nothing else is said. */
export const MOST_BYTES = 768 * 1024 * 1024

/** The part of a WebAssembly.Memory that counts. */
interface Held {
  readonly buffer: { readonly byteLength: number }
}

export interface MemoryAccount {
  readonly most: number
  /** Begins another picture, of at most so many bytes. */
  open(most: number): void
  /** What an instance may have beside all else of this picture. */
  leftFor(memory: Held): number
  /** Pixels outside of any instance. @throws LIMIT_EXCEEDED */
  take(bytes: number): void
  /** What `take` has given since is garbage now. */
  release(mark: number): void
  mark(): number
  /** @throws LIMIT_EXCEEDED when an instance that minds no bound has more than was left for it */
  check(memory: Held): void
}

export function createAccount(): MemoryAccount {
  let most = MOST_BYTES
  let taken = 0
  let instances = new Set<Held>()

  function leftFor(memory?: Held): number {
    let left = most - taken
    for (const other of instances) if (other !== memory) left -= other.buffer.byteLength
    return Math.max(0, left)
  }
  const refuse = (bytes: number) => limitError('memoryBytes', bytes, most)

  return {
    get most() {
      return most
    },
    open(bytes) {
      most = bytes
      taken = 0
      instances = new Set()
    },
    leftFor(memory) {
      instances.add(memory)
      return leftFor(memory)
    },
    take(bytes) {
      if (bytes > leftFor()) throw refuse(most - leftFor() + bytes)
      taken += bytes
    },
    mark: () => taken,
    release(mark) {
      taken = mark
    },
    check(memory) {
      instances.add(memory)
      const { byteLength } = memory.buffer
      if (byteLength > leftFor(memory)) throw refuse(most - leftFor(memory) + byteLength)
    },
  }
}
