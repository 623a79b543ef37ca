/** What is done to the pixels of the view: one list, one step a name; a step begins by asking whether it has anything to do. */
import type { Bitmap } from '../../media/bitmap.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { CodecContext } from './codec.ts'
import { flatten, pad } from './steps/canvas.ts'
import { applyEffects } from './steps/effects.ts'
import { layOver } from './steps/overlay.ts'
import type { Step } from './steps/step.ts'

/** @param layer the recipe's overlay, at its size on the result */
export type Pipeline = (bitmap: Bitmap, recipe: ImageRecipe, layer?: Bitmap) => Bitmap

export function createPipeline(context: CodecContext): Pipeline {
  const tick = () => context.tick()
  return (bitmap, recipe, layer) => {
    const steps: readonly Step[] = [pad, flatten, applyEffects, ...(layer ? [layOver(layer)] : [])]
    let current = bitmap
    for (const step of steps) {
      tick()
      current = step(current, recipe, tick)
    }
    return current
  }
}
