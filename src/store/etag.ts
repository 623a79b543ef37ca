/** Strong ETag of a rendition. Its key already covers the recipe, the original's version and the engine's. */
export function etagOf(recipeKey: string): string {
  return `"${recipeKey.slice(0, 32)}"`
}
