/** The service of a Worker, bound to its modules and, with the first request, to its bindings. */
import {
  ConfigError,
  createMediamorph as create,
  loadConfig,
  MediaError,
  parseDocument,
} from '../../src/index.ts'
import type {
  ConfigInput,
  FetchContext,
  Mediamorph,
  MemoryBounds,
  NetLoaders,
  Platform,
} from '../../src/index.ts'
import { createWorkersInPlace } from './in-place.ts'
import { AT_START, deliverBatch, type MessageBatch } from './queue-delivery.ts'
import { LACKS, netsOf } from './nets.ts'
import { openWorkersMedia } from './media.ts'
import { createWorkersMounts, isLaunchedHere, type Bindings } from './mounts.ts'

/** Compiled modules by name, and under `nets` what runs networks. */
export type Modules = Readonly<Record<string, WebAssembly.Module | NetLoaders>>

const MIB = 1_048_576
/** An isolate has 128 MB for everything. What it takes beside these is measured in docs/performance.md. */
const MEMORY: MemoryBounds = { work: 64 * MIB, originals: 24 * MIB, kept: 8 * MIB }
/** A network leaves that much beside it. */
const BESIDE_NET: MemoryBounds = { work: 32 * MIB, originals: 12 * MIB, kept: 4 * MIB }

/** The part of an ExecutionContext that is used here. */
interface Execution {
  waitUntil(work: Promise<unknown>): void
}

export interface BoundMediamorph {
  /** The module handler's `fetch`; also fits `app.mount` of Hono. */
  fetch(request: Request, bindings?: unknown, execution?: unknown): Promise<Response>
  /** The module handler's `queue`: works on the jobs that a Cloudflare Queue brings, which `queue` of the configuration names. */
  queue(batch: unknown, bindings?: unknown): Promise<void>
  /** The module handler's `scheduled`: has brought what the Queue was not told of, or has lost. */
  scheduled(controller?: unknown, bindings?: unknown): Promise<void>
  close(): Promise<void>
}

/**
 * @param config without one, MEDIAMORPH_CONFIG of the bindings counts
 * @returns a handler that throws ConfigError at the first request when the document or a binding is wrong
 */
export function bindWorkers(config: ConfigInput | undefined, modules: Modules): BoundMediamorph {
  let built: { readonly media: Mediamorph; readonly bindings: Bindings } | undefined
  function serving(known: Bindings): Mediamorph {
    const isSame = built?.bindings === known
    const current = built && isSame ? built : { media: build(config, known, modules), bindings: known }
    built = current
    return current.media
  }
  return {
    async fetch(request, bindings = {}, execution) {
      const known = bindings as Bindings
      const context = toContext(request, known, execution)
      const answer = serving(known).fetch(request, context)
      // A request whose client leaves is otherwise stopped between two lines, its place in a queue never given back.
      context.waitUntil?.(answer)
      return answer
    },
    async queue(batch, bindings = {}) {
      const media = serving(bindings as Bindings)
      await deliverBatch(
        batch as MessageBatch,
        (brought) => media.receive(brought),
        (line) => console.log(line),
      )
    },
    async scheduled(controller, bindings = {}) {
      const { cron } = (controller ?? {}) as { readonly cron?: unknown }
      await serving(bindings as Bindings).tidy(cron === AT_START ? 0 : undefined)
    },
    async close() {
      await built?.media.close()
    },
  }
}

function build(given: ConfigInput | undefined, bindings: Bindings, modules: Modules): Mediamorph {
  const platform = createWorkersPlatform(bindings, modules)
  const text = platform.env['MEDIAMORPH_CONFIG']
  const document = given ?? (text ? (parseDocument(text) as ConfigInput) : undefined)
  const config = loadConfig({ document, env: platform.env })
  createWorkersMounts(bindings).check(config)
  if (config.role === 'worker')
    throw new ConfigError([{ path: 'MEDIAMORPH_ROLE', message: 'on Workers nothing runs between requests' }])
  return create(document, platform)
}

function createWorkersPlatform(bindings: Bindings, modules: Modules): Platform {
  const mounts = createWorkersMounts(bindings)
  const texts = Object.entries(bindings).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  const moduleOf = (name: string) => (Object.hasOwn(modules, name) ? modules[name] : undefined)
  const nets = netsOf(modules)
  const loadWasm = (name: string): WebAssembly.Module => {
    const module = moduleOf(name)
    if (module instanceof WebAssembly.Module) return module
    throw new MediaError('NOT_SUPPORTED_HERE', `This deployment is without the module "${name}"`)
  }
  return {
    runtime: 'workerd',
    version: globalThis.navigator.userAgent,
    cpus: 1,
    env: Object.fromEntries(texts),
    notes: ['outbound addresses are not pinned'],
    sharesPromises: false,
    runsBetweenRequests: false,
    loadWasm,
    hasWasm: (name) => moduleOf(name) instanceof WebAssembly.Module,
    lacksNet: (name) => (Object.hasOwn(nets, name) ? undefined : LACKS[name]),
    memory: Object.keys(nets).length > 0 ? BESIDE_NET : MEMORY,
    createWorkers: (size) => createWorkersInPlace(loadWasm, size, nets),
    openDriver: (mount) => mounts.openDriver(mount),
    openSql: (url) => mounts.openSql(url),
    openDelivery: (url) => mounts.openDelivery(url),
    openMedia: (name) => openWorkersMedia(Object.hasOwn(bindings, name) ? bindings[name] : undefined),
    log: (line) => console.log(line),
  }
}

function toContext(request: Request, bindings: Bindings, execution: unknown): FetchContext {
  // Set by Cloudflare's edge, which overwrites what a client sends.
  const clientAddress = request.headers.get('cf-connecting-ip')
  const { waitUntil } = (execution ?? {}) as Partial<Execution>
  return {
    ...(clientAddress !== null && { clientAddress }),
    isAtCloudflare: !isLaunchedHere(bindings),
    ...(waitUntil && { waitUntil: (work) => waitUntil.call(execution, work) }),
  }
}
