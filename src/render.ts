/**
 * The make half of the line: find the original, learn what it is, decide, transform, store. Shared with the job
 * worker, so nothing here knows of HTTP.
 */
import { isMediaError, type MediaError } from './error.ts'
import type { Made, Services } from './context.ts'
import { chooseEngine } from './engines/choose.ts'
import { probe } from './engines/probe.ts'
import type { MediaInfo } from './media/info.ts'
import type { Original } from './media/original.ts'
import type { Rendition } from './media/rendition.ts'
import { timed, type RequestEvent } from './observe/event.ts'
import { recipeKey } from './plan/key.ts'
import type { Plan } from './plan/plan.ts'
import type { Recipe } from './plan/recipe.ts'
import { hurriedOriginal } from './sources/hurried.ts'
import { looseRendition } from './store/loose-rendition.ts'
import type { StoredFacts } from './store/cache.ts'

export interface Prepared {
  readonly original: Original
  readonly info: MediaInfo
  readonly recipe: Recipe
  /** Cache key of the recipe on this version of the original. */
  readonly key: string
}

/** Opens and probes the original and resolves the plan against it. The caller closes `original`. */
export async function prepare(
  plan: Plan,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
): Promise<Prepared> {
  const original = await timed(event, 'source', services.now, () =>
    services.origins.open(plan.source, signal),
  )
  try {
    event.sourceType = original.sourceType
    const info = await timed(event, 'probe', services.now, () => probe(original))
    const recipe = services.resolve(plan, info)
    return { original, info, recipe, key: await recipeKey(recipe, sourceText(plan), original.validator.text) }
  } catch (error) {
    await original.close()
    throw error
  }
}

/** Tells originals apart whose validators may be equal. */
function sourceText({ source }: Plan): string {
  return `${source.origin} ${source.path}`
}

/** Makes and keeps what was prepared, unless another plan already led to the same recipe. */
export async function render(
  prepared: Prepared,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
): Promise<Made> {
  const same = await services.cache.get(prepared.key)
  if (same) return { rendition: same, stored: true }
  const { recipe, original, info, key } = prepared
  const engine = chooseEngine(services.engines, recipe, info)
  const { transformMs, imageBytes } = services.limits
  const weight = Math.min(original.size ?? imageBytes, imageBytes)
  const work = async () => {
    const rendition = await timed(event, 'transform', services.now, () =>
      engine.run(recipe, hurriedOriginal(original, services.limits.sourceMs), {
        signal,
        transformMs,
        imageBytes,
      }),
    )
    const facts = storedFacts(rendition, original, services.now())
    return timed(event, 'store', services.now, () => keep(key, rendition, facts, services))
  }
  return services.memory.run(signal, work, weight)
}

function storedFacts(rendition: Rendition, original: Original, now: number): StoredFacts {
  const lastModified = original.validator.lastModified ?? now
  return { ...rendition.facts, sourceType: original.sourceType, lastModified }
}

/** A store that is full or down costs the caching, not the answer. */
async function keep(key: string, { main }: Rendition, facts: StoredFacts, services: Services): Promise<Made> {
  const whole = { type: main.type, body: main.body, facts }
  try {
    return { rendition: await services.cache.keep(key, whole), stored: true }
  } catch (error) {
    if (!isMediaError(error) || error.code !== 'STORE_FAILED') throw error
    services.logger.log('error', 'rendition not stored', { key, cause: causeOf(error) })
    return { rendition: looseRendition(key, whole), stored: false }
  }
}

function causeOf(error: MediaError): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}
