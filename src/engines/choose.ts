import { MediaError } from '../error.ts'
import type { MediaInfo } from '../media/info.ts'
import type { Recipe } from '../plan/recipe.ts'
import type { Engine } from './engine.ts'

/** The first engine that can. @throws NOT_SUPPORTED_HERE */
export function chooseEngine(engines: readonly Engine[], recipe: Recipe, info: MediaInfo): Engine {
  const engine = engines.find((one) => one.can(recipe, info))
  if (!engine) throw new MediaError('NOT_SUPPORTED_HERE', `No engine here can make that of ${recipe.from}`)
  return engine
}
