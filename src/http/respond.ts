/** Turns an outcome of the line into a Response: conditions, ranges, and every header of the contract. */
import { MediaError } from '../error.ts'
import type { MediaRequest } from '../request/request.ts'
import type { Outcome, RenditionOutcome } from '../serve.ts'
import type { OriginalOutcome } from '../serve-original.ts'
import { okCacheControl } from './cache-control.ts'
import { decide, type Decision, type Representation } from './conditional.ts'
import { diagnosticHeaders } from './diagnostics.ts'
import type { Exchange } from './exchange.ts'
import { contentDisposition, renamedTo } from './disposition.ts'

/** On all media: never sniffed, never a document with powers, usable from any page. */
const MEDIA_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'timing-allow-origin': '*',
} as const

export async function respond(outcome: Outcome, to: Exchange): Promise<Response> {
  return outcome.kind === 'original' ? respondOriginal(outcome, to) : respondRendition(outcome, to)
}

async function respondRendition(outcome: RenditionOutcome, to: Exchange): Promise<Response> {
  const { rendition } = outcome
  const it = { etag: rendition.etag, lastModified: rendition.facts.lastModified, size: rendition.size }
  const headers = sharedHeaders(outcome, it, to)
  headers.set('content-type', rendition.type)
  headers.set('age', String(Math.floor(outcome.ageMs / 1000)))
  const decision = decide(to.request.method, to.request.headers, it)
  return answer(decision, it, headers, to, (span) => rendition.body(span))
}

async function respondOriginal(outcome: OriginalOutcome, to: Exchange): Promise<Response> {
  const { original, etag } = outcome
  const { size, validator } = original
  const it: Representation = {
    etag,
    ...(size === undefined ? {} : { size }),
    ...(validator.lastModified === undefined ? {} : { lastModified: validator.lastModified }),
  }
  try {
    const headers = sharedHeaders(outcome, it, to)
    headers.set('content-type', outcome.type)
    if (!outcome.isMedia) headers.set('content-disposition', attachment(to.media))
    const decision = decide(to.request.method, to.request.headers, it)
    const sends = to.request.method === 'GET' && (decision.status === 200 || decision.status === 206)
    if (!sends) await original.close()
    return await answer(decision, it, headers, to, async (span) => original.stream(span))
  } catch (error) {
    await original.close()
    throw error
  }
}

function sharedHeaders(outcome: Outcome, it: Representation, to: Exchange): Headers {
  const { policy } = outcome
  const headers = new Headers({ ...MEDIA_HEADERS, etag: it.etag })
  if (it.size !== undefined) headers.set('accept-ranges', 'bytes')
  if (it.lastModified !== undefined) headers.set('last-modified', new Date(it.lastModified).toUTCString())
  headers.set('cache-control', cacheControl(outcome, to))
  headers.set(
    'cache-tag',
    [`origin:${policy.name}`, ...derivativeTag(to.media), ...policy.cacheTags].join(','),
  )
  const asked = to.media.disposition
  const named = asked && outcome.kind === 'rendition' ? renamedTo(outcome.rendition.type, asked) : asked
  const disposition = named && contentDisposition(named)
  if (disposition !== undefined) headers.set('content-disposition', disposition)
  for (const [name, value] of diagnosticHeaders(outcome, to)) headers.set(name, value)
  return headers
}

/** An original sent in place of a rendition holds only as long as an error would. */
function cacheControl(outcome: Outcome, to: Exchange): string {
  const { policy, grant } = outcome
  const isPassthrough = outcome.kind === 'original' && outcome.passthrough
  const expires = grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt }
  const immutable = grant.signed && to.call.url.searchParams.has('v')
  const lifetime = { ...expires, immutable: immutable && !isPassthrough, now: to.now / 1000 }
  const short = {
    ttl: { ...policy.ttl, ok: policy.ttl.serverError },
    cacheControl: {},
    staleWhileRevalidate: 0,
  }
  return okCacheControl(isPassthrough ? short : policy, lifetime)
}

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

async function answer(
  decision: Decision,
  it: Representation,
  headers: Headers,
  to: Exchange,
  body: (span?: { start: number; end: number }) => Promise<Body>,
): Promise<Response> {
  if (decision.status === 416) {
    throw new MediaError('RANGE_NOT_SATISFIABLE', undefined, { details: { size: it.size } })
  }
  if (decision.status === 304) {
    for (const name of ['content-type', 'content-disposition']) headers.delete(name)
    return new Response(null, { status: 304, headers })
  }
  const length = decision.status === 206 ? decision.span.end - decision.span.start : it.size
  if (length !== undefined) {
    headers.set('content-length', String(length))
    to.call.event.bytes = length
  }
  if (decision.status === 206) {
    headers.set('content-range', `bytes ${decision.span.start}-${decision.span.end - 1}/${it.size}`)
  }
  if (to.request.method === 'HEAD') return new Response(null, { status: 200, headers })
  const bytes = await body(decision.status === 206 ? decision.span : undefined)
  return new Response(bytes, { status: decision.status, headers })
}

/** What is no media is never shown, whatever was asked. */
function attachment({ disposition }: MediaRequest): string {
  return contentDisposition({ ...disposition, download: true }) ?? 'attachment'
}

function derivativeTag(media: MediaRequest): string[] {
  return media.derivative === undefined ? [] : [`derivative:${media.derivative}`]
}
