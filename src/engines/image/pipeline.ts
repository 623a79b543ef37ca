/** The order of work on pixels: one list, one step a name; a step begins by asking whether it has anything to do. */
import type { Bitmap } from '../../media/bitmap.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { CodecContext } from './codec.ts'
import type { Step } from './steps/step.ts'
import { flatten, pad } from './steps/canvas.ts'
import { crop, cut, flip, orient, rotate } from './steps/moves.ts'
import { createResize } from './steps/resize.ts'

/** Runs the steps; those up to the resizing are left out when the decoder has done them (`isView`). */
export type Pipeline = (bitmap: Bitmap, recipe: ImageRecipe, isView: boolean) => Promise<Bitmap>

export function createPipeline(context: CodecContext): Pipeline {
  const viewing: readonly Step[] = [orient, crop, rotate, flip, cut, createResize(context)]
  const finishing: readonly Step[] = [pad, flatten]
  const tick = () => context.tick()
  return async (bitmap, recipe, isView) => {
    let current = bitmap
    for (const step of isView ? finishing : [...viewing, ...finishing]) {
      tick()
      current = await step(current, recipe, tick)
    }
    return current
  }
}
