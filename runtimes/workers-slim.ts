/**
 * `mediamorph/workers/slim`: Mediamorph on Cloudflare Workers with the modules that a Worker imports, and no others. What
 * is not imported is not deployed; formats whose module is not there are refused (501), and `format=auto` never chooses
 * them.
 */
import type { ConfigInput } from '../src/index.ts'
import { bindWorkers, type BoundMediamorph, type Modules } from './workers/bind.ts'
import type { CoreModules } from './workers/core.ts'

export * from '../src/index.ts'
export type { BoundMediamorph, CoreModules, Modules }

export interface SlimOptions {
  /** `core` of `mediamorph/workers/core`, and what else is imported: `{ ...core, ...avif }`. */
  readonly modules: CoreModules & Modules
}

/**
 * @param config without one, MEDIAMORPH_CONFIG of the bindings counts
 * @returns a handler that throws ConfigError at the first request when the document or a binding is wrong
 */
export function createMediamorph(config: ConfigInput | undefined, { modules }: SlimOptions): BoundMediamorph {
  return bindWorkers(config, modules)
}
