import { MediaError } from '../error.ts'

/** Admission to a scarce thing: so much at work, so many waiting, and a clear refusal beyond. First come, first served. */
export interface Gate {
  /** Sum of the weights at work. */
  readonly active: number
  readonly waiting: number
  /**
   * Runs `work` when there is room for its `weight` (default 1; more than the capacity counts as the capacity). A
   * caller whose signal fires while it waits gives its place up. `party`: whose work it is.
   * @throws BUSY with `retryAfter` when the queue is full, the signal's reason, or what `work` throws.
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>, weight?: number, party?: string): Promise<T>
}

export interface GateOptions {
  /** How much weight is let in at once: threads, bytes, … */
  readonly capacity: number
  /** How many may wait. */
  readonly queue: number
  /** Of the capacity, that one party may have; who waits for more lets others pass. Default 1. */
  readonly share?: number
  /** Milliseconds, from any fixed point. */
  now(): number
}

interface Claim {
  readonly weight: number
  readonly party: string
}

interface Waiter extends Claim {
  admit(): void
}

export function createGate({ capacity, queue, share = 1, now }: GateOptions): Gate {
  const line: Waiter[] = []
  const held = new Map<string, number>()
  const most = Math.ceil(capacity * share)
  let active = 0
  let running = 0
  /** Running mean of how long work takes, in ms: the base of `Retry-After`. */
  let mean = 500

  function take({ weight, party }: Claim): void {
    active += weight
    running++
    held.set(party, heldBy(party) + weight)
  }

  function leave({ weight, party }: Claim, startedAt: number): void {
    mean += (now() - startedAt - mean) / 8
    active -= weight
    running--
    const left = heldBy(party) - weight
    if (left > 0) held.set(party, left)
    else held.delete(party)
    admitNext()
  }

  const heldBy = (party: string) => held.get(party) ?? 0
  /** What is heavier than a share all by itself has its turn when its party has nothing else. */
  const isOver = ({ weight, party }: Claim) =>
    most < capacity && heldBy(party) > 0 && heldBy(party) + weight > most

  /**
   * What is too heavy for now holds up all behind it, or it would never have its turn; what is too much for its party, the
   * rest of its party.
   */
  function admitNext(): void {
    const over = new Set<string>()
    for (let at = 0; at < line.length;) {
      const next = line[at] as Waiter
      if (over.has(next.party) || isOver(next)) {
        over.add(next.party)
        at++
        continue
      }
      if (active + next.weight > capacity) return
      line.splice(at, 1)
      take(next)
      next.admit()
    }
  }

  function refusal(): MediaError {
    const seconds = Math.ceil(((line.length + 1) * mean) / Math.max(running, 1) / 1000)
    return new MediaError('BUSY', undefined, { retryAfter: Math.min(Math.max(seconds, 1), 60) })
  }

  /** Whoever waits does so because of their own party, which is another. */
  const isFree = (claim: Claim) =>
    active + claim.weight <= capacity &&
    !isOver(claim) &&
    line.every((waiter) => waiter.party !== claim.party && isOver(waiter))

  async function enter(signal: AbortSignal, claim: Claim): Promise<void> {
    if (isFree(claim)) return take(claim)
    if (line.length >= queue) throw refusal()
    return new Promise((resolve, reject) => {
      const waiter = {
        ...claim,
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
    async run(signal, work, weight = 1, party = '') {
      signal.throwIfAborted()
      const claim = { weight: Math.min(weight, capacity), party }
      await enter(signal, claim)
      const startedAt = now()
      try {
        return await work()
      } finally {
        leave(claim, startedAt)
      }
    },
  }
}
