/** What lives as long as the process: pool, stores, database, ways out. Opened once, closed once. */
import { boundsFor, type Bounds } from './config/bounds.ts'
import { createEdgeRanges, type EdgeRanges } from './access/edge.ts'
import { createMemoryRates, createRedisRates, type RateStore } from './access/rate-store.ts'
import type { Config } from './config/config.ts'
import { innerOrigins } from './config/inner-origins.ts'
import { ConfigError } from './config/fault.ts'
import type { Deferred, Judging, Made } from './context.ts'
import { formatsWith } from './engines/image/modules.ts'
import { openClassifier } from './engines/nsfw/open-classifier.ts'
import { createGate, type Gate } from './lib/gate.ts'
import { createIsolatedFlights, createLazy, createSharedFlights, type Flights } from './lib/once.ts'
import { createOutboundPolicy } from './lib/outbound-policy.ts'
import { createSafeFetch, type SafeFetch } from './lib/safe-fetch.ts'
import type { Finding } from './media/nsfw.ts'
import { createLogger, type Logger } from './observe/log.ts'
import { createMetrics, type Metrics } from './observe/metrics.ts'
import type { Formats } from './plan/formats.ts'
import { type ResolveLimits } from './plan/resolve.ts'
import { houseName } from './jobs/house.ts'
import { LANES } from './jobs/job.ts'
import type { Delivery, Driver, Ffmpeg, Platform, Sql, TransformMedia, Workers } from './platform.ts'
import { createOrigins, type Origins } from './sources/origins.ts'
import type { RenditionCache } from './store/cache.ts'
import { createRenditionCache } from './store/rendition-cache.ts'

/** What lives as long as the process: opened once, closed once. */
export interface Resources {
  readonly workers: Workers
  readonly admission: Gate
  readonly memory: Gate
  readonly flights: Flights<Made | Deferred>
  readonly judging: Judging | undefined
  readonly looks: Flights<Finding>
  readonly cache: RenditionCache
  /** Where what jobs make lies; opened when it is first needed. */
  readonly artifacts: { open(): Promise<Driver>; close(): Promise<void> }
  readonly spool: Platform['spool']
  readonly sql: Sql | undefined
  /** What delivers jobs, where the database alone does not. */
  readonly delivery: Delivery | undefined
  readonly origins: Origins
  readonly ffmpegs: readonly Ffmpeg[]
  /** Places for the work of all of them. */
  readonly decoding: Gate
  /** Only where the edge gate is on. */
  readonly edge: EdgeRanges | undefined
  readonly rates: RateStore
  /** Counts of this process, whatever is configured anew. */
  readonly metrics: Metrics
  readonly logger: Logger
  readonly instanceId: string
  /** Aborted when no new work is taken any more. Absent where a request may not hold on to what another made. */
  readonly ending: AbortController | undefined
  readonly runsBetweenRequests: boolean
  /** The way out, and whether an address may be taken. */
  readonly outbound: { readonly safeFetch: SafeFetch; judge(url: URL): void }
  /** The way to services that make something for us, which takes its time. */
  readonly fetchMade: SafeFetch
  /** Cloudflare's Media Transformations, as a binding. */
  readonly media: TransformMedia | undefined
  readonly bounds: Bounds
  readonly formats: Formats
}

/** Of places and of memory, that one of several origins may have. */
const ORIGIN_SHARE = 3 / 4
/** Of an ffmpeg, for each transformation that may be at work: one reads its source while another computes. */
const RUNS = 2

export async function openResources(config: Config, platform: Platform): Promise<Resources> {
  const now = () => Date.now()
  const bounds = boundsFor(config, platform)
  const { size } = bounds
  const origins = [...config.origins, ...innerOrigins(config)]
  // An origin whose servers hang must not take the places of all others.
  const share = origins.length > 1 ? ORIGIN_SHARE : 1
  const instanceId = `mm-${crypto.randomUUID()}`
  const logger = createLogger({ level: config.logLevel, write: (line) => platform.log(line), now })
  const formats = formatsWith((name) => platform.hasWasm?.(name) ?? true)
  const safeFetch = createSafeFetch({
    rules: config.outbound,
    instanceId,
    createPinnedFetch: platform.createPinnedFetch,
  })
  const policy = createOutboundPolicy(config.outbound, platform.createPinnedFetch !== undefined)
  const workers = gated(
    platform.createWorkers(size),
    createGate({ capacity: size, queue: config.limits.queue, now }),
  )
  const judging = await openJudging(config, { workers, safeFetch, bounds, formats }, platform)
  const sql = await platform.openSql(config.database)
  const artifacts = createKeptDriver(config.storage.artifacts, platform)
  return {
    workers,
    judging,
    looks: platform.sharesPromises ? createSharedFlights() : createIsolatedFlights(),
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
    artifacts,
    spool: platform.spool?.bind(platform),
    sql,
    delivery: sql && (await openDelivery(config, platform, sql)),
    origins: createOrigins(origins, {
      safeFetch,
      openDriver: async (mount) =>
        mount === config.storage.artifacts
          ? lent(await artifacts.open())
          : platform.openDriver(mount, 'source'),
    }),
    ffmpegs: platform.createFfmpegs?.({ ...config.ffmpeg, concurrency: size }) ?? [],
    decoding: createGate({ capacity: RUNS * size, queue: config.limits.queue, share, now }),
    edge: config.edge.requireCloudflare ? openEdge(config, safeFetch, logger) : undefined,
    rates: await openRates(config.rateLimit.store, platform),
    metrics: createMetrics(),
    logger,
    instanceId,
    ending: platform.runsBetweenRequests ? new AbortController() : undefined,
    runsBetweenRequests: platform.runsBetweenRequests,
    outbound: { safeFetch, judge: (url) => void policy.judge(url, {}) },
    fetchMade: openWayToMakers(config, instanceId, platform),
    media: platform.openMedia?.(config.cloudflare.binding),
    bounds,
    formats,
  }
}

/** They are silent for as long as they work. */
function openWayToMakers(
  { outbound, remote, limits }: Config,
  instanceId: string,
  { createPinnedFetch }: Platform,
): SafeFetch {
  const ms = remote?.timeoutMs ?? limits.transformMs
  return createSafeFetch({ rules: { ...outbound, idleMs: ms, totalMs: ms }, instanceId, createPinnedFetch })
}

function createKeptDriver(mount: string, platform: Platform): Resources['artifacts'] {
  let driver: Driver | undefined
  const open = createLazy(
    async () => (driver = await platform.openDriver(mount, 'artifacts')),
    platform.sharesPromises,
  )
  return { open, close: async () => driver?.dispose?.() }
}

/** It is let go of by whom it belongs to. */
function lent(driver: Driver): Driver {
  return { ...driver, dispose: () => undefined }
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
    const { threshold, onError, frames } = nsfw
    return classifier && { classifier, threshold, onError, frames }
  } catch (error) {
    await deps.workers.close()
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError([{ path: nsfw.classifier === 'onnx' ? 'nsfw.onnx' : 'nsfw.classifier', message }])
  }
}

/** What resolving a plan keeps to. */
export function resolveLimits({ limits, auto, formats: { heic } }: Config, formats: Formats): ResolveLimits {
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

async function openDelivery(
  { queue, jobs: { leaseMs } }: Config,
  platform: Platform,
  sql: Sql,
): Promise<Delivery | undefined> {
  if (queue === 'embedded') return undefined
  if (!platform.openDelivery) throw new Error(`queue: only "embedded" is to be had here`)
  return platform.openDelivery(queue, { lanes: Object.keys(LANES), leaseMs, name: () => houseName(sql) })
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
  artifacts,
  sql,
  delivery,
  origins,
  rates,
}: Resources): Promise<void> {
  await workers.close()
  for (const ffmpeg of ffmpegs) await ffmpeg.close()
  await rates.close()
  await delivery?.close()
  await cache.close()
  await origins.close()
  await artifacts.close()
  await sql?.close()
}
