/** How long a source takes to answer, and how fast it is then: what it costs to read over a gap, and what to ask anew. */

/** Bytes of less say nothing of how fast they come: most of the time was waiting. */
const TELLING = 3 * 65_536

const FADING = 0.9

export interface Pace {
  /** Of one request, from asking to its last byte. */
  during<T>(bytes: number, work: () => Promise<T>): Promise<T>
  /** Of an answer that is being read on, after its first bytes. */
  flowing<T>(bytes: number, work: () => Promise<T>): Promise<T>
  /** What comes in the time that a request takes to be answered; 0 until both are known. */
  bytesOfOneWait(): number
}

/** @param now milliseconds, of any beginning */
export function createPace(now: () => number): Pace {
  let waitMs = Infinity
  let bytesPerMs = 0
  const flowed = { bytes: 0, ms: 0 }

  async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
    const began = now()
    const result = await work()
    return [result, now() - began]
  }

  function rate(bytes: number, ms: number): void {
    // A clock that is coarse or uneven makes nothing endlessly fast.
    const one = bytes / Math.max(1, ms)
    // What was slow may have been we.
    bytesPerMs = Math.max(one, bytesPerMs * FADING)
  }

  return {
    async during(bytes, work) {
      const [result, ms] = await timed(work)
      // What comes at once did not come from far.
      if (ms >= 1) waitMs = Math.min(waitMs, ms)
      if (bytes >= TELLING) rate(bytes, ms - Math.min(ms, waitMs))
      return result
    },
    async flowing(bytes, work) {
      const [result, ms] = await timed(work)
      flowed.bytes += bytes
      flowed.ms += ms
      if (flowed.bytes < 4 * TELLING) return result
      rate(flowed.bytes, flowed.ms)
      flowed.bytes = 0
      flowed.ms = 0
      return result
    },
    bytesOfOneWait: () => (Number.isFinite(waitMs) ? waitMs * bytesPerMs : 0),
  }
}
