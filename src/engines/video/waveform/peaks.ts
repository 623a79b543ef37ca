/** The lowest and the highest sample of each stretch of sound, as it comes. Pure but for what it has counted. */

/** The JSON that players read: format version 2 of the program audiowaveform. */
export interface Waveform {
  readonly version: 2
  readonly channels: 1
  /** Hz. */
  readonly sample_rate: number
  readonly samples_per_pixel: number
  readonly bits: 8
  /** Pairs in `data`. */
  readonly length: number
  /** Lowest and highest of each stretch, one after the other, -128 to 127. */
  readonly data: readonly number[]
}

export interface Peaks {
  /** @param sample -1 to 1 */
  add(sample: number): void
  finish(sampleRate: number): Waveform
}

/**
 * There are never more stretches than `most`, of equal length: where it is not known how many samples come, two become one.
 * @param expected samples that count, the rest is what encoders fill up with; absent: not known
 */
export function createPeaks(most: number, expected?: number): Peaks {
  let each = Math.max(1, Math.ceil((expected ?? 0) / most))
  let left = expected ?? Infinity
  let [lows, highs]: [number[], number[]] = [[], []]
  let [low, high, count] = [1, -1, 0]

  function close(): void {
    if (lows.length === most) fold()
    // What was one stretch is now the half of one, or the whole of the next.
    if (count < each) return
    lows.push(low)
    highs.push(high)
    ;[low, high, count] = [1, -1, 0]
  }

  function fold(): void {
    const halves = Math.floor(lows.length / 2)
    const isOdd = lows.length % 2 === 1
    if (isOdd) {
      low = Math.min(low, lows[lows.length - 1] ?? 1)
      high = Math.max(high, highs[highs.length - 1] ?? -1)
      count += each
    }
    const pair = (list: readonly number[], of: (a: number, b: number) => number) =>
      Array.from({ length: halves }, (_, at) => of(list[2 * at] ?? 0, list[2 * at + 1] ?? 0))
    ;[lows, highs] = [pair(lows, Math.min), pair(highs, Math.max)]
    each *= 2
  }

  return {
    add(sample) {
      if (--left < 0) return
      if (sample < low) low = sample
      if (sample > high) high = sample
      if (++count === each) close()
    },
    finish(sampleRate) {
      if (count > 0) {
        if (lows.length === most) fold()
        lows.push(low)
        highs.push(high)
      }
      const data = lows.flatMap((one, at) => [toByte(one), toByte(highs[at] ?? 0)])
      return {
        version: 2,
        channels: 1,
        sample_rate: sampleRate,
        samples_per_pixel: each,
        bits: 8,
        length: lows.length,
        data,
      }
    },
  }
}

const toByte = (sample: number) => Math.max(-128, Math.min(127, Math.round(sample * 128)))
