/**
 * The one way out: every outbound request of the service goes through `safeFetch`, which follows redirects by hand and
 * judges each hop anew. Where the runtime can pin, the connection goes to the address that was judged.
 */
import { isMediaError, limitError, MediaError } from '../error.ts'
import type { OutboundRules } from '../platform.ts'
import { createOutboundPolicy, type OutboundPolicyRules, type Reach } from './outbound-policy.ts'
import { createPatience, type Patience } from './patience.ts'
import { cancelQuietly, toStream } from './stream.ts'

export interface SafeFetchRules extends OutboundPolicyRules {
  readonly maxRedirects: number
  /** Milliseconds to find and reach an address. */
  readonly connectMs: number
  /** Milliseconds without a byte. */
  readonly idleMs: number
  /** Milliseconds of waiting, from the first hop on; renewed by each mebibyte of the body. */
  readonly totalMs: number
}

export interface SafeFetchOptions {
  readonly signal: AbortSignal
  readonly headers?: HeadersInit
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST'
  /** Of POST, which follows no redirect. */
  readonly body?: Uint8Array<ArrayBuffer>
  /** `host:port` as a configured source writes it: the first hop, if it goes there, may be private and on any port. */
  readonly trustedHost?: string | undefined
  /** True when the host came from a request: `allowHosts` must name it, `*` is not enough. */
  readonly mustBeNamed?: boolean
  /** Bytes of the body after decoding; more is SOURCE_TOO_LARGE. */
  readonly maxBytes?: number
}

/**
 * @returns the answer of the last hop, whatever its status, body decoded. The body fails with the same errors.
 * @throws INVALID_URL, ADDRESS_REFUSED (the first hop), SOURCE_FAILED, SOURCE_TIMEOUT, SOURCE_TOO_LARGE,
 * NOT_SUPPORTED_HERE, or the signal's reason
 */
export type SafeFetch = (url: string, options: SafeFetchOptions) => Promise<Response>

type Fetcher = (request: Request) => Promise<Response>

export interface SafeFetchDeps {
  readonly rules: SafeFetchRules
  /** Names this process in `Via` and `CDN-Loop`, by which a loop to ourselves is seen. */
  readonly instanceId: string
  /** Absent where connections cannot be pinned: then only trusted hosts and hosts that `allowHosts` names are fetched. */
  readonly createPinnedFetch?: ((rules: OutboundRules) => Fetcher) | undefined
}

interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body?: Uint8Array<ArrayBuffer> | undefined
  readonly reach: Reach
}

interface Call {
  readonly options: SafeFetchOptions
  readonly patience: Patience
  /** The caller's signal or the end of patience. */
  readonly signal: AbortSignal
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What may follow a redirect to another origin; everything else may be a credential. */
const HARMLESS = /^(?:accept(?:-.*)?|range|if-.*|user-agent)$/
/** Sent unless the caller says otherwise. Ranges and lengths mean the original only when it is not encoded. */
const USUAL = [
  ['accept', '*/*'],
  ['accept-encoding', 'identity'],
  ['user-agent', 'Mediamorph'],
] as const
const DECODED = new Set(['gzip', 'x-gzip', 'deflate', 'br'])
const TIMEOUTS = new Set(['CONNECT_TIMEOUT', 'IDLE_TIMEOUT', 'ETIMEDOUT'])

export function createSafeFetch({ rules, instanceId, createPinnedFetch }: SafeFetchDeps): SafeFetch {
  const policy = createOutboundPolicy(rules, createPinnedFetch !== undefined)
  const { connectMs, idleMs, totalMs } = rules
  const fetcherFor = (reach: Reach): Fetcher =>
    createPinnedFetch?.({ allowed: (ip) => policy.isAllowed(ip, reach), connectMs, idleMs, totalMs }) ??
    ((request) => fetch(request))
  const fetchers: Readonly<Record<Reach, Fetcher>> = {
    any: fetcherFor('any'),
    open: fetcherFor('open'),
    private: fetcherFor('private'),
  }

  function firstHop(text: string, { method = 'GET', body, headers, ...facts }: SafeFetchOptions): Hop {
    const url = toUrl(text)
    return { url, reach: policy.judge(url, facts), method, body, headers: new Headers(headers) }
  }

  /** The host of a request's choice must stay one that is named: a named host may lead anywhere. */
  function nextHop(hop: Hop, response: Response, { mustBeNamed }: SafeFetchOptions): Hop | undefined {
    const location = response.headers.get('location')
    if (!REDIRECTS.has(response.status) || location === null) return undefined
    if (hop.body) throw failed('it redirects what it is sent')
    const url = toUrl(location, hop.url)
    if (hop.url.protocol === 'https:' && url.protocol === 'http:')
      throw failed('it redirects from https to http')
    const reach = policy.judge(url, { mustBeNamed })
    const names = [...hop.headers.keys()].filter(
      (name) => url.origin !== hop.url.origin && !HARMLESS.test(name),
    )
    const headers = new Headers(hop.headers)
    for (const name of names) headers.delete(name)
    return { url, reach, method: hop.method, headers }
  }

  function send(hop: Hop, { patience, signal }: Call): Promise<Response> {
    const headers = new Headers(hop.headers)
    for (const [name, value] of USUAL) if (!headers.has(name)) headers.set(name, value)
    headers.append('via', `1.1 ${instanceId}`)
    headers.append('cdn-loop', instanceId)
    const { url, method, body = null } = hop
    if (body) headers.set('content-length', String(body.length))
    const request = new Request(url, { method, headers, body, signal, redirect: 'manual' })
    // A pinned fetch has finer clocks of its own.
    const longest = createPinnedFetch ? Infinity : connectMs + idleMs
    return patience.during(() => fetchers[hop.reach](request), longest)
  }

  async function follow(first: Hop, call: Call): Promise<Response> {
    let hop = first
    for (let redirects = 0; ; redirects++) {
      const response = await (redirects === 0 ? send(hop, call) : blamingSource(() => send(hop, call)))
      const next = await blamingSource(() => nextHop(hop, response, call.options)).catch((error: unknown) => {
        throw refuseBody(response.body, error)
      })
      if (!next) return response
      await cancelQuietly(response.body)
      if (redirects === rules.maxRedirects) throw failed('it redirects too often')
      hop = next
    }
  }

  return async function safeFetch(text, options) {
    options.signal.throwIfAborted()
    const first = firstHop(text, options)
    const patience = createPatience(totalMs)
    const call = { options, patience, signal: AbortSignal.any([options.signal, patience.signal]) }
    try {
      return toGuarded(await follow(first, call), call, idleMs)
    } catch (error) {
      throw toFailure(error, call)
    }
  }
}

/** The answer with a body that is counted and clocked. */
function toGuarded(response: Response, call: Call, idleMs: number): Response {
  const { status, body } = response
  const headers = new Headers(response.headers)
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (DECODED.has(encoding))
    for (const name of ['content-encoding', 'content-length', 'accept-ranges']) headers.delete(name)
  else if (encoding !== 'identity') throw refuseBody(body, failed('its encoding is unknown'))
  if (!body) return new Response(null, { status, headers })
  const { maxBytes = Infinity } = call.options
  const length = headers.get('content-length') ?? ''
  const exactly = /^\d{1,15}$/.test(length) ? Number(length) : undefined
  if (exactly !== undefined && exactly > maxBytes) throw refuseBody(body, tooLarge(exactly, maxBytes))
  const limits = { maxBytes, idleMs, exactly }
  return new Response(toCounted(body, call, limits), { status, headers })
}

interface BodyLimits {
  readonly maxBytes: number
  readonly idleMs: number
  /** What Content-Length says. */
  readonly exactly: number | undefined
}

function toCounted(
  body: ReadableStream<Uint8Array>,
  call: Call,
  { maxBytes, idleMs, exactly }: BodyLimits,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let size = 0
  async function next(): Promise<Uint8Array | undefined> {
    try {
      const { value } = await call.patience.during(() => reader.read(), idleMs)
      if (value === undefined) {
        // Not every runtime's fetch sees that a body ended early.
        if (exactly !== undefined && exactly !== size) throw failed('its body is not as long as declared')
        return undefined
      }
      size += value.length
      call.patience.received(value.length)
      if (size > maxBytes) throw tooLarge(size, maxBytes)
      return value
    } catch (error) {
      void cancelQuietly(reader, error)
      throw toFailure(error, call)
    }
  }
  return toStream(next, (reason) => reader.cancel(reason))
}

function toFailure(error: unknown, { options, patience }: Call): unknown {
  if (options.signal.aborted) return options.signal.reason
  if (patience.signal.aborted) return patience.signal.reason
  if (isMediaError(error)) return error
  const code = codeOf(error)
  if (code === 'ADDRESS_DENIED') return new MediaError('ADDRESS_REFUSED', undefined, { cause: error })
  if (TIMEOUTS.has(code)) return new MediaError('SOURCE_TIMEOUT', undefined, { cause: error })
  return failed('the connection failed', error)
}

function toUrl(text: string, base?: URL): URL {
  try {
    return new URL(text, base)
  } catch (cause) {
    throw new MediaError('INVALID_URL', undefined, { cause })
  }
}

/** A hop after the first that is refused is the source's fault, not the client's. */
async function blamingSource<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isRefusal = isMediaError(error)
      ? error.code !== 'SOURCE_TIMEOUT'
      : codeOf(error) === 'ADDRESS_DENIED'
    throw isRefusal ? failed('its redirect is refused', error) : error
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code)
}

function refuseBody(body: ReadableStream<Uint8Array> | null, error: unknown): unknown {
  void cancelQuietly(body, error)
  return error
}

function tooLarge(size: number, maxBytes: number): MediaError {
  return limitError('sourceBytes', size, maxBytes, 'SOURCE_TOO_LARGE')
}

function failed(reason: string, cause?: unknown): MediaError {
  return new MediaError('SOURCE_FAILED', `Fetching the original: ${reason}`, { cause })
}
