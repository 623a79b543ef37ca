/**
 * The Worker on this machine, through miniflare: the same variables and configuration file as on a server. What the
 * document says of folders and SQLite is mapped: the cache and what jobs make to R2 buckets and the database to D1, persisted
 * beside where they would lie on a server; source folders and the samples to read-only services.
 */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { Log, LogLevel, Miniflare } from 'miniflare'
import { checkExposure, ConfigError, loadConfig, type Config } from '../src/index.ts'
import { readDocument } from './server/document.ts'
import { createFileService } from './server/file-service.ts'
import { openServerDriver } from './server/mounts.ts'
import { isRecord } from './server/adapt.ts'
import { listenOnNode, nodePeerOf } from './server/node-door.ts'
import { orExit, run } from './server/start.ts'
import { workerModules } from './server/worker-modules.ts'
import { ARTIFACTS, mountsOf, redisFaults } from './workers/mounts.ts'
import { AT_START } from './workers/queue-delivery.ts'
import { netFaults } from './workers/nets.ts'

type Service = (request: Request) => Promise<Response>

interface Mapping {
  /** Mount to binding, for the Worker. */
  readonly standIns: Record<string, string>
  readonly services: Record<string, Service>
  /** Binding to bucket. */
  readonly buckets: Record<string, string>
  readonly r2: string
  readonly d1: string
}

const CACHE = 'MEDIAMORPH_CACHE'
const KEPT = 'MEDIAMORPH_ARTIFACTS'
const DATABASE = 'MEDIAMORPH_DATABASE'
/** The default of `storage.artifacts`: nobody has said where what jobs make is to lie. */
const USUAL_ARTIFACTS = 'fs:./.mediamorph/media'
const JOBS = 'MEDIAMORPH_JOBS'
const QUEUE = 'mediamorph-jobs'
const DEAD = `${QUEUE}-dlq`
/** Milliseconds between two looks for jobs that nobody was told of. */
const TIDY_MS = 60_000

async function mapMounts(config: Config): Promise<Mapping> {
  const { cache } = config.storage
  const standIns: Record<string, string> = { [cache]: `r2:${CACHE}`, [config.database]: `d1:${DATABASE}` }
  const services: Record<string, Service> = {}
  const { artifacts } = config.storage
  // What jobs make need not be there yet.
  if (artifacts.startsWith('fs:') && mountsOf(config).some(({ path }) => path === ARTIFACTS))
    await mkdir(artifacts.slice('fs:'.length), { recursive: true })
  for (const mount of new Set(mountsOf(config).map((one) => one.mount))) {
    const name = `MEDIAMORPH_SOURCE_${Object.keys(services).length}`
    services[name] = createFileService(await openServerDriver(mount, 'source', process.env))
    standIns[mount] = `service:${name}`
  }
  const folder = bucketsFolder(config)
  if (artifacts.startsWith('fs:')) standIns[artifacts] ??= `r2:${KEPT}`
  const file = pathOf(config.database, 'sqlite', 'database')
  const buckets = { [CACHE]: bucketName(pathOf(cache, 'fs', 'storage.cache')), [KEPT]: 'artifacts' }
  return { standIns, services, buckets, r2: join(folder, '.workers'), d1: join(dirname(file), '.workers') }
}

/** All lie in one place: where what jobs make is to be, since a cache may be thrown away; where nobody said that, with the cache. */
function bucketsFolder({ storage: { cache, artifacts } }: Config): string {
  const isChosen = artifacts.startsWith('fs:') && artifacts !== USUAL_ARTIFACTS
  return pathOf(isChosen ? artifacts : cache, 'fs', 'storage.cache')
}

/** What jobs make may be shared by services whose caches are not. */
function bucketName(cache: string): string {
  return `cache-${createHash('sha256').update(resolve(cache)).digest('hex').slice(0, 12)}`
}

function pathOf(mount: string, kind: string, field: string): string {
  if (mount.startsWith(`${kind}:`)) return mount.slice(kind.length + 1)
  throw new ConfigError([{ path: field, message: `expected ${kind}:PATH to start Workers on this machine` }])
}

/** Strings that the Worker may see: ours, and those that the document refers to. */
function textsFor(document: string | undefined): Record<string, string> {
  const referred = [...(document ?? '').matchAll(/\$\{env:([^}]*)\}/g)].map((match) => match[1])
  const seen = Object.entries(process.env).filter(
    ([name]) => name.startsWith('MEDIAMORPH_') || name === 'LOG_LEVEL' || referred.includes(name),
  )
  const texts = Object.fromEntries(seen.flatMap(([name, value]) => (value ? [[name, value]] : [])))
  const { MEDIAMORPH_CONFIG: _, ...rest } = texts
  return document === undefined ? rest : { ...rest, MEDIAMORPH_CONFIG: document }
}

async function launch(): Promise<void> {
  const document = await readDocument(process.env)
  // The Worker does not see it either.
  const { REDIS_URL: redis, ...env } = process.env
  const config = loadConfig({ document, env })
  checkExposure(config, config.host)
  const faults = [...redisFaults(config), ...netFaults(config)]
  if (faults.length > 0) throw new ConfigError(faults)
  const { standIns, services, buckets, r2, d1 } = await mapMounts(config)
  const places = { database: config.database, queue: `cloudflare:${JOBS}` }
  const text = document === undefined ? undefined : JSON.stringify({ ...document, ...places })
  const miniflare = new Miniflare({
    name: 'mediamorph',
    modules: await workerModules(config.nsfw.classifier === 'builtin'),
    modulesRoot: '/',
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['enable_request_signal'],
    cf: false,
    log: new Log(LogLevel.ERROR),
    bindings: { ...textsFor(text), MEDIAMORPH_MOUNTS: JSON.stringify(standIns) },
    r2Buckets: buckets,
    r2Persist: r2,
    d1Databases: [DATABASE],
    d1Persist: d1,
    serviceBindings: services as never,
    // Jobs come one by one, so that none waits for another; the database counts their tries.
    queueProducers: { [JOBS]: { queueName: QUEUE } },
    queueConsumers: {
      [QUEUE]: { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 100, deadLetterQueue: DEAD },
      [DEAD]: { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 100 },
    },
  })
  await miniflare.ready
  // miniflare would leave at once, with another exit code; its own clean-up happens in dispose().
  for (const signal of ['SIGTERM', 'SIGINT']) process.removeAllListeners(signal)
  const notes = redis ? [...PLATFORM.notes, 'REDIS_URL has no effect on Workers'] : PLATFORM.notes
  const door = { platform: { ...PLATFORM, notes }, listen: listenOnNode }
  const tidying = await keepTidy(miniflare)
  await run(door, config, {
    fetch: (request, env) => forward(miniflare, request, env),
    async close() {
      clearInterval(tidying)
      await miniflare.dispose()
    },
  })
}

/** The cron trigger of a deployed Worker. */
async function keepTidy(miniflare: Miniflare): Promise<ReturnType<typeof setInterval>> {
  // miniflare's own type of it needs Cloudflare's types.
  const worker = (await miniflare.getWorker()) as unknown as {
    scheduled(options: { cron: string }): Promise<unknown>
  }
  // What is wrong is told to the first request, too.
  const tidy = (cron: string) => void worker.scheduled({ cron }).catch(() => undefined)
  tidy(AT_START)
  return setInterval(() => tidy('* * * * *'), TIDY_MS)
}

const PLATFORM = {
  runtime: 'workerd',
  version: '',
  notes: ['outbound addresses are not pinned'],
  log: (line: string) => void process.stdout.write(`${line}\n`),
}

/** We listen ourselves, so that SIGTERM can let running answers finish, and tell the Worker who asks. */
async function forward(miniflare: Miniflare, request: Request, env: unknown): Promise<Response> {
  const headers = Object.fromEntries(request.headers)
  const peer = isRecord(env) ? nodePeerOf(env, request) : undefined
  delete headers['cf-connecting-ip']
  const { method, signal } = request
  const response = await miniflare.dispatchFetch(request.url, {
    method,
    headers: { ...headers, ...(peer !== undefined && { 'cf-connecting-ip': peer }) },
    // Streamed: the Worker itself counts what it reads.
    body: (method === 'GET' || method === 'HEAD' ? null : request.body) as never,
    duplex: 'half',
    redirect: 'manual',
    signal,
  })
  return new Response(response.body as ReadableStream<Uint8Array> | null, {
    status: response.status,
    headers: [...response.headers],
  })
}

void orExit(launch)
