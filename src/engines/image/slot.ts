/**
 * Holds one instance of a codec module. Whatever it throws, a trap, an abort of C++ or a stop by `tick`, leaves its
 * memory in an unknown state: the instance is discarded, and the next use gets a new one.
 */
import { isMediaError, MediaError } from '../../error.ts'
import type { MemoryAccount } from './memory.ts'

export interface Instance<T> {
  readonly api: T
  memoryBytes(): number
}

export interface Slot<T> {
  /**
   * `work` must be synchronous. What it throws, or that it gives nothing, becomes `fail(cause)`; a MediaError and what
   * `tick` threw come through as they are.
   */
  use<R>(work: (instance: T) => R | null | undefined, fail: (cause: unknown) => MediaError): Promise<R>
  /** The same for work that waits for others in between; who uses the slot meanwhile gets another instance. */
  hold<R>(work: (instance: T) => Promise<R>, fail: (cause: unknown) => MediaError): Promise<R>
}

/** Thrown by `tick` to stop a module: passes through every layer unchanged. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * An instance is kept, since discarded memories pile up until a garbage collection that some runtimes put off for long;
 * `account` has it let go when a picture is done and it is too large to wait for the next.
 */
export function createSlot<T>(create: () => Promise<Instance<T>>, account?: MemoryAccount): Slot<T> {
  let instance: Instance<T> | undefined
  account?.mind({
    memoryBytes: () => instance?.memoryBytes() ?? 0,
    letGo: () => (instance = undefined),
  })
  return {
    async use(work, fail) {
      const current = (instance ??= await create())
      instance = undefined
      const result = attempt(() => work(current.api), fail)
      instance = current
      return result
    },
    async hold(work, fail) {
      const current = (instance ??= await create())
      instance = undefined
      try {
        const result = await work(current.api)
        instance = current
        return result
      } catch (error) {
        throw asFailure(error, fail)
      }
    },
  }
}

function attempt<R>(work: () => R | null | undefined, fail: (cause: unknown) => MediaError): R {
  let result: R | null | undefined
  try {
    result = work()
  } catch (error) {
    throw asFailure(error, fail)
  }
  if (result === null || result === undefined) throw fail('the codec gave nothing')
  return result
}

function asFailure(error: unknown, fail: (cause: unknown) => MediaError): unknown {
  return error instanceof Stopped || isMediaError(error) ? error : fail(error)
}

/** For decoding: it is the picture's fault. */
export function cannotDecode(format: string): (cause: unknown) => MediaError {
  return (cause) =>
    new MediaError('CORRUPT_MEDIA', `Cannot decode the ${format}: its data is damaged`, { cause })
}

/** For what is done with a good picture: it is ours. */
export function cannotMake(what: string): (cause: unknown) => MediaError {
  return (cause) => new MediaError('INTERNAL', `Cannot make the ${what}: the codec failed`, { cause })
}
