/** One row of the table of asset routes, compiled. */
import type { ParamName, Params } from '../params.ts'
import type { AssetPath } from './path.ts'

/** Sides that may be asked for. */
export interface SizeLadder {
  /** Rising. */
  readonly steps: readonly number[]
  readonly default: number
  /** What becomes of a side between two steps: refused, or the next step above. */
  readonly rounding: 'none' | 'up'
  readonly least?: number | undefined
  readonly most?: number | undefined
}

export interface AssetRule {
  /** Name of the origin behind it. */
  readonly origin: string
  readonly paths: readonly AssetPath[]
  /** What `{format}` may be. */
  readonly formats: ReadonlySet<string>
  /** Formats that move without `animated`; absent: all that can. */
  readonly animate?: ReadonlySet<string>
  readonly sizes?: SizeLadder
  /** Own words for `quality`. */
  readonly qualities: Readonly<Record<string, string>>
  /** Parameters that may be asked for. */
  readonly parameters: ReadonlySet<ParamName>
  /** Where the address says nothing. */
  readonly defaults: Params
  /** The same, by the format that is asked for. */
  readonly formatDefaults: ReadonlyMap<string, Params>
  /** Whatever the address says. */
  readonly set: Readonly<Record<string, string>>
  /** Sent as an attachment, under the name in the part `filename` where there is one. */
  readonly download: boolean
}
