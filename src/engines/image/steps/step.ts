import type { Bitmap } from '../../../media/bitmap.ts'
import type { ImageRecipe } from '../../../plan/recipe.ts'

/** Gives a new picture or the same one; never changes the one it was given. */
export type Step = (bitmap: Bitmap, recipe: ImageRecipe, tick: () => void) => Bitmap
