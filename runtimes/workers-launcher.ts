/**
 * The Worker on this machine, through miniflare: the same variables and configuration file as on a server. What the
 * document says of folders and SQLite is mapped: the cache and what jobs make to R2 buckets and the database to D1, persisted
 * beside where they would lie on a server; source folders and the samples to read-only services.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
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
import { netFaults } from './workers/nets.ts'

type Service = (request: Request) => Promise<Response>

interface Mapping {
  /** Mount to binding, for the Worker. */
  readonly standIns: Record<string, string>
  readonly services: Record<string, Service>
  readonly r2: string
  readonly d1: string
}

const CACHE = 'MEDIAMORPH_CACHE'
const KEPT = 'MEDIAMORPH_ARTIFACTS'
const DATABASE = 'MEDIAMORPH_DATABASE'

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
  const folder = keptBeside(artifacts, standIns) ?? pathOf(cache, 'fs', 'storage.cache')
  const file = pathOf(config.database, 'sqlite', 'database')
  return { standIns, services, r2: join(folder, '.workers'), d1: join(dirname(file), '.workers') }
}

/** Buckets lie in one place: where what jobs made is, since a cache may be thrown away. Undefined: nothing is kept in one. */
function keptBeside(artifacts: string, standIns: Record<string, string>): string | undefined {
  if (!artifacts.startsWith('fs:') || Object.hasOwn(standIns, artifacts)) return undefined
  standIns[artifacts] = `r2:${KEPT}`
  return artifacts.slice('fs:'.length)
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
  const { standIns, services, r2, d1 } = await mapMounts(config)
  const text = document === undefined ? undefined : JSON.stringify({ ...document, database: config.database })
  const miniflare = new Miniflare({
    name: 'mediamorph',
    modules: await workerModules(config.nsfw.classifier === 'builtin'),
    modulesRoot: '/',
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['enable_request_signal'],
    cf: false,
    log: new Log(LogLevel.ERROR),
    bindings: { ...textsFor(text), MEDIAMORPH_MOUNTS: JSON.stringify(standIns) },
    r2Buckets: [CACHE, KEPT],
    r2Persist: r2,
    d1Databases: [DATABASE],
    d1Persist: d1,
    serviceBindings: services as never,
  })
  await miniflare.ready
  // miniflare would leave at once, with another exit code; its own clean-up happens in dispose().
  for (const signal of ['SIGTERM', 'SIGINT']) process.removeAllListeners(signal)
  const notes = redis ? [...PLATFORM.notes, 'REDIS_URL has no effect on Workers'] : PLATFORM.notes
  const door = { platform: { ...PLATFORM, notes }, listen: listenOnNode }
  await run(door, config, {
    fetch: (request, env) => forward(miniflare, request, env),
    close: () => miniflare.dispose(),
  })
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
