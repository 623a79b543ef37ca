/** Two ways to do the same, measured in turns: what else the machine does falls on both. */
import { quantile } from '../../../scripts/stage/service.ts'

export interface Duel {
  /** Median milliseconds. */
  readonly ours: number
  readonly theirs: number
  /** Median of the rounds' ratios, ours to theirs. */
  readonly ratio: number
  /** Between them lies the middle half of those ratios: how far to trust the median. */
  readonly spread: readonly [low: number, high: number]
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
  const ratios = rounds.map(([ours, theirs]) => ours / theirs)
  return {
    ours: quantile(
      rounds.map(([ours]) => ours),
      0.5,
    ),
    theirs: quantile(
      rounds.map(([, theirs]) => theirs),
      0.5,
    ),
    ratio: quantile(ratios, 0.5),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    rounds: rounds.length,
  }
}

/** Until `ms` have passed, and so often at least: engines of JavaScript compile what runs for a while better, and a service runs long. */
export async function warmUp(work: () => Promise<unknown>, ms: number, least = 4): Promise<void> {
  const begun = performance.now()
  for (let call = 0; call < least || performance.now() - begun < ms; call++) await work()
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
