/** How far work is, and how long it takes still: the rest at the pace of what is done. */
import type { MediaInfo } from '../media/info.ts'
import { secondsOf } from '../plan/expense.ts'
import type { Recipe } from '../plan/recipe.ts'

/** @param left seconds; absent: nobody can tell yet */
export type TellPart = (part: number, left?: number) => void

/** Below this part nothing can be told of the rest. */
const TOO_EARLY = 0.02

/** @param now milliseconds */
export function createClock(now: () => number, tell: TellPart): (part: number) => void {
  const begunAt = now()
  return (given) => {
    const part = Math.min(1, Math.max(0, given))
    if (part < TOO_EARLY) tell(part)
    else tell(part, (((now() - begunAt) / 1000) * (1 - part)) / part)
  }
}

/** Of work that tells the seconds of its result; undefined where nobody knows how many there will be. */
export function createPace(
  { recipe, info }: { readonly recipe: Recipe; readonly info: MediaInfo },
  now: () => number,
  tell: TellPart,
): ((seconds: number) => void) | undefined {
  const length = secondsOf(recipe, info)
  if (length === undefined) return undefined
  const clock = createClock(now, tell)
  return (seconds) => clock(seconds / length)
}
