/** What was made goes into the store, with what is to be said of it. */
import type { Made, Services } from './context.ts'
import { isMediaError, type MediaError } from './error.ts'
import type { Judgement } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import type { Rendition } from './media/rendition.ts'
import { looseRendition } from './store/loose-rendition.ts'

export interface Keeping {
  /** Cache key of the recipe on this version of all originals. */
  readonly key: string
  readonly original: Original
  readonly nsfw: Judgement | undefined
}

/** A store that is full or down costs the caching, not the answer. */
export async function keep(
  { main, facts }: Rendition,
  { key, original, nsfw }: Keeping,
  { cache, logger, now }: Services,
): Promise<Made> {
  const { sourceType, validator } = original
  const said = { sourceType, lastModified: validator.lastModified ?? now(), ...(nsfw ? { nsfw } : {}) }
  const whole = { type: main.type, body: main.body, facts: { ...facts, ...said } }
  try {
    return { rendition: await cache.keep(key, whole), stored: true }
  } catch (error) {
    if (!isMediaError(error) || error.code !== 'STORE_FAILED') throw error
    logger.log('error', 'rendition not stored', { key, cause: causeOf(error) })
    return { rendition: looseRendition(key, whole), stored: false }
  }
}

function causeOf(error: MediaError): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}
