/** The public door: build the service from a configuration and a platform; types for both. */
import { createApp } from './app.ts'
import { closeResources, openResources, type Resources } from './resources.ts'
import type { ConfigInput } from './config/config.ts'
import { loadConfig } from './config/load.ts'
import { checkClassifier } from './config/nsfw-faults.ts'
import { MediaError } from './error.ts'
import { problemResponse } from './http/problem.ts'
import type { Router } from './http/router.ts'
import { createLazy } from './lib/once.ts'
import type { FetchContext, Platform } from './platform.ts'
import type { PurgeTarget } from './store/cache.ts'

export interface Mediamorph {
  /** Answers one request. Never rejects: every failure is a JSON answer with a code. */
  fetch(request: Request, context?: FetchContext): Promise<Response>
  /** Opens everything now instead of at the first request; rejects when something cannot be opened. */
  work(): Promise<void>
  /** Forgets stored renditions; other processes see it within seconds. Returns how many plans were forgotten. */
  purge(target: PurgeTarget): Promise<number>
  /** Finishes running work and closes everything. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Builds the service. The document is checked at once; stores, database and workers open at the first request.
 * @param document the configuration of docs/configuration.md; without one, the samples are served at `/demo/…`
 * @throws ConfigError with every fault of the document
 */
export function createMediamorph(document: ConfigInput | undefined, platform: Platform): Mediamorph {
  const config = loadConfig({ document, env: platform.env })
  checkClassifier(config, platform)
  let opened: { resources: Resources; router: Router } | undefined
  const open = createLazy(async () => {
    const resources = await openResources(config, platform)
    opened = { resources, router: createApp(config, resources) }
    return opened
  }, platform.sharesPromises)
  return {
    async fetch(request, context) {
      try {
        return await (await open()).router.fetch(request, context)
      } catch (error) {
        return unopened(error, platform)
      }
    },
    work: async () => void (await open()),
    purge: async (target) => (await open()).resources.cache.purge(target),
    async close() {
      const closing = opened
      opened = undefined
      if (closing) await closeResources(closing.resources)
    },
  }
}

// What a runtime needs besides, so that it need look into no room.
export { defineConfig, type Config, type ConfigInput } from './config/config.ts'
export { checkExposure } from './config/exposure.ts'
export { ConfigError, type Fault } from './config/fault.ts'
export { parseDocument } from './config/jsonc.ts'
export { loadConfig } from './config/load.ts'
export { describeConfig } from './config/print.ts'
export { createD1Sql, type D1Like } from './database/d1.ts'
export { MediaError, type ErrorCode } from './error.ts'
export type * from './platform.ts'
export { paramByWord, paramFields, type ParamField } from './request/params.ts'
export type { PurgeTarget } from './store/cache.ts'

/** Stores or database could not be opened: said on every request, tried again on the next. */
function unopened(error: unknown, platform: Platform): Response {
  const cause = error instanceof Error ? error.message : String(error)
  platform.log(
    JSON.stringify({ time: new Date().toISOString(), level: 'error', message: 'service not opened', cause }),
  )
  return problemResponse(
    new MediaError('STORE_FAILED', undefined, { retryAfter: 5 }),
    crypto.randomUUID(),
    'no-store',
  )
}
