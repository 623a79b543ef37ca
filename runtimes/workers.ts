/**
 * Mediamorph on Cloudflare Workers, with all its modules: for a part of them see `workers-slim.ts`. Nothing happens at
 * module level: bindings arrive with the first request, and the service is built then. As a Worker of its own,
 * MEDIAMORPH_CONFIG holds the document itself as JSON.
 */
import type { ConfigInput } from '../src/index.ts'
import { bindWorkers, type BoundMediamorph, type Modules } from './workers/bind.ts'
import { avif } from './workers/avif.ts'
import { core } from './workers/core.ts'
import { jxl } from './workers/jxl.ts'
import { mozjpeg } from './workers/mozjpeg.ts'
import { svg } from './workers/svg.ts'

export * from '../src/index.ts'
export type { BoundMediamorph }

export interface MoreModules {
  /** Beside those of all formats: `nsfw` of `mediamorph/workers/nsfw`. */
  readonly modules?: Modules
}

/**
 * @param config without one, MEDIAMORPH_CONFIG of the bindings counts
 * @returns a handler that throws ConfigError at the first request when the document or a binding is wrong
 */
export function createMediamorph(config?: ConfigInput, { modules = {} }: MoreModules = {}): BoundMediamorph {
  return bindWorkers(config, { ...core, ...avif, ...jxl, ...mozjpeg, ...svg, ...modules })
}

const worker = createMediamorph()

export default { fetch: worker.fetch, queue: worker.queue, scheduled: worker.scheduled }
