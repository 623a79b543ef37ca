/** Turns an outcome of the line into an answer: conditions, ranges, and every header of the contract. */
import { MediaError } from '../error.ts'
import type { MediaRequest } from '../request/request.ts'
import type { Outcome, RenditionOutcome } from '../serve.ts'
import type { OriginalOutcome } from '../serve-original.ts'
import type { StoredFacts } from '../store/cache.ts'
import type { Answer } from './answer.ts'
import { okCacheControl } from './cache-control.ts'
import { decide, type Decision, type Representation } from './conditional.ts'
import { diagnosticHeaders, judgementOf } from './diagnostics.ts'
import type { Exchange } from './exchange.ts'
import { contentDisposition, renamedTo } from './disposition.ts'
import { isStoryboard, tellOutcome } from './storyboard.ts'

/** On all media: never sniffed, never a document with powers, usable from any page. */
const MEDIA_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'timing-allow-origin': '*',
} as const

export type Respond = (outcome: Outcome, to: Exchange) => Promise<Answer>

/** What was said of a rendition the last time that this question was asked. */
interface Said extends Pick<RenditionOutcome, 'cache'> {
  readonly facts: StoredFacts
  readonly signed: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** Remembers headers, for as long as somebody holds the request: nothing in them is of the moment. */
export function createRespond(): Respond {
  const said = new WeakMap<MediaRequest, Said>()

  function headersOf(outcome: RenditionOutcome, it: Representation, to: Exchange): Record<string, string> {
    const { cache, grant } = outcome
    const { facts, type } = outcome.rendition
    const last = said.get(to.media)
    if (last?.facts === facts && last.cache === cache && last.signed === grant.signed)
      return { ...last.headers }
    const headers = sharedHeaders(outcome, it, to)
    headers['content-type'] = type
    if (grant.expiresAt === undefined)
      said.set(to.media, { facts, cache, signed: grant.signed, headers: { ...headers } })
    return headers
  }

  return async (outcome, to) =>
    outcome.kind === 'original'
      ? respondOriginal(outcome, to)
      : respondRendition(isStoryboard(outcome) ? await tellOutcome(outcome, to) : outcome, to, headersOf)
}

async function respondRendition(
  outcome: RenditionOutcome,
  to: Exchange,
  headersOf: (outcome: RenditionOutcome, it: Representation, to: Exchange) => Record<string, string>,
): Promise<Answer> {
  const { rendition } = outcome
  const it = { etag: rendition.etag, lastModified: rendition.facts.lastModified, size: rendition.size }
  const headers = headersOf(outcome, it, to)
  headers['age'] = String(Math.floor(outcome.ageMs / 1000))
  const decision = decide(to.request.method, to.request.headers, it)
  return answer(decision, it, headers, to, (span) => rendition.body(span))
}

async function respondOriginal(outcome: OriginalOutcome, to: Exchange): Promise<Answer> {
  const { original, etag } = outcome
  const { size, validator } = original
  const it: Representation = {
    etag,
    ...(size === undefined ? {} : { size }),
    ...(validator.lastModified === undefined ? {} : { lastModified: validator.lastModified }),
  }
  try {
    const headers = sharedHeaders(outcome, it, to)
    headers['content-type'] = outcome.type
    if (!outcome.isMedia) headers['content-disposition'] = attachment(to.media)
    const decision = decide(to.request.method, to.request.headers, it)
    const sends = to.request.method === 'GET' && (decision.status === 200 || decision.status === 206)
    if (!sends) await original.close()
    return await answer(decision, it, headers, to, async (span) => original.stream(span))
  } catch (error) {
    await original.close()
    throw error
  }
}

function sharedHeaders(outcome: Outcome, it: Representation, to: Exchange): Record<string, string> {
  const { policy } = outcome
  const headers: Record<string, string> = { ...MEDIA_HEADERS, etag: it.etag }
  if (it.size !== undefined) headers['accept-ranges'] = 'bytes'
  if (it.lastModified !== undefined) headers['last-modified'] = new Date(it.lastModified).toUTCString()
  headers['cache-control'] = cacheControl(outcome, to)
  const tags = [`origin:${policy.name}`, ...derivativeTag(to.media), ...policy.cacheTags]
  headers['cache-tag'] = tags.join(',')
  const asked = to.media.disposition
  const named = asked && outcome.kind === 'rendition' ? renamedTo(outcome.rendition.type, asked) : asked
  const disposition = named && contentDisposition(named)
  if (disposition !== undefined) headers['content-disposition'] = disposition
  for (const [name, value] of diagnosticHeaders(outcome, to)) headers[name] = value
  return headers
}

/** An original sent in place of a rendition holds only as long as an error would, and so does what nobody could judge. */
function cacheControl(outcome: Outcome, to: Exchange): string {
  const { policy, grant } = outcome
  const isShort =
    (outcome.kind === 'original' && outcome.passthrough) || judgementOf(outcome)?.state === 'unknown'
  const expires = grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt }
  const immutable = grant.signed && to.call.url.searchParams.has('v')
  const lifetime = { ...expires, immutable: immutable && !isShort, now: to.now / 1000 }
  const short = {
    ttl: { ...policy.ttl, ok: policy.ttl.serverError },
    cacheControl: {},
    staleWhileRevalidate: 0,
  }
  return okCacheControl(isShort ? short : policy, lifetime)
}

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

async function answer(
  decision: Decision,
  it: Representation,
  headers: Record<string, string>,
  to: Exchange,
  body: (span?: { start: number; end: number }) => Promise<Body>,
): Promise<Answer> {
  if (decision.status === 416) {
    throw new MediaError('RANGE_NOT_SATISFIABLE', undefined, { details: { size: it.size } })
  }
  if (decision.status === 304) {
    const { 'content-type': _, 'content-disposition': __, ...rest } = headers
    return { kind: 'answer', status: 304, headers: rest, body: null }
  }
  const length = decision.status === 206 ? decision.span.end - decision.span.start : it.size
  if (length !== undefined) {
    headers['content-length'] = String(length)
    to.call.event.bytes = length
  }
  if (decision.status === 206) {
    headers['content-range'] = `bytes ${decision.span.start}-${decision.span.end - 1}/${it.size}`
  }
  if (to.request.method === 'HEAD') return { kind: 'answer', status: 200, headers, body: null }
  const bytes = await body(decision.status === 206 ? decision.span : undefined)
  return { kind: 'answer', status: decision.status, headers, body: bytes }
}

/** What is no media is never shown, whatever was asked. */
function attachment({ disposition }: MediaRequest): string {
  return contentDisposition({ ...disposition, download: true }) ?? 'attachment'
}

function derivativeTag(media: MediaRequest): string[] {
  return media.derivative === undefined ? [] : [`derivative:${media.derivative}`]
}
