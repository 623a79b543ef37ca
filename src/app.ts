/**
 * Composition root: (Config, Resources) -> a router. The only file that knows all rooms. `Resources` (resources.ts) hold
 * what lives long (pool, stores, database); the router above them is cheap and may be made anew for a new configuration.
 */
import { adminPath, createAdmin } from './access/admin.ts'
import { createAuthorizer } from './access/authorize.ts'
import { callerOf } from './access/caller.ts'
import { createLimiter } from './access/rate-limit.ts'
import { createOriginalAddresses } from './access/original-address.ts'
import { createSigner } from './access/sign.ts'
import type { Config } from './config/config.ts'
import { innerOrigins } from './config/inner-origins.ts'
import type { OriginPolicy, Services } from './context.ts'
import type { Engine } from './engines/engine.ts'
import { gatedEngine } from './engines/gated.ts'
import { createImageEngine } from './engines/image/engine.ts'
import { createFfmpegWaveforms, createPcmWaveforms } from './engines/video/waveform/engine.ts'
import { createContainerEngine } from './engines/video/container/engine.ts'
import { createEnginesElsewhere } from './engines/remote/elsewhere.ts'
import { createFfmpegEngine, type MakePicture } from './engines/video/ffmpeg/engine.ts'
import { createRouter, type Router } from './http/router.ts'
import { openOffice, type Office } from './jobs/office.ts'
import { judgedBy } from './judge.ts'
import { createAddressSet } from './lib/cidr.ts'
import type { Dependency } from './observe/health.ts'
import { createPlanKeys } from './plan/key.ts'
import { createPlanner } from './plan/planner.ts'
import { createLru } from './lib/lru.ts'
import { resolve } from './plan/resolve.ts'
import { bytesOriginal } from './sources/bytes.ts'
import { resolveLimits, type Resources } from './resources.ts'

/** A router, and what goes on behind it. */
export interface App extends Router {
  /** Absent: there are no jobs. */
  readonly background: Office['background'] | undefined
  /** Absent: no queue of the platform brings jobs here. */
  readonly reception: Office['reception']
}

export function createApp(config: Config, resources: Resources): App {
  const making = createServices(config, resources)
  const office = openOfficeOf(config, making, resources)
  const runs = resources.runsBetweenRequests || resources.delivery !== undefined
  const defers = runs && config.role !== 'worker'
  const services = { ...making, later: defers ? office?.jobs.later : undefined }
  const { edge } = resources
  const callers = {
    isProxy: createAddressSet(config.trustedProxies),
    isEdge: (address: string) => edge?.contains(address) ?? false,
  }
  const router = createRouter({
    services,
    office,
    isWorker: config.role === 'worker',
    apiKey: config.secrets.apiKey,
    ending: resources.ending?.signal,
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
    metricsToken: config.secrets.metricsToken,
    metrics: resources.metrics,
    isDemo: config.isDemo,
    newId: () => crypto.randomUUID(),
  })
  return { ...router, background: office?.background, reception: office?.reception }
}

/** Undefined: there is no database to hold jobs. */
function openOfficeOf(
  { jobs: settings, inline, role, publicUrl, secrets: { webhookSecret } }: Config,
  services: Services,
  { sql, delivery, runsBetweenRequests, outbound, artifacts, spool, metrics }: Resources,
): Office | undefined {
  const works = role !== 'server'
  const random = () => Math.random()
  const files = { openArtifacts: artifacts.open, spool, publicUrl, onTry: metrics.job }
  const rest = { inline, works, runsBetweenRequests, webhookSecret, outbound, random, ...files }
  return sql && openOffice({ sql, delivery, services, settings, ...rest })
}

function createAdminOf({ secrets, publicUrl }: Config) {
  const { adminToken: token } = secrets
  if (token === undefined) return undefined
  const path = adminPath(publicUrl)
  return createAdmin({ token, path, now: () => Date.now(), newId: () => crypto.randomUUID() })
}

/** Originals. */
const SEEN_CODECS = 2000

function createServices(config: Config, resources: Resources): Services {
  const { bounds, formats, judging } = resources
  const { imageBytes, outputBytes } = bounds
  const limits = { ...config.limits, imageBytes, outputBytes }
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
    engines: createEngines(config, resources),
    admission: resources.admission,
    memory: resources.memory,
    flights: resources.flights,
    judging,
    looks: resources.looks,
    seenCodecs: createLru(SEEN_CODECS),
    limits: { ...limits, sourceMs: config.outbound.totalMs },
    plan: createPlanner({ outputSide: config.rules.outputSide, formats, judgedBy: judgedByName }),
    planKey: createPlanKeys(),
    resolve: (plan, info, overlay) => resolve(plan, info, resolveLimits(config, formats), overlay),
    authorize: (url, request) => authorizer.authorize(url, request),
    sign: createSigner({ rules, keys, rings: { external, vylux } }).sign,
  }
}

/** The first that can makes it. */
function createEngines(config: Config, resources: Resources): Engine[] {
  const { workers, bounds, ffmpegs, decoding } = resources
  const { pixels, frames } = config.limits
  const images = createImageEngine({ workers, pixels, frames, memory: bounds.memoryBytes })
  const makePicture: MakePicture = (bytes, recipe, budget) =>
    images.run(recipe, bytesOriginal(bytes, 'memory'), budget)
  const tiers = ffmpegs.map((ffmpeg) => createFfmpegEngine(ffmpeg, makePicture))
  const waveforms = ffmpegs.map((ffmpeg) => createFfmpegWaveforms(ffmpeg))
  const gated = (engines: readonly Engine[]) => engines.map((engine) => gatedEngine(engine, decoding))
  const { cloudflare, remote, publicUrl, origins, secrets } = config
  const now = () => Date.now()
  const rules = new Map(origins.map((origin) => [origin.name, origin]))
  const addressOf = createOriginalAddresses({ publicUrl, rules, keys: secrets.signing, now })
  const { media, fetchMade: safeFetch } = resources
  const elsewhere = createEnginesElsewhere({
    cloudflare,
    remote,
    media,
    safeFetch,
    makePicture,
    addressOf,
    now,
  })
  const containers = createContainerEngine()
  return [images, ...gated(tiers), createPcmWaveforms(), ...gated(waveforms), containers, ...elsewhere]
}

/** Store and database, the Redis of the rate limits, what delivers jobs, and of the configured origins those that failed last. */
function dependenciesOf(config: Config, resources: Resources): Dependency[] {
  const { cache, sql, rates, delivery, origins } = resources
  const { check: checkRates } = rates
  const names = new Set(config.origins.map(({ name }) => name))
  const down = [...origins.failing()].filter(([name]) => names.has(name))
  return [
    { name: 'cache', check: () => cache.check() },
    ...(sql ? [{ name: 'database', check: async () => void (await sql.query('select 1')) }] : []),
    ...(checkRates ? [{ name: 'redis', isOptional: true, check: checkRates }] : []),
    ...(delivery?.check ? [{ name: 'queue', isOptional: true, check: () => delivery.check!() }] : []),
    ...down.map(([name, how]) => ({
      name: `origin:${name}`,
      isOptional: true,
      check: () => Promise.reject(new Error(how)),
    })),
  ]
}
