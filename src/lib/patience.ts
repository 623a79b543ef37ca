/**
 * How long one answer may keep us waiting. Only waiting counts, so that a slow reader of ours never times out a source;
 * each mebibyte received renews the whole, so that size alone does not either.
 */
import { MediaError } from '../error.ts'

export interface Patience {
  /** Fires with SOURCE_TIMEOUT when patience ends. */
  readonly signal: AbortSignal
  /**
   * Waits for `work`, no longer than what is left and no longer than `idleMs`.
   * @throws SOURCE_TIMEOUT, or what `work` throws
   */
  during<T>(work: () => Promise<T>, idleMs?: number): Promise<T>
  /** Counts what arrived. */
  received(bytes: number): void
}

const RENEWING_BYTES = 1_048_576

/** @param totalMs milliseconds of waiting, until renewed */
export function createPatience(totalMs: number): Patience {
  const controller = new AbortController()
  let leftMs = totalMs
  let unrenewed = 0

  async function during<T>(work: () => Promise<T>, idleMs = Infinity): Promise<T> {
    controller.signal.throwIfAborted()
    const began = performance.now()
    let clock: ReturnType<typeof setTimeout> | undefined
    const end = new Promise<never>((_, fail) => {
      const giveUp = () => {
        const error = new MediaError('SOURCE_TIMEOUT')
        controller.abort(error)
        fail(error)
      }
      clock = setTimeout(giveUp, Math.max(0, Math.min(leftMs, idleMs)))
    })
    try {
      return await Promise.race([work(), end])
    } finally {
      clearTimeout(clock)
      leftMs -= performance.now() - began
    }
  }

  return {
    signal: controller.signal,
    during,
    received(bytes) {
      unrenewed += bytes
      if (unrenewed < RENEWING_BYTES) return
      unrenewed %= RENEWING_BYTES
      leftMs = totalMs
    },
  }
}
