import type { ImageRecipe, Recipe } from '../../src/plan/recipe.ts'

/** For tests that mean pictures. */
export function pictureRecipe(recipe: Recipe): ImageRecipe {
  if (recipe.kind !== 'image') throw new Error(`a recipe of the kind "${recipe.kind}"`)
  return recipe
}
