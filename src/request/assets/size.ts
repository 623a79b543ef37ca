import { parseInteger } from '../values/number.ts'
import type { SizeLadder } from './rule.ts'

/** The step that a side means; undefined when it means none. */
export function sizeOn(ladder: SizeLadder, asked: string | undefined): number | undefined {
  const { steps, rounding, least = 1, most = Infinity } = ladder
  if (asked === undefined) return ladder.default
  const side = parseInteger(asked, 1, 100_000)
  if (side === undefined) return undefined
  if (rounding === 'none') return steps.includes(side) ? side : undefined
  const step = steps.find((one) => one >= side) ?? steps.at(-1) ?? side
  return Math.min(Math.max(step, least), most)
}

/** What is accepted, in words. */
export function sizeExpectation({ steps, rounding }: SizeLadder): string {
  return rounding === 'up' ? 'a whole number from 1 to 100000' : `one of ${steps.join(', ')}`
}
