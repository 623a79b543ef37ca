/** Which of several frames shows something: neither black, nor of one colour, nor blurred. Pure. */

/** A frame in small: 8-bit luma, row by row. */
export interface SmallFrame {
  readonly luma: Uint8Array
  readonly width: number
}

export interface Looks {
  /** 0 (black) to 255. */
  readonly mean: number
  /** Standard deviation of luma: 0 is one colour. */
  readonly contrast: number
  /** Standard deviation of the Laplacian: how much changes from pixel to pixel. */
  readonly sharpness: number
}

/** Below these a frame is not worth showing; of frames that are scaled to 160 pixels or less. */
const LEAST: Looks = { mean: 24, contrast: 10, sharpness: 6 }

export function looksOf({ luma, width }: SmallFrame): Looks {
  const all = momentsOf(luma.length, (n) => luma[n] ?? 0)
  const [across, down] = [width - 2, Math.floor(luma.length / width) - 2]
  const at = (n: number) => luma[n] ?? 0
  const changes = momentsOf(Math.max(0, across) * Math.max(0, down), (n) => {
    const place = (1 + Math.floor(n / across)) * width + 1 + (n % across)
    return at(place - 1) + at(place + 1) + at(place - width) + at(place + width) - 4 * at(place)
  })
  return { mean: all.mean, contrast: all.deviation, sharpness: changes.deviation }
}

function momentsOf(count: number, valueOf: (n: number) => number) {
  let [sum, squares] = [0, 0]
  for (let n = 0; n < count; n++) {
    const value = valueOf(n)
    sum += value
    squares += value * value
  }
  const mean = count === 0 ? 0 : sum / count
  return { mean, deviation: count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean)) }
}

/** How much of what is wanted there is: 1 and above is enough of all. */
function worth(looks: Looks): number {
  const parts = (Object.keys(LEAST) as (keyof Looks)[]).map((name) => Math.min(1, looks[name] / LEAST[name]))
  return parts.reduce((product, part) => product * part, 1)
}

/** The first that is good enough; where none is, the best, the first of equals. @param frames at least one */
export function bestFrame(frames: readonly SmallFrame[]): number {
  let [best, most] = [0, -1]
  for (const [n, frame] of frames.entries()) {
    const value = worth(looksOf(frame))
    if (value >= 1) return n
    if (value > most) [best, most] = [n, value]
  }
  return best
}
