/**
 * Holds one instance of a codec module. Whatever it throws, a trap, an abort of C++ or a stop by `tick`, leaves its
 * memory in an unknown state: the instance is discarded, and the next use gets a new one.
 */
import { isMediaError, MediaError } from '../../error.ts'

export interface Instance<T> {
  readonly api: T
  memoryBytes(): number
}

export interface Slot<T> {
  /** @throws CORRUPT_MEDIA for a failure of the module and for a null result; what `tick` threw, as it is */
  use<R>(format: string, work: (instance: T) => R | null | undefined): Promise<R>
}

/** Thrown by `tick` to stop a module: passes through every layer unchanged. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** WASM memory never shrinks: an instance that a large picture has swollen is not kept. */
const MOST_IDLE_BYTES = 128 * 1024 * 1024

export function createSlot<T>(create: () => Promise<Instance<T>>): Slot<T> {
  let instance: Instance<T> | undefined
  return {
    async use(format, work) {
      const current = (instance ??= await create())
      instance = undefined
      const result = attempt(format, () => work(current.api))
      if (current.memoryBytes() <= MOST_IDLE_BYTES) instance = current
      return result
    },
  }
}

function attempt<R>(format: string, work: () => R | null | undefined): R {
  try {
    const result = work()
    if (result === null || result === undefined)
      throw new MediaError('CORRUPT_MEDIA', `Cannot decode the ${format}: the codec gave up`)
    return result
  } catch (error) {
    if (error instanceof Stopped || isMediaError(error)) throw error
    throw new MediaError('CORRUPT_MEDIA', `Cannot process the ${format}: the codec failed`, { cause: error })
  }
}
