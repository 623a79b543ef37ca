/** What is done to the pixels of the view: one list, one step a name; a step begins by asking whether it has anything to do. */
import type { Bitmap } from '../../media/bitmap.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { CodecContext } from './codec.ts'
import { flatten, pad } from './steps/canvas.ts'
import { applyEffects } from './steps/effects.ts'
import type { Step } from './steps/step.ts'

export type Pipeline = (bitmap: Bitmap, recipe: ImageRecipe) => Bitmap

export function createPipeline(context: CodecContext): Pipeline {
  const steps: readonly Step[] = [pad, flatten, applyEffects]
  const tick = () => context.tick()
  return (bitmap, recipe) => {
    let current = bitmap
    for (const step of steps) {
      tick()
      current = step(current, recipe, tick)
    }
    return current
  }
}
