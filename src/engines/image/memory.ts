/** The account of what the work on one picture takes: its instances of compiled modules, and pixels outside of them. */
import { limitError } from '../../error.ts'

/** Where nothing else is said. */
export const MOST_BYTES = 768 * 1024 * 1024

/** The part of a WebAssembly.Memory that counts. */
interface Held {
  readonly buffer: { readonly byteLength: number }
}

/** Most bytes that all idle instances together keep from one picture to the next; less where there is little for one picture. */
const MOST_IDLE_BYTES = 64 * 1024 * 1024
const IDLE_SHARE = 1 / 4

/** One that may hold an idle instance. */
export interface Idler {
  /** 0: it holds none. */
  memoryBytes(): number
  letGo(): void
}

export interface MemoryAccount {
  readonly most: number
  /** Begins a picture, of at most so many bytes. */
  open(most: number): void
  /** Whoever keeps an instance is asked to let go of it. */
  mind(idler: Idler): void
  /** Ends the picture: memory of WebAssembly never shrinks, so what has swollen most is let go. @returns bytes of garbage */
  close(): number
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
  let pixels = 0
  const idlers: Idler[] = []

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
      pixels = 0
    },
    mind: (idler) => void idlers.push(idler),
    close() {
      instances = new Set()
      const allowed = Math.min(MOST_IDLE_BYTES, most * IDLE_SHARE)
      let [kept, garbage] = [0, pixels]
      for (const idler of idlers.toSorted((a, b) => a.memoryBytes() - b.memoryBytes())) {
        const bytes = idler.memoryBytes()
        if (kept + bytes <= allowed) kept += bytes
        else {
          garbage += bytes
          idler.letGo()
        }
      }
      return garbage
    },
    leftFor(memory) {
      instances.add(memory)
      return leftFor(memory)
    },
    take(bytes) {
      if (bytes > leftFor()) throw refuse(most - leftFor() + bytes)
      taken += bytes
      pixels += bytes
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
