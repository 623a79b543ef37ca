/** The order of work on pixels: one list, one step a name; a step begins by asking whether it has anything to do. */
import type { Bitmap } from '../../media/bitmap.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { CodecContext } from './codec.ts'
import type { Step } from './steps/step.ts'
import { flatten, pad } from './steps/canvas.ts'
import { crop, cut, flip, orient, rotate } from './steps/moves.ts'
import { createResize } from './steps/resize.ts'

export function createPipeline(
  context: CodecContext,
): (bitmap: Bitmap, recipe: ImageRecipe) => Promise<Bitmap> {
  const steps: readonly Step[] = [orient, crop, rotate, flip, cut, createResize(context), pad, flatten]
  const tick = () => context.tick()
  return async (bitmap, recipe) => {
    let current = bitmap
    for (const step of steps) {
      tick()
      current = await step(current, recipe, tick)
    }
    return current
  }
}
