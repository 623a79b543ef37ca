/**
 * Mediamorph on Cloudflare Workers. Nothing happens at module level: bindings arrive with the first request, and the
 * service is built then. As a Worker of its own, MEDIAMORPH_CONFIG holds the document itself as JSON.
 */
import { createMediamorph as create, loadConfig, parseDocument } from '../src/index.ts'
import type { ConfigInput, FetchContext, Mediamorph, Platform } from '../src/index.ts'
import { createWorkersInPlace } from './workers/in-place.ts'
import { MODULES } from './workers/modules.ts'
import { createWorkersMounts, isLaunchedHere, type Bindings } from './workers/mounts.ts'

export * from '../src/index.ts'

/** The part of an ExecutionContext that is used here. */
interface Execution {
  waitUntil(work: Promise<unknown>): void
}

export interface BoundMediamorph {
  /** The module handler's `fetch`; also fits `app.mount` of Hono. */
  fetch(request: Request, bindings?: unknown, execution?: unknown): Promise<Response>
  close(): Promise<void>
}

/**
 * @param config without one, MEDIAMORPH_CONFIG of the bindings counts
 * @returns a handler that throws ConfigError at the first request when the document or a binding is wrong
 */
export function createMediamorph(config?: ConfigInput): BoundMediamorph {
  let built: { readonly media: Mediamorph; readonly bindings: Bindings } | undefined
  return {
    async fetch(request, bindings = {}, execution) {
      const known = bindings as Bindings
      const current = built?.bindings === known ? built : { media: build(config, known), bindings: known }
      built = current
      const context = toContext(request, known, execution)
      const answer = current.media.fetch(request, context)
      // A request whose client leaves is otherwise stopped between two lines, its place in a queue never given back.
      context.waitUntil?.(answer)
      return answer
    },
    async close() {
      await built?.media.close()
    },
  }
}

function build(given: ConfigInput | undefined, bindings: Bindings): Mediamorph {
  const platform = createWorkersPlatform(bindings)
  const text = platform.env['MEDIAMORPH_CONFIG']
  const document = given ?? (text ? (parseDocument(text) as ConfigInput) : undefined)
  createWorkersMounts(bindings).check(loadConfig({ document, env: platform.env }))
  return create(document, platform)
}

function createWorkersPlatform(bindings: Bindings): Platform {
  const mounts = createWorkersMounts(bindings)
  const texts = Object.entries(bindings).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return {
    runtime: 'workerd',
    version: globalThis.navigator.userAgent,
    cpus: 1,
    env: Object.fromEntries(texts),
    notes: ['outbound addresses are not pinned'],
    sharesPromises: false,
    loadWasm,
    createWorkers: (size) => createWorkersInPlace(loadWasm, size),
    openDriver: (mount) => mounts.openDriver(mount),
    openSql: (url) => mounts.openSql(url),
    log: (line) => console.log(line),
  }
}

function loadWasm(name: string): WebAssembly.Module {
  const module = Object.hasOwn(MODULES, name) ? MODULES[name] : undefined
  if (!module) throw new Error(`No module is called ${name}`)
  return module
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

const worker = createMediamorph()

export default { fetch: worker.fetch }
