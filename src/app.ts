/**
 * Composition root: (Config, Platform) -> { fetch, work, close }. The only file that knows all rooms. `Resources` hold
 * what lives long (pool, stores, database); the router above them is cheap and may be made anew for a new configuration.
 */
import { createAuthorizer } from './access/authorize.ts'
import { boundsFor, type Bounds } from './config/bounds.ts'
import type { Config } from './config/config.ts'
import type { Made, OriginPolicy, Services } from './context.ts'
import { createImageEngine } from './engines/image/engine.ts'
import { formatsWith } from './engines/image/modules.ts'
import { createRouter, type Router } from './http/router.ts'
import { createGate, type Gate } from './lib/gate.ts'
import { createIsolatedFlights, createSharedFlights, type Flights } from './lib/once.ts'
import { createSafeFetch } from './lib/safe-fetch.ts'
import { createLogger, type Logger } from './observe/log.ts'
import type { Formats } from './plan/formats.ts'
import { createPlanKeys } from './plan/key.ts'
import { createPlanner } from './plan/planner.ts'
import { resolve } from './plan/resolve.ts'
import type { Platform, Sql, Workers } from './platform.ts'
import { createOrigins, type Origins } from './sources/origins.ts'
import type { RenditionCache } from './store/cache.ts'
import { createRenditionCache } from './store/rendition-cache.ts'

/** What lives as long as the process: opened once, closed once. */
export interface Resources {
  readonly workers: Workers
  readonly admission: Gate
  readonly memory: Gate
  readonly flights: Flights<Made>
  readonly cache: RenditionCache
  readonly sql: Sql | undefined
  readonly origins: Origins
  readonly logger: Logger
  readonly instanceId: string
  readonly bounds: Bounds
  readonly formats: Formats
}

export async function openResources(config: Config, platform: Platform): Promise<Resources> {
  const now = () => Date.now()
  const bounds = boundsFor(config, platform)
  const { size } = bounds
  const instanceId = `mm-${crypto.randomUUID()}`
  const logger = createLogger({ level: config.logLevel, write: (line) => platform.log(line), now })
  const sql = await platform.openSql(config.database)
  const safeFetch = createSafeFetch({
    rules: config.outbound,
    instanceId,
    createPinnedFetch: platform.createPinnedFetch,
  })
  return {
    workers: gated(
      platform.createWorkers(size),
      createGate({ capacity: size, queue: config.limits.queue, now }),
    ),
    admission: createGate({ capacity: config.limits.queue + size, queue: 0, now }),
    memory: createGate({ capacity: bounds.originalBytes, queue: config.limits.queue, now }),
    flights: platform.sharesPromises ? createSharedFlights() : createIsolatedFlights(),
    cache: createRenditionCache({
      driver: await platform.openDriver(config.storage.cache, 'cache'),
      sql,
      maxBytes: config.storage.cacheMaxBytes,
      memoryMaxBytes: bounds.keptBytes,
      now,
      onFault: (message, cause) => logger.log('error', message, { cause: String(cause) }),
    }),
    sql,
    origins: createOrigins(config.origins, {
      safeFetch,
      openDriver: (mount) => platform.openDriver(mount, 'source'),
    }),
    logger,
    instanceId,
    bounds,
    formats: formatsWith((name) => platform.hasWasm?.(name) ?? true),
  }
}

/** Tasks wait here, where a client that leaves frees its place, and not inside the pool. */
function gated(workers: Workers, gate: Gate): Workers {
  const never = new AbortController().signal
  return {
    size: workers.size,
    run: (task) => gate.run(task.signal ?? never, () => workers.run(task)),
    close: () => workers.close(),
  }
}

/** Lets running work finish, then lets go of everything. */
export async function closeResources({ workers, cache, sql, origins }: Resources): Promise<void> {
  await workers.close()
  await cache.close()
  await origins.close()
  await sql?.close()
}

export function createApp(config: Config, resources: Resources): Router {
  const services = createServices(config, resources)
  return createRouter({
    services,
    rules: config.rules,
    cors: config.cors,
    dependencies: dependenciesOf(resources),
    instanceId: resources.instanceId,
    urlBytes: config.limits.urlBytes,
    compatHeaders: config.compat.headers,
    debugPublic: config.debug.public,
    adminToken: config.secrets.adminToken,
    isDemo: config.isDemo,
    newId: () => crypto.randomUUID(),
  })
}

function createServices(config: Config, resources: Resources): Services {
  const { bounds, formats } = resources
  const limits = { ...config.limits, imageBytes: bounds.imageBytes }
  const now = () => Date.now()
  const rules = new Map(config.origins.map((origin) => [origin.name, origin]))
  const authorizer = createAuthorizer({ rules, keys: config.secrets.signing, now })
  return {
    now,
    logger: resources.logger,
    policies: rules satisfies ReadonlyMap<string, OriginPolicy>,
    origins: resources.origins,
    cache: resources.cache,
    engines: [
      createImageEngine({
        workers: resources.workers,
        pixels: limits.pixels,
        frames: limits.frames,
        memory: bounds.memoryBytes,
      }),
    ],
    admission: resources.admission,
    memory: resources.memory,
    flights: resources.flights,
    limits: { ...limits, sourceMs: config.outbound.totalMs },
    plan: createPlanner({ outputSide: config.rules.outputSide, formats }),
    planKey: createPlanKeys(),
    resolve: (plan, info, overlay) =>
      resolve(plan, info, { ...limits, formats, avifPixels: config.auto.avifPixels }, overlay),
    authorize: (url, request) => authorizer.authorize(url, request),
  }
}

function dependenciesOf({ cache, sql }: Resources) {
  const store = { name: 'cache', check: () => cache.check() }
  if (!sql) return [store]
  const database = { name: 'database', check: async () => void (await sql.query('select 1')) }
  return [store, database]
}
