import type { Rendition } from '../../../media/rendition.ts'
import { STORYBOARD_TYPE, type Storyboard } from '../../../media/storyboard.ts'
import type { StoryboardRecipe } from '../../../plan/timed/sprite.ts'

/** All that the answer is told from; nothing is read or decoded. */
export function keepStoryboard(recipe: StoryboardRecipe, engine: string): Rendition {
  const { as, start, end, count, columns, tile } = recipe
  const kept: Storyboard = { as, start, end, count, columns, tile }
  const body = new TextEncoder().encode(JSON.stringify(kept))
  return { main: { name: '', type: STORYBOARD_TYPE, body }, facts: { engine } }
}
