import { MediaError } from '../error.ts'
import type { MediaInfo } from '../media/info.ts'
import type { Recipe } from '../plan/recipe.ts'
import { EngineFailed, type Engine } from './engine.ts'

/** The first engine that can. @param size of the original in bytes, where it is known @throws NOT_SUPPORTED_HERE */
export async function chooseEngine(
  engines: readonly Engine[],
  recipe: Recipe,
  info: MediaInfo,
  size?: number,
): Promise<Engine> {
  for (const engine of engines) if (await engine.can(recipe, info, size)) return engine
  const lacks = (await lacksOf(engines, recipe, info, size)).map(
    ({ engine, lack }) => `${engine} lacks ${lack}`,
  )
  const why = lacks.length > 0 ? ` (${lacks.join('; ')})` : ''
  throw new MediaError('NOT_SUPPORTED_HERE', `No engine here can make that of ${nameOf(info)}${why}`, {
    details: { tried: engines.map((engine) => engine.name) },
  })
}

/** Why those that cannot cannot, as far as they say. */
export async function lacksOf(
  engines: readonly Engine[],
  ...what: Parameters<Engine['can']>
): Promise<{ readonly engine: string; readonly lack: string }[]> {
  const lacks: { engine: string; lack: string }[] = []
  for (const engine of engines) {
    const lack = await engine.lack?.(...what)
    if (lack !== undefined) lacks.push({ engine: engine.name, lack })
  }
  return lacks
}

/** What is to be made, and of what. */
export interface Work {
  readonly recipe: Recipe
  readonly info: MediaInfo
  /** Of the original in bytes; absent: unknown. */
  readonly size: number | undefined
}

/**
 * Lets the first engine that can make it, and the next one where that fails for a reason of its own.
 * @throws NOT_SUPPORTED_HERE where none can, what the last one that tried failed with, and what `run` throws
 */
export async function runFirst<T>(
  engines: readonly Engine[],
  { recipe, info, size }: Work,
  run: (engine: Engine) => Promise<T>,
): Promise<T> {
  let failed: MediaError | undefined
  for (let rest = engines; ;) {
    const engine = await chooseEngine(rest, recipe, info, size).catch((error: unknown) => {
      throw failed ?? error
    })
    try {
      return await run(engine)
    } catch (error) {
      if (!(error instanceof EngineFailed)) throw error
      failed = error.error
      rest = rest.slice(rest.indexOf(engine) + 1)
    }
  }
}

function nameOf(info: MediaInfo): string {
  if (info.class === 'image' || !info.video) return info.format
  return `${info.format} (${info.video.codec ?? info.video.codecId})`
}
