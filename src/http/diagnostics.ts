/** What an answer says of how it came about: the `X-` headers of the contract, `Vary`, `Accept-CH`. */
import type { Judgement } from '../media/nsfw.ts'
import type { MediaRequest } from '../request/request.ts'
import type { Outcome, RenditionOutcome } from '../serve.ts'
import type { Exchange } from './exchange.ts'

export function diagnosticHeaders(outcome: Outcome, to: Exchange): Array<readonly [string, string]> {
  const { media, call } = to
  const isRendition = outcome.kind === 'rendition'
  const rows: Array<readonly [string, string | number | undefined]> = [
    ...requestHeaders(media),
    ['x-cache', isRendition ? outcome.cache : 'BYPASS'],
    ['x-cache-key', call.event.cacheKey],
    ['x-origin', outcome.policy.name],
    ['x-source-type', isRendition ? outcome.rendition.facts.sourceType : outcome.original.sourceType],
    ['x-transform-source', transformSource(outcome)],
    ['x-nsfw', nsfwHeader(judgementOf(outcome))],
    ...(isRendition ? renditionHeaders(outcome, to.compatHeaders) : []),
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]))
}

/** What depends on the request alone, and so also stands on errors: `Vary` above all. */
export function requestHeaders(media: MediaRequest): Array<readonly [string, string | undefined]> {
  const hints = media.vary.filter((name) => ACCEPT_CH.has(name.toLowerCase()))
  const warnings = media.warnings.map(
    ({ parameter, reason }) => `${headerSafe(parameter)}: ${headerSafe(reason)}`,
  )
  return [
    ['vary', joined(media.vary)],
    ['accept-ch', joined(hints)],
    ['x-derivative', media.derivative],
    ['x-param-warnings', joined(warnings, '; ')?.slice(0, MAX_WARNINGS)],
    ...Object.entries(media.playback ?? {}).map(
      ([name, value]) => [`x-playback-${name}`, String(value)] as const,
    ),
  ]
}

const MAX_WARNINGS = 1024
/** Client hints a browser sends only when asked. */
const ACCEPT_CH = new Set([
  'sec-ch-viewport-width',
  'sec-ch-dpr',
  'sec-ch-width',
  'viewport-width',
  'width',
  'dpr',
  'save-data',
  'ect',
  'rtt',
  'downlink',
])

export function judgementOf(outcome: Outcome): Judgement | undefined {
  return outcome.kind === 'original' ? outcome.nsfw : outcome.rendition.facts.nsfw
}

/** `unsafe; probability=0.9731`; an item of RFC 9651. */
function nsfwHeader(judgement: Judgement | undefined): string | undefined {
  if (!judgement) return undefined
  const { state, probability } = judgement
  return probability === undefined ? state : `${state}; probability=${probability.toFixed(3)}`
}

function transformSource(outcome: Outcome): string | undefined {
  if (outcome.kind === 'rendition') return outcome.rendition.facts.engine
  return outcome.passthrough ? 'passthrough' : undefined
}

function renditionHeaders({ rendition, cache }: RenditionOutcome, compat: readonly string[]) {
  const { width, height, quality } = rendition.facts
  const rows: Array<readonly [string, string | number | undefined]> = [
    ['x-resolved-width', width],
    ['x-resolved-height', height],
    ['x-quality', quality],
  ]
  if (compat.includes('video-resizer-2')) {
    rows.push(['x-r2-cache', cache === 'HIT' || cache === 'STALE' ? 'HIT' : 'MISS'])
    rows.push(['x-r2-stored', String(cache !== 'BYPASS')])
  }
  return rows
}

function joined(list: readonly string[], by = ', '): string | undefined {
  return list.length === 0 ? undefined : list.join(by)
}

/** Header values carry visible ASCII only. */
function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replaceAll(';', ',')
}
