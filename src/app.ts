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
import { ConfigError } from './config/fault.ts'
import type { Judging, Made, OriginPolicy, Services } from './context.ts'
import { createImageEngine } from './engines/image/engine.ts'
import { formatsWith } from './engines/image/modules.ts'
import { openClassifier } from './engines/nsfw/open-classifier.ts'
import { createRouter, type Router } from './http/router.ts'
import { judgedBy } from './judge.ts'
import { createAddressSet } from './lib/cidr.ts'
import { createGate, type Gate } from './lib/gate.ts'
import { createIsolatedFlights, createSharedFlights, type Flights } from './lib/once.ts'
import { createSafeFetch, type SafeFetch } from './lib/safe-fetch.ts'
import type { Finding } from './media/nsfw.ts'
import { createLogger, type Logger } from './observe/log.ts'
import type { Formats } from './plan/formats.ts'
import { createPlanKeys } from './plan/key.ts'
import { createPlanner } from './plan/planner.ts'
import { resolve, type ResolveLimits } from './plan/resolve.ts'
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
  readonly judging: Judging | undefined
  readonly looks: Flights<Finding>
  readonly cache: RenditionCache
  readonly sql: Sql | undefined
  readonly origins: Origins
  /** Only where the edge gate is on. */
  readonly edge: EdgeRanges | undefined
  readonly rates: RateStore
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
  const formats = formatsWith((name) => platform.hasWasm?.(name) ?? true)
  const safeFetch = createSafeFetch({
    rules: config.outbound,
    instanceId,
    createPinnedFetch: platform.createPinnedFetch,
  })
  const workers = gated(
    platform.createWorkers(size),
    createGate({ capacity: size, queue: config.limits.queue, now }),
  )
  const judging = await openJudging(config, { workers, safeFetch, bounds, formats }, platform)
  const sql = await platform.openSql(config.database)
  return {
    workers,
    judging,
    looks: platform.sharesPromises ? createSharedFlights() : createIsolatedFlights(),
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
    origins: createOrigins([...config.origins, ...innerOrigins(config)], {
      safeFetch,
      openDriver: (mount) => platform.openDriver(mount, 'source'),
    }),
    edge: config.edge.requireCloudflare ? openEdge(config, safeFetch, logger) : undefined,
    rates: await openRates(config.rateLimit.store, platform),
    logger,
    instanceId,
    bounds,
    formats,
  }
}

/** @throws ConfigError when the classifier cannot be had */
async function openJudging(
  config: Config,
  { bounds, formats, ...deps }: Pick<Resources, 'workers' | 'bounds' | 'formats'> & { safeFetch: SafeFetch },
  { hashFile }: Platform,
): Promise<Judging | undefined> {
  const { nsfw } = config
  const limits = { ...resolveLimits(config, formats), ...config.limits, imageBytes: bounds.imageBytes }
  const rules = { ...limits, memory: bounds.memoryBytes, looks: nsfw.frames }
  try {
    const classifier = await openClassifier(nsfw, { ...deps, rules, hashFile })
    return classifier && { classifier, threshold: nsfw.threshold, onError: nsfw.onError }
  } catch (error) {
    await deps.workers.close()
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError([{ path: nsfw.classifier === 'onnx' ? 'nsfw.onnx' : 'nsfw.classifier', message }])
  }
}

/** What resolving a plan keeps to. */
function resolveLimits({ limits, auto, formats: { heic } }: Config, formats: Formats): ResolveLimits {
  return { ...limits, formats, avifPixels: auto.avifPixels, heic }
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
export async function closeResources({ workers, cache, sql, origins, rates }: Resources): Promise<void> {
  await workers.close()
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
    dependencies: dependenciesOf(resources),
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
  const { bounds, formats, judging } = resources
  const limits = { ...config.limits, imageBytes: bounds.imageBytes }
  const now = () => Date.now()
  const rules = new Map([...config.origins, ...innerOrigins(config)].map((origin) => [origin.name, origin]))
  const judgedByName = (name: string) => judgedBy(rules.get(name) ?? {}, judging)
  const { signing: keys, external, vylux } = config.secrets
  const authorizer = createAuthorizer({ rules, keys, rings: { external, vylux }, now })
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
    judging,
    looks: resources.looks,
    limits: { ...limits, sourceMs: config.outbound.totalMs },
    plan: createPlanner({ outputSide: config.rules.outputSide, formats, judgedBy: judgedByName }),
    planKey: createPlanKeys(),
    resolve: (plan, info, overlay) => resolve(plan, info, resolveLimits(config, formats), overlay),
    authorize: (url, request) => authorizer.authorize(url, request),
  }
}

function dependenciesOf({ cache, sql }: Resources) {
  const store = { name: 'cache', check: () => cache.check() }
  if (!sql) return [store]
  const database = { name: 'database', check: async () => void (await sql.query('select 1')) }
  return [store, database]
}
