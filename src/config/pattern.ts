/** `origins[].match`: compiles, and cannot be made to backtrack without bound by an address. */
import { regexCost } from '../lib/regex-cost.ts'

/** Quadratic: some 60 ms on the longest address accepted by default. */
const HIGHEST_POWER = 2

/** What is wrong with the pattern; undefined when it is fine. */
export function patternFault(source: string): string | undefined {
  try {
    RegExp(source, 'u')
  } catch {
    return 'expected a regular expression, got one that does not compile'
  }
  const cost = regexCost(source)
  if ('unbounded' in cost) return `expected a pattern that cannot backtrack without bound: ${cost.unbounded}`
  if (cost.power > HIGHEST_POWER)
    return 'expected a pattern that cannot backtrack without bound: several repetitions can read the same text (use [^/]+ between slashes)'
  return undefined
}

export interface Captures {
  readonly names: readonly string[]
  /** How many groups there are: `$1` to `$count`. */
  readonly count: number
}

/** What a pattern that compiles captures. */
export function capturesOf(source: string): Captures {
  // An empty alternative matches everything, with every group present and unset.
  const match = new RegExp(`${source}|`, 'u').exec('')
  return { names: Object.keys(match?.groups ?? {}), count: (match?.length ?? 1) - 1 }
}
