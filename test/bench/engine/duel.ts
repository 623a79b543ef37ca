/** Two ways to do the same, measured in turns: what else the machine does falls on both. */
import { quantile } from '../../../scripts/stage/service.ts'

export interface Duel {
  /** Median milliseconds. */
  readonly ours: number
  readonly theirs: number
  /** Median of the rounds' ratios, ours to theirs. */
  readonly ratio: number
  readonly rounds: number
}

export interface DuelOptions {
  readonly ours: () => Promise<unknown>
  readonly theirs: () => Promise<unknown>
  readonly least: number
  readonly most: number
  /** After that no further round begins. */
  readonly budgetMs: number
}

export async function duel({ ours, theirs, least, most, budgetMs }: DuelOptions): Promise<Duel> {
  const rounds: (readonly [ours: number, theirs: number])[] = []
  const begun = performance.now()
  while (rounds.length < least || (rounds.length < most && performance.now() - begun < budgetMs)) {
    // Each is first every other time.
    if (rounds.length % 2 === 0) {
      const first = await timeOf(ours)
      rounds.push([first, await timeOf(theirs)])
    } else {
      const first = await timeOf(theirs)
      rounds.push([await timeOf(ours), first])
    }
  }
  const median = (value: (round: readonly [number, number]) => number) => quantile(rounds.map(value), 0.5)
  return {
    ours: median(([ours]) => ours),
    theirs: median(([, theirs]) => theirs),
    ratio: median(([ours, theirs]) => ours / theirs),
    rounds: rounds.length,
  }
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
