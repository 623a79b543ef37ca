/** What an address says, whichever grammar it is written in. Pure. */
import type { MediaError } from '../error.ts'
import type { Spelling } from '../lib/hmac.ts'
import type { AssetRule } from './assets/rule.ts'
import type { HintWord } from './grammars/akamai.ts'
import type { NamedOriginal } from './match.ts'
import type { ParamName } from './params.ts'
import type { ParamWarning } from './read-params.ts'
import type { OriginRule } from './rules.ts'

export type Grammar = 'native' | 'cloudflare' | 'vylux' | 'external' | 'assets' | 'static'

/** Names of origins that a feature brings along; a configuration may not use them then. */
export const EXTERNAL = 'external'
export const ARTIFACTS = 'artifacts'
export const STATIC = 'static'

/** Origins of internal routes, by the `type` of what they are asked about. Their one capture is `key`. */
export function internalOrigin(type: string, bucket?: string): string {
  return `internal/${type}${bucket === undefined ? '' : `/${bucket}`}`
}

/** Keys of their own, by default those of our origins. */
export type Ring = 'external' | 'vylux'

/** A signature that stands in the path, over a text of the grammar's making. */
export interface PathProof {
  readonly ring: Ring
  readonly text: string
  readonly signature: string
  readonly spelling: Spelling
  /** Nothing that counts stands outside the text. */
  readonly coversAll: boolean
}

/** How an address shows that it was signed, where that is not `sig` in the query by the keys of our origins. */
export type Proof = PathProof | { readonly ring: Ring }

export interface Address extends NamedOriginal {
  readonly grammar: Grammar
  /** When client hints may choose a derivative. */
  readonly responsive: OriginRule['responsive']
  readonly defaults: OriginRule['defaults']
  /** In our own words, those of Akamai translated. */
  readonly query: URLSearchParams
  readonly hints: Readonly<Partial<Record<HintWord, string>>>
  readonly warnings: readonly ParamWarning[]
  /** Request headers that were consulted. */
  readonly consulted: readonly string[]
  readonly proof?: Proof
  readonly onError?: 'redirect'
  /** Absent or true: without a format, `Accept` has a say. */
  readonly negotiates?: boolean
  /** Unless the address says another. */
  readonly disposition?: { readonly filename?: string; readonly download: boolean }
  /** What is wrong with it, for those alone who may ask: a wrong signature is said first. */
  readonly fault?: MediaError
}

/** What all grammars read: the address, and the headers that a client tells its situation by. */
export interface AddressInput {
  readonly url: URL
  readonly headers: Headers
}

/** What may be asked of originals that no origin has. */
export interface ExternalRules {
  /** Parameters that count without being signed. */
  readonly parameters: ReadonlySet<ParamName>
  /** Whose words and defaults hold where the signature is in the path; absent: our own. */
  readonly manner?: AssetRule
}
