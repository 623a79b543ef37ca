/** The public door: build the service from a configuration and a platform; types for both. */
import { createApp, type App } from './app.ts'
import { closeResources, openResources, type Resources } from './resources.ts'
import type { ConfigInput } from './config/config.ts'
import { loadConfig } from './config/load.ts'
import { checkClassifier } from './config/nsfw-faults.ts'
import { MediaError } from './error.ts'
import { problemResponse } from './http/problem.ts'
import type { Brought } from './jobs/reception.ts'
import { createLazy } from './lib/once.ts'
import type { FetchContext, Platform } from './platform.ts'
import type { PurgeTarget } from './store/cache.ts'

export interface Mediamorph {
  /** Answers one request. Never rejects: every failure is a JSON answer with a code. */
  fetch(request: Request, context?: FetchContext): Promise<Response>
  /** Opens everything now instead of at the first request, and begins to work on jobs; rejects when something cannot be opened. */
  work(): Promise<void>
  /** Forgets stored renditions; other processes see it within seconds. Returns how many plans were forgotten. */
  purge(target: PurgeTarget): Promise<number>
  /**
   * Works on a job that a queue of the platform has brought. Resolves to the milliseconds after which it is to be brought
   * again; undefined: never. Rejects when the database does, or when jobs are not worked on here.
   */
  receive(brought: Brought): Promise<number | undefined>
  /** Where a queue of the platform brings jobs: has it bring what it was not told of, or should have brought `overdueMs` ago (600,000). */
  tidy(overdueMs?: number): Promise<void>
  /** Takes no new jobs and ends streams of events; jobs that do not end within `shutdown.graceMs` go back to the queue. */
  drain(): Promise<void>
  /** Drains, finishes running work and closes everything. Safe to call twice. */
  close(): Promise<void>
}

/** What is left of the grace for jobs that go back to the queue, and for closing. */
const SPARE_MS = 3000

/**
 * Builds the service. The document is checked at once; stores, database and workers open at the first request.
 * @param document the configuration of docs/configuration.md; without one, the samples are served at `/demo/…`
 * @throws ConfigError with every fault of the document
 */
export function createMediamorph(document: ConfigInput | undefined, platform: Platform): Mediamorph {
  const config = loadConfig({ document, env: platform.env })
  checkClassifier(config, platform)
  let opened: { resources: Resources; app: App } | undefined
  const open = createLazy(async () => {
    const resources = await openResources(config, platform)
    opened = { resources, app: createApp(config, resources) }
    return opened
  }, platform.sharesPromises)
  async function serving(): Promise<App> {
    const { app } = await open()
    // Purging opens everything too, and is no reason to begin with other work.
    if (platform.runsBetweenRequests) app.background?.start()
    return app
  }
  async function drain(): Promise<void> {
    opened?.resources.ending?.abort(new Error('The service ends'))
    await opened?.app.background?.drain(Math.max(0, config.shutdown.graceMs - SPARE_MS))
  }
  return {
    async fetch(request, context) {
      try {
        return await (await serving()).fetch(request, context)
      } catch (error) {
        return unopened(error, platform)
      }
    },
    work: async () => void (await serving()),
    drain,
    async receive(brought) {
      const { reception } = await serving()
      if (!reception) throw new Error('Jobs are not worked on here')
      return reception.receive(brought)
    },
    tidy: async (overdueMs) => (await serving()).reception?.tidy(overdueMs),
    purge: async (target) => (await open()).resources.cache.purge(target),
    async close() {
      await drain()
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
