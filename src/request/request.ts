/**
 * Step 1 of the line: from a URL and headers to plain data. Pure; whatever dialect an address is written in, the same
 * question gives the same parameters.
 */
import type { MediaError } from '../error.ts'
import type { FormatName } from '../media/format.ts'
import type { Grammar, Proof } from './address.ts'
import { chooseDerivative, type Choice } from './derivative.ts'
import { readAddress } from './grammars/read-address.ts'
import { matchOverlay, type NamedOriginal } from './match.ts'
import { paramRow, type ParamName, type Params } from './params.ts'
import { judgeFaults, readParams, type ParamWarning } from './read-params.ts'
import type { RequestRules } from './rules.ts'

export type { RequestRules } from './rules.ts'

export interface MediaRequest extends NamedOriginal {
  readonly grammar: Grammar
  /** What the address itself says, validated. */
  readonly asked: Params
  /** What counts: asked, overlaid by the derivative, filled up with the origin's defaults. */
  readonly params: Params
  /** Nothing shapes a rendition: the original itself is meant. */
  readonly isBare: boolean
  readonly derivative?: string
  /** What is laid over the result. */
  readonly overlay?: NamedOriginal
  readonly warnings: readonly ParamWarning[]
  /** Request headers that were consulted. */
  readonly vary: readonly string[]
  /** Modern formats the client takes, best first; only where the format is left to us. */
  readonly accepts: readonly FormatName[]
  readonly disposition?: {
    readonly filename?: string
    readonly download: boolean
    /** The name is that of the original: that of a rendition ends as its type does. */
    readonly followsType?: boolean
  }
  readonly playback?: Readonly<Record<string, string>>
  readonly debug?: string
  readonly onError?: 'redirect'
  /** How it shows that it was signed; absent: by `sig`, as its origin demands. */
  readonly proof?: Proof
  /** Thrown once it is known that the asker may ask. */
  readonly fault?: MediaError
}

export interface RequestInput {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
}

/** @throws INVALID_URL, INVALID_PATH, NO_MATCHING_ORIGIN, INVALID_PARAMETER, ACCESS_DENIED */
export function parseRequest({ url, headers }: RequestInput, rules: RequestRules): MediaRequest {
  const address = readAddress({ url, headers }, rules)
  const { grammar, path, origin, captures, query, hints, responsive, proof, onError, fault } = address
  const read = readParams(query, rules)
  const dropped = judgeFaults(read.faults, rules.invalid)
  const choice = chooseDerivative({ params: read.params, hints, headers, responsive }, rules)
  const explicit = {
    ...read.params,
    ...(choice.name === undefined ? {} : rules.derivatives.get(choice.name)),
  }
  const isBare = !shapesRendition(explicit)
  const params = settle(isBare ? explicit : { ...address.defaults, ...explicit }, choice)
  const isAuto = !isBare && (address.negotiates ?? true) && (params.format ?? 'auto') === 'auto'
  return {
    grammar,
    path,
    origin,
    captures,
    asked: read.params,
    params,
    isBare,
    warnings: [...read.warnings, ...dropped, ...address.warnings, ...choice.warnings],
    vary: [...address.consulted, ...choice.consulted, ...(isAuto ? ['Accept'] : [])],
    accepts: isAuto ? modernFormats(headers.get('accept')) : [],
    ...(choice.name === undefined ? {} : { derivative: choice.name }),
    ...(params.overlay === undefined ? {} : { overlay: matchOverlay(params.overlay, rules) }),
    ...(address.disposition ? { disposition: { ...address.disposition, followsType: true } } : {}),
    ...responseParts(params),
    ...(proof ? { proof } : {}),
    ...(fault ? { fault } : {}),
    ...(onError ? { onError } : {}),
  }
}

/** `v` alone names a version of the original, and is no transformation. */
function shapesRendition(params: Params): boolean {
  return (Object.keys(params) as ParamName[]).some(
    (name) => name !== 'v' && ['rendition', 'timed'].includes(paramRow(name).role),
  )
}

/** The derivative's name has done its work, and so has a density that chose it. */
function settle(params: Params, { usesDpr }: Choice): Params {
  const done = new Set(usesDpr ? ['derivative', 'dpr'] : ['derivative'])
  return Object.fromEntries(Object.entries(params).filter(([name]) => !done.has(name)))
}

/** `Accept` collapsed to what decides: AVIF and WebP by name, with q above 0 (RFC 9110, section 12.5.1). */
function modernFormats(accept: string | null): FormatName[] {
  const ranges = (accept ?? '')
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
  const takes = (mime: string) =>
    ranges.some(([type, ...rest]) => type === mime && !rest.some((part) => /^q=0(\.0*)?$/.test(part)))
  return (['avif', 'webp'] as const).filter((name) => takes(`image/${name}`))
}

function responseParts(params: Params) {
  const { filename, download = false, debug } = params
  const playback = (['loop', 'autoplay', 'muted', 'preload'] as const).flatMap((name) =>
    params[name] === undefined ? [] : [[name, String(params[name])] as const],
  )
  return {
    ...(filename === undefined && !download
      ? {}
      : { disposition: { download, ...(filename === undefined ? {} : { filename }) } }),
    ...(playback.length === 0 ? {} : { playback: Object.fromEntries(playback) }),
    ...(debug === undefined ? {} : { debug }),
  }
}
