import type { ImageRecipe, LookRecipe, MetadataRecipe, Recipe } from '../../src/plan/recipe.ts'

/** For tests that mean pictures. */
export function pictureRecipe(recipe: Recipe): ImageRecipe {
  if (recipe.kind !== 'image') throw new Error(`a recipe of the kind "${recipe.kind}"`)
  return recipe
}

/** For tests that mean pictures, or what is known of them. */
export function recipeOfPicture(recipe: Recipe): ImageRecipe | LookRecipe | MetadataRecipe {
  if (recipe.kind === 'image' || recipe.kind === 'look' || recipe.kind === 'metadata') return recipe
  throw new Error(`a recipe of the kind "${recipe.kind}"`)
}
