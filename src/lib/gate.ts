import { MediaError } from '../error.ts'

/** Admission to a scarce thing: so much at work, so many waiting, and a clear refusal beyond. First come, first served. */
export interface Gate {
  /** Sum of the weights at work. */
  readonly active: number
  readonly waiting: number
  /**
   * Runs `work` when there is room for its `weight` (default 1; more than the capacity counts as the capacity). A
   * caller whose signal fires while it waits gives its place up.
   * @throws BUSY with `retryAfter` when the queue is full, the signal's reason, or what `work` throws.
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>, weight?: number): Promise<T>
}

export interface GateOptions {
  /** How much weight is let in at once: threads, bytes, … */
  readonly capacity: number
  /** How many may wait. */
  readonly queue: number
  /** Milliseconds, from any fixed point. */
  now(): number
}

interface Waiter {
  readonly weight: number
  admit(): void
}

export function createGate({ capacity, queue, now }: GateOptions): Gate {
  const line: Waiter[] = []
  let active = 0
  let running = 0
  /** Running mean of how long work takes, in ms: the base of `Retry-After`. */
  let mean = 500

  function take(weight: number): void {
    active += weight
    running++
  }

  function leave(weight: number, startedAt: number): void {
    mean += (now() - startedAt - mean) / 8
    active -= weight
    running--
    admitNext()
  }

  function admitNext(): void {
    for (let next = line[0]; next && active + next.weight <= capacity; next = line[0]) {
      line.shift()
      take(next.weight)
      next.admit()
    }
  }

  function refusal(): MediaError {
    const seconds = Math.ceil(((line.length + 1) * mean) / Math.max(running, 1) / 1000)
    return new MediaError('BUSY', undefined, { retryAfter: Math.min(Math.max(seconds, 1), 60) })
  }

  async function enter(signal: AbortSignal, weight: number): Promise<void> {
    if (line.length === 0 && active + weight <= capacity) return take(weight)
    if (line.length >= queue) throw refusal()
    return new Promise((resolve, reject) => {
      const waiter = {
        weight,
        admit() {
          signal.removeEventListener('abort', give)
          resolve()
        },
      }
      const give = () => {
        line.splice(line.indexOf(waiter), 1)
        reject(signal.reason)
        admitNext()
      }
      signal.addEventListener('abort', give, { once: true })
      line.push(waiter)
    })
  }

  return {
    get active() {
      return active
    },
    get waiting() {
      return line.length
    },
    async run(signal, work, weight = 1) {
      signal.throwIfAborted()
      const taken = Math.min(weight, capacity)
      await enter(signal, taken)
      const startedAt = now()
      try {
        return await work()
      } finally {
        leave(taken, startedAt)
      }
    },
  }
}
