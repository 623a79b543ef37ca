/** Which frames of a picture a classifier is shown. Pure. */
import { countFrames } from '../../media/frame-count.ts'
import { formatRow } from '../../media/format.ts'
import type { ImageRecipe, Size } from '../../plan/recipe.ts'

export interface FrameLimits {
  /** Of the original, over all frames. */
  readonly pixels: number
  readonly frames: number
}

/** Evenly from the first to the last. */
export function spread(count: number, most: number): number[] {
  const picked = Math.max(1, Math.min(count, most))
  return Array.from({ length: picked }, (_, at) =>
    picked === 1 ? 0 : Math.round((at * (count - 1)) / (picked - 1)),
  )
}

/**
 * The recipe of each frame. What lies behind the limits is not looked at: nothing that is made here shows it either.
 *
 * @param recipe of the first frame
 * @param stored size of the picture
 */
export function recipesOf(
  recipe: ImageRecipe,
  { width, height }: Size,
  bytes: Uint8Array,
  limits: FrameLimits & { readonly looks: number },
): ImageRecipe[] {
  if (!formatRow(recipe.from).animates) return [recipe]
  const reached = Math.floor(limits.pixels / (width * height))
  const most = Math.max(1, Math.min(limits.frames, reached))
  const count = Math.min(countFrames(recipe.from, bytes, most) ?? 1, most)
  if (count < 2) return [recipe]
  return spread(count, limits.looks).map((page) => ({ ...recipe, page }))
}
