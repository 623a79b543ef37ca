import { MediaError } from '../error.ts'
import type { MediaInfo } from '../media/info.ts'
import type { Recipe } from '../plan/recipe.ts'
import type { Engine } from './engine.ts'

/** The first engine that can. @throws NOT_SUPPORTED_HERE */
export async function chooseEngine(
  engines: readonly Engine[],
  recipe: Recipe,
  info: MediaInfo,
): Promise<Engine> {
  for (const engine of engines) if (await engine.can(recipe, info)) return engine
  const lacks: string[] = []
  for (const engine of engines) {
    const lack = await engine.lack?.(recipe, info)
    if (lack !== undefined) lacks.push(`${engine.name} lacks ${lack}`)
  }
  const why = lacks.length > 0 ? ` (${lacks.join('; ')})` : ''
  throw new MediaError('NOT_SUPPORTED_HERE', `No engine here can make that of ${nameOf(info)}${why}`, {
    details: { tried: engines.map((engine) => engine.name) },
  })
}

function nameOf(info: MediaInfo): string {
  if (info.class === 'image' || !info.video) return info.format
  return `${info.format} (${info.video.codec ?? info.video.codecId})`
}
