/**
 * Composition root: (Config, Platform) -> { fetch, work, close }. The only file that knows all rooms. `Resources` hold
 * what lives long (pool, stores, database); the router above them is cheap and may be made anew for a new configuration.
 */
import { adminPath, createAdmin } from './access/admin.ts'
import { createAuthorizer } from './access/authorize.ts'
import { boundsFor, type Bounds } from './config/bounds.ts'
import { callerOf } from './access/caller.ts'
import { createEdgeRanges, type EdgeRanges } from './access/edge.ts'
import { createLimiter } from './access/rate-limit.ts'
import { createMemoryRates, createRedisRates, type RateStore } from './access/rate-store.ts'
import type { Config } from './config/config.ts'
import { innerOrigins } from './config/inner-origins.ts'
import type { Made, OriginPolicy, Services } from './context.ts'
import type { Engine } from './engines/engine.ts'
import { createImageEngine } from './engines/image/engine.ts'
import { formatsWith } from './engines/image/modules.ts'
import { createContainerEngine } from './engines/video/container/engine.ts'
import { createFfmpegEngine } from './engines/video/ffmpeg/engine.ts'
import { createRouter, type Router } from './http/router.ts'
import { createAddressSet } from './lib/cidr.ts'
import { createGate, type Gate } from './lib/gate.ts'
import { createIsolatedFlights, createSharedFlights, type Flights } from './lib/once.ts'
import { createSafeFetch, type SafeFetch } from './lib/safe-fetch.ts'
import type { Dependency } from './observe/health.ts'
import { createLogger, type Logger } from './observe/log.ts'
import type { Formats } from './plan/formats.ts'
import { createPlanKeys } from './plan/key.ts'
import { createPlanner } from './plan/planner.ts'
import { resolve } from './plan/resolve.ts'
import type { Ffmpeg, Platform, Sql, Workers } from './platform.ts'
import { bytesOriginal } from './sources/bytes.ts'
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
  readonly ffmpegs: readonly Ffmpeg[]
  /** Only where the edge gate is on. */
  readonly edge: EdgeRanges | undefined
  readonly rates: RateStore
  readonly logger: Logger
  readonly instanceId: string
  readonly bounds: Bounds
  readonly formats: Formats
}

/** Of places and of memory, that one of several origins may have. */
const ORIGIN_SHARE = 3 / 4

export async function openResources(config: Config, platform: Platform): Promise<Resources> {
  const now = () => Date.now()
  const bounds = boundsFor(config, platform)
  const { size } = bounds
  const origins = [...config.origins, ...innerOrigins(config)]
  // An origin whose servers hang must not take the places of all others.
  const share = origins.length > 1 ? ORIGIN_SHARE : 1
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
    admission: createGate({ capacity: config.limits.queue + size, queue: 0, share, now }),
    memory: createGate({ capacity: bounds.originalBytes, queue: config.limits.queue, share, now }),
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
    origins: createOrigins(origins, {
      safeFetch,
      openDriver: (mount) => platform.openDriver(mount, 'source'),
    }),
    ffmpegs: platform.createFfmpegs?.({ ...config.ffmpeg, concurrency: size }) ?? [],
    edge: config.edge.requireCloudflare ? openEdge(config, safeFetch, logger) : undefined,
    rates: await openRates(config.rateLimit.store, platform),
    logger,
    instanceId,
    bounds,
    formats: formatsWith((name) => platform.hasWasm?.(name) ?? true),
  }
}

function openEdge({ edge }: Config, safeFetch: SafeFetch, logger: Logger): EdgeRanges {
  return createEdgeRanges({
    lists: edge.cloudflareLists,
    refreshMs: edge.refreshMs,
    safeFetch,
    now: () => Date.now(),
    random: () => Math.random(),
    onFault: (message, cause) => logger.log('warn', message, { cause: String(cause) }),
  })
}

async function openRates(store: string, platform: Platform): Promise<RateStore> {
  if (store === 'memory') return createMemoryRates(() => Date.now())
  if (!platform.openRedis) throw new Error('rateLimit.store: there is no way to a Redis here')
  return createRedisRates(await platform.openRedis(store))
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
export async function closeResources({
  workers,
  ffmpegs,
  cache,
  sql,
  origins,
  rates,
}: Resources): Promise<void> {
  await workers.close()
  for (const ffmpeg of ffmpegs) await ffmpeg.close()
  await rates.close()
  await cache.close()
  await origins.close()
  await sql?.close()
}

export function createApp(config: Config, resources: Resources): Router {
  const services = createServices(config, resources)
  const { edge } = resources
  const callers = {
    isProxy: createAddressSet(config.trustedProxies),
    isEdge: (address: string) => edge?.contains(address) ?? false,
  }
  return createRouter({
    services,
    callerOf: (facts) => callerOf(facts, callers),
    keepFresh: (waitUntil) => edge?.keepFresh(waitUntil),
    requiresEdge: config.edge.requireCloudflare,
    limiter: createLimiter({
      rates: config.rateLimit,
      store: resources.rates,
      now: () => Date.now(),
      onFault: (message, cause) => resources.logger.log('warn', message, { cause: String(cause) }),
    }),
    rules: config.rules,
    cors: config.cors,
    dependencies: () => dependenciesOf(config, resources),
    instanceId: resources.instanceId,
    ...config.limits,
    compat: config.compat,
    debugPublic: config.debug.public,
    admin: createAdminOf(config),
    publicUrl: config.publicUrl,
    internalSecret: config.secrets.internalSecret,
    isDemo: config.isDemo,
    newId: () => crypto.randomUUID(),
  })
}

function createAdminOf({ secrets, publicUrl }: Config) {
  const { adminToken: token } = secrets
  if (token === undefined) return undefined
  const path = adminPath(publicUrl)
  return createAdmin({ token, path, now: () => Date.now(), newId: () => crypto.randomUUID() })
}

function createServices(config: Config, resources: Resources): Services {
  const { bounds, formats } = resources
  const { imageBytes, outputBytes } = bounds
  const limits = { ...config.limits, imageBytes, outputBytes }
  const now = () => Date.now()
  const rules = new Map([...config.origins, ...innerOrigins(config)].map((origin) => [origin.name, origin]))
  const { signing: keys, external, vylux } = config.secrets
  const authorizer = createAuthorizer({ rules, keys, rings: { external, vylux }, now })
  return {
    now,
    logger: resources.logger,
    policies: rules satisfies ReadonlyMap<string, OriginPolicy>,
    origins: resources.origins,
    cache: resources.cache,
    engines: createEngines(config, resources),
    admission: resources.admission,
    memory: resources.memory,
    flights: resources.flights,
    limits: { ...limits, sourceMs: config.outbound.totalMs },
    plan: createPlanner({ outputSide: config.rules.outputSide, formats }),
    planKey: createPlanKeys(),
    resolve: (plan, info, overlay) =>
      resolve(
        plan,
        info,
        { ...limits, formats, avifPixels: config.auto.avifPixels, heic: config.formats.heic },
        overlay,
      ),
    authorize: (url, request) => authorizer.authorize(url, request),
  }
}

/** The first that can makes it. */
function createEngines({ limits }: Config, { workers, bounds, ffmpegs }: Resources): Engine[] {
  const { pixels, frames } = limits
  const images = createImageEngine({ workers, pixels, frames, memory: bounds.memoryBytes })
  const tiers = ffmpegs.map((ffmpeg) =>
    createFfmpegEngine(ffmpeg, (png, recipe, budget) =>
      images.run(recipe, bytesOriginal(png, 'memory'), budget),
    ),
  )
  return [images, ...tiers, createContainerEngine()]
}

/** Store and database, the Redis of the rate limits, and of the configured origins those that failed last. */
function dependenciesOf(config: Config, { cache, sql, rates, origins }: Resources): Dependency[] {
  const { check: checkRates } = rates
  const names = new Set(config.origins.map(({ name }) => name))
  const down = [...origins.failing()].filter(([name]) => names.has(name))
  return [
    { name: 'cache', check: () => cache.check() },
    ...(sql ? [{ name: 'database', check: async () => void (await sql.query('select 1')) }] : []),
    ...(checkRates ? [{ name: 'redis', isOptional: true, check: checkRates }] : []),
    ...down.map(([name, how]) => ({
      name: `origin:${name}`,
      isOptional: true,
      check: () => Promise.reject(new Error(how)),
    })),
  ]
}
