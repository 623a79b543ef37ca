/**
 * One outbound request whose connection goes to an address that was judged: Node, Bun and Deno alike.
 *
 * The name is resolved once, every address is judged, and `node:http(s)` is told to connect to one of them as a literal:
 * no second look-up can answer otherwise. TLS still speaks to the name. The agents are our own, because a pooled socket
 * that other code opened was never judged, and proxies of the environment are off, because a proxy would resolve anew.
 */
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import type { Platform } from '../../src/index.ts'
import { bodyOf, isEmptyAnswer } from './pinned-body.ts'
import { PinnedFetchError, type PinnedFetchCode } from './pinned-error.ts'

export interface PinnedFetchOptions {
  /** Every address of a host, as IP literals. Default: the system's resolver. */
  resolve?(host: string): Promise<readonly string[]>
  /** Certificate authority in PEM, in place of the system's. */
  readonly ca?: string
}

type OutboundRules = Parameters<NonNullable<Platform['createPinnedFetch']>>[0]

/** No connection came to be, so another address may be tried; anything later must not be repeated. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'CONNECT_TIMEOUT',
  'ConnectionRefused',
])

/** How a connection that was closed at the other end fails. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'ConnectionClosed'])

interface Attempt {
  readonly request: Request
  readonly url: URL
  readonly address: string
  readonly rules: OutboundRules
  readonly agents: { readonly pool: http.Agent; readonly once: http.Agent }
  readonly ca?: string
}

/**
 * @returns a fetch that follows no redirect and decodes gzip, deflate and br. It rejects with a `PinnedFetchError`, the
 * signal's reason or a system error; so does the body while it is read.
 */
export function createPinnedFetch(
  rules: OutboundRules,
  { resolve = resolveAll, ca }: PinnedFetchOptions = {},
): (request: Request) => Promise<Response> {
  // `proxyEnv` is younger than the type declarations.
  const pool = { keepAlive: true, maxSockets: 64, proxyEnv: {} } as http.AgentOptions
  const once = { keepAlive: false, proxyEnv: {} } as http.AgentOptions
  const plain = { pool: new http.Agent(pool), once: new http.Agent(once) }
  const tls = { pool: new https.Agent(pool), once: new https.Agent(once) }

  return async function fetchPinned(request) {
    const url = new URL(request.url)
    const agents = url.protocol === 'https:' ? tls : plain
    const addresses = await judgeAll(url, request.signal, rules, resolve)
    let last: unknown
    for (const address of addresses) {
      try {
        const attempt = { request, url, address, rules, agents, ...(ca !== undefined && { ca }) }
        const message = await sendFresh(attempt)
        return orDestroyed(message, () => toResponse(message, request, rules.idleMs))
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason
        if (request.body || !UNREACHED.has(codeOf(error))) throw error
        last = error
      }
    }
    throw last
  }
}

/** Every address of the host, all of them allowed: one that is not may be what the next look-up answers. */
async function judgeAll(
  url: URL,
  signal: AbortSignal,
  rules: OutboundRules,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  const all = isIP(host) ? [host] : await withClock(resolve(host), rules.connectMs, signal)
  if (all.length === 0) throw new PinnedFetchError('NAME_UNKNOWN', `${host} has no address`)
  const denied = all.find((address) => !isIP(address) || !rules.allowed(address))
  if (denied !== undefined) throw new PinnedFetchError('ADDRESS_DENIED', `${host} is ${denied}`)
  return all
}

async function resolveAll(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address)
  } catch (cause) {
    throw new PinnedFetchError('NAME_UNKNOWN', `${host} cannot be resolved`, cause)
  }
}

/** A look-up cannot be cancelled, only no longer waited for. */
async function withClock<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const silence = new Promise<never>((_, fail) => {
    const onAbort = () => fail(signal.reason)
    const late = () => fail(new PinnedFetchError('CONNECT_TIMEOUT', `the look-up took over ${ms} ms`))
    const clock = setTimeout(late, ms)
    signal.addEventListener('abort', onAbort, { once: true })
    stop = () => {
      clearTimeout(clock)
      signal.removeEventListener('abort', onAbort)
    }
  })
  try {
    return await Promise.race([work, silence])
  } finally {
    stop?.()
  }
}

/** A pooled connection that its server closed meanwhile says nothing about the server: asked once more on a new one. */
async function sendFresh(attempt: Attempt): Promise<http.IncomingMessage> {
  const { request, agents } = attempt
  let isStale = false
  try {
    return await send(attempt, agents.pool, (wasUsed) => (isStale = wasUsed))
  } catch (error) {
    if (!isStale || request.body || request.signal.aborted || !CLOSED.has(codeOf(error))) throw error
    return send(attempt, agents.once)
  }
}

/** Resolves when the headers are there. */
function send(
  { request, url, address, rules, ca }: Attempt,
  agent: http.Agent,
  onError: (wasUsed: boolean) => void = () => {},
): Promise<http.IncomingMessage> {
  const isTls = url.protocol === 'https:'
  const name = url.hostname.replace(/\.$/, '')
  return new Promise((done, fail) => {
    const message = (isTls ? https : http).request({
      host: address,
      family: isIP(address),
      port: url.port || (isTls ? 443 : 80),
      path: url.pathname + url.search,
      method: request.method,
      headers: { 'accept-encoding': 'identity', ...Object.fromEntries(request.headers), host: url.host },
      agent,
      signal: request.signal,
      ...(ca !== undefined && { ca }),
      ...(isTls && !isIP(name) && !name.startsWith('[') && { servername: name }),
    })
    const stopClocks = clockRequest(message, isTls, rules)
    // Stays for good: a request may fail once more after its answer.
    message.on('error', (error) => (stopClocks(), onError(message.reusedSocket), fail(error)))
    message.once('response', (response) => (stopClocks(), done(response)))
    // An informational answer that switches protocols is nothing we asked for.
    message.once(
      'upgrade',
      (_, socket) => (socket.destroy(), fail(new Error('the source switched protocols'))),
    )
    if (request.body)
      Readable.fromWeb(request.body as never)
        .on('error', (e) => message.destroy(e))
        .pipe(message)
    else message.end()
  })
}

/** One clock until the connection stands (TLS included), then one until the headers are there. */
function clockRequest(message: http.ClientRequest, isTls: boolean, rules: OutboundRules): () => void {
  const start = (code: PinnedFetchCode, ms: number, what: string) =>
    setTimeout(() => message.destroy(new PinnedFetchError(code, `${what} in ${ms} ms`)), ms)
  let clock = start('CONNECT_TIMEOUT', rules.connectMs, 'no connection')
  const onConnect = () => {
    clearTimeout(clock)
    clock = start('IDLE_TIMEOUT', rules.idleMs, 'no answer')
  }
  message.once('socket', (socket) => {
    if (socket.connecting) socket.once(isTls ? 'secureConnect' : 'connect', onConnect)
    else onConnect()
  })
  return () => clearTimeout(clock)
}

/** What is made of an answer, or its connection ends: nobody would read on, and no clock runs. */
function orDestroyed<T>(message: http.IncomingMessage, work: () => T): T {
  try {
    return work()
  } catch (error) {
    message.destroy()
    throw error
  }
}

/** @throws RangeError for a status that HTTP does not have */
function toResponse(message: http.IncomingMessage, request: Request, idleMs: number): Response {
  const headers = new Headers()
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] ?? '', message.rawHeaders[i + 1] ?? '')
  const status = message.statusCode ?? 0
  if (isEmptyAnswer(request.method, status)) {
    // A body that may not be there might never end.
    if (status === 205) message.destroy()
    else message.resume()
    return new Response(null, { status, headers })
  }
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  const body = bodyOf(message, { encoding, idleMs, signal: request.signal })
  if (encoding !== 'identity') for (const name of ['content-encoding', 'content-length']) headers.delete(name)
  return new Response(body, { status, headers })
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
}
