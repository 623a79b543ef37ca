/** What parsing needs of the configuration, compiled. */
import type { ExternalRules } from './address.ts'
import type { AssetRule } from './assets/rule.ts'
import type { Params } from './params.ts'

export interface OriginRule {
  readonly name: string
  readonly match: RegExp
  /** When client hints may choose a derivative. */
  readonly responsive: 'hints' | 'always' | 'off'
  /** Values used where the address has none. */
  readonly defaults: Params
}

export interface Responsive {
  /** By rising `maxWidth`. */
  readonly breakpoints: ReadonlyArray<{ readonly maxWidth: number; readonly derivative: string }>
  readonly defaultDerivative?: string
}

export interface RequestRules {
  readonly origins: readonly OriginRule[]
  readonly derivatives: ReadonlyMap<string, Params>
  readonly responsive: Responsive
  readonly invalid: 'reject' | 'warn'
  /** Largest side of a result, in pixels. */
  readonly outputSide: number
  /** Formats beyond the usual that may be asked for. */
  readonly enabledFormats: readonly string[]
  /** Where the Cloudflare grammar is mounted: `/cdn-cgi`. */
  readonly cloudflarePrefix: string
  /** Present when originals on other hosts may be asked for. */
  readonly external?: ExternalRules
  /** Asset routes, before our origins. */
  readonly assets?: readonly AssetRule[]
  /** Every path is an object, and nothing else is read. */
  readonly isStatic?: boolean
  /** Vylux's grammar is read. */
  readonly vylux?: boolean
  /** Address of the service, without a slash at its end. */
  readonly publicUrl?: string
}
