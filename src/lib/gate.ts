import { MediaError } from '../error.ts'

/** Admission to a scarce thing: so many at work, so many waiting, and a clear refusal beyond. */
export interface Gate {
  readonly active: number
  readonly waiting: number
  /**
   * Runs `work` when there is room. A caller whose signal fires while it waits gives its place up.
   * @throws BUSY with `retryAfter` when the queue is full, the signal's reason, or what `work` throws.
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

export interface GateOptions {
  /** How many run at once; at least 1. */
  readonly concurrency: number
  /** How many may wait. */
  readonly queue: number
  /** Milliseconds, from any fixed point. */
  now(): number
}

export function createGate({ concurrency, queue, now }: GateOptions): Gate {
  const line: Array<() => void> = []
  let active = 0
  /** Running mean of how long work takes, in ms: the base of `Retry-After`. */
  let mean = 500

  function leave(startedAt: number): void {
    mean += (now() - startedAt - mean) / 8
    active--
    line.shift()?.()
  }

  function refusal(): MediaError {
    const seconds = Math.ceil(((line.length + 1) * mean) / concurrency / 1000)
    return new MediaError('BUSY', undefined, { retryAfter: Math.min(Math.max(seconds, 1), 60) })
  }

  function enter(signal: AbortSignal): Promise<void> {
    if (active < concurrency) {
      active++
      return Promise.resolve()
    }
    if (line.length >= queue) return Promise.reject(refusal())
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal.removeEventListener('abort', give)
        active++
        resolve()
      }
      const give = () => {
        line.splice(line.indexOf(admit), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', give, { once: true })
      line.push(admit)
    })
  }

  return {
    get active() {
      return active
    },
    get waiting() {
      return line.length
    },
    async run(signal, work) {
      signal.throwIfAborted()
      await enter(signal)
      const startedAt = now()
      try {
        return await work()
      } finally {
        leave(startedAt)
      }
    },
  }
}
