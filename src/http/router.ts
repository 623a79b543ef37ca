/** Step 9: every way in. Reserved paths first, then media; whatever is thrown ends in `problem.ts`. */
import { Hono } from 'hono'
import { hasBearer } from '../access/bearer.ts'
import { MediaError } from '../error.ts'
import type { FetchContext } from '../platform.ts'
import type { Call, OriginPolicy } from '../context.ts'
import { createEvent, serverTiming, type RequestEvent } from '../observe/event.ts'
import { checkReadiness, type Dependency } from '../observe/health.ts'
import { logRequest } from '../observe/log.ts'
import { serve } from '../serve.ts'
import { isNegative } from '../serve-remember.ts'
import { mayBeMedia } from '../request/match.ts'
import { EXTERNAL } from '../request/address.ts'
import { parseRequest, type MediaRequest, type RequestRules } from '../request/request.ts'
import { errorCacheControl } from './cache-control.ts'
import { addCors, preflight, type CorsRules } from './cors.ts'
import { demoAsset, demoHome } from './demo/routes.ts'
import { diagnose } from './debug-view.ts'
import { requestHeaders } from './diagnostics.ts'
import { answerInternal, internalRoute, type InternalOptions } from './internal/routes.ts'
import { hasPassed, traceIdOf } from './identity.ts'
import { isReported, problemResponse, toMediaError } from './problem.ts'
import { respond } from './respond.ts'
import { theirStatus } from './their-status.ts'

export interface RouterOptions extends InternalOptions {
  readonly rules: RequestRules
  readonly cors: CorsRules
  readonly dependencies: readonly Dependency[]
  readonly instanceId: string
  readonly urlBytes: number
  readonly compat: { readonly headers: readonly string[]; readonly statuses: readonly string[] }
  readonly debugPublic: boolean
  /** Opens `debug` and, later, the admin pages. */
  readonly adminToken: string | undefined
  /** Serves the sample page at `/`: only without a configuration. */
  readonly isDemo: boolean
  /** 128 random bits as a UUID. */
  newId(): string
}

export interface Router {
  fetch(request: Request, context?: FetchContext): Promise<Response>
}

interface Visit {
  readonly request: Request
  readonly url: URL
  readonly call: Call
}
type Handler = (visit: Visit) => Promise<Response> | Response

export function createRouter(options: RouterOptions): Router {
  const routes = createRoutes(options)
  const { services, instanceId, cors, urlBytes } = options

  async function answer(visit: Visit): Promise<Response> {
    if (hasPassed(visit.request.headers, instanceId)) throw new MediaError('REQUEST_LOOP')
    if (visit.request.url.length > urlBytes) {
      throw new MediaError('URL_TOO_LONG', undefined, {
        details: { limit: 'urlBytes', value: visit.request.url.length, maximum: urlBytes },
      })
    }
    const { isStatic = false } = options.rules
    const internal = isStatic ? undefined : internalRoute(visit.url.pathname, options)
    if (internal) return answerInternal(internal, insideOf(visit), options)
    if (visit.request.method === 'OPTIONS') return preflight(cors, visit.request)
    if (visit.request.method !== 'GET' && visit.request.method !== 'HEAD') {
      // Reserved paths that have no route do not exist, whatever the method.
      if (!isStatic && !mayBeMedia(visit.url.pathname, options.rules)) unknown()
      throw new MediaError('METHOD_NOT_ALLOWED')
    }
    return routes(visit)
  }

  return {
    async fetch(request, context = {}) {
      const visit = enter(request, context, options)
      const { event } = visit.call
      let response: Response
      let report = false
      try {
        response = await answer(visit)
      } catch (thrown) {
        const error = toMediaError(thrown, request.signal)
        report = isReported(error)
        noteError(event, error)
        response = problemResponse(error, event.requestId, 'no-store')
      }
      event.status = response.status
      const finishedAt = services.now()
      const final = withCommonHeaders(response, visit, finishedAt, options)
      logRequest(services.logger, event, finishedAt, report)
      return final
    },
  }
}

function enter(request: Request, context: FetchContext, { services, newId }: RouterOptions): Visit {
  const url = new URL(request.url)
  const requestId = newId()
  const event = createEvent({
    requestId,
    traceId: traceIdOf(request.headers, requestId),
    method: request.method,
    path: url.pathname.slice(0, 512),
    now: services.now(),
    ...(context.clientAddress === undefined ? {} : { clientAddress: context.clientAddress }),
  })
  const waitUntil = (work: Promise<unknown>) => context.waitUntil?.(work)
  return { request, url, call: { url, signal: request.signal, event, waitUntil } }
}

function insideOf({ request, call: { event } }: Visit) {
  const { requestId } = event
  return { request, requestId, note: (error: MediaError) => noteError(event, error) }
}

function noteError(event: RequestEvent, error: MediaError): void {
  event.errorCode = error.code
  if (error.cause instanceof Error) event.cause = error.cause.stack ?? error.cause.message
  else if (error.cause !== undefined) event.cause = String(error.cause)
}

/** Headers that are on every answer, errors and health included. */
function withCommonHeaders(
  response: Response,
  visit: Visit,
  finishedAt: number,
  options: RouterOptions,
): Response {
  const { event } = visit.call
  const headers = new Headers(response.headers)
  addCors(headers, options.cors, visit.request.headers.get('origin'))
  headers.append('via', `1.1 ${options.instanceId}`)
  headers.set('x-request-id', event.requestId)
  headers.set('x-trace-id', event.traceId)
  headers.set('x-processing-time-ms', (finishedAt - event.startedAt).toFixed(1))
  const timing = serverTiming(event)
  if (timing !== '') headers.set('server-timing', timing)
  return new Response(response.body, { status: response.status, headers })
}

function createRoutes(options: RouterOptions): Handler {
  const app = new Hono<{ Bindings: { visit: Visit } }>()
  const route = (path: string, handler: Handler) => app.get(path, (c) => handler(c.env.visit))
  const media: Handler = (visit) =>
    options.rules.isStatic || mayBeMedia(visit.url.pathname, options.rules)
      ? serveMedia(visit, options)
      : unknown()

  for (const path of ['/healthz', '/_health']) route(path, () => Response.json({ status: 'ok' }, noStore))
  route('/readyz', async () => {
    const readiness = await checkReadiness(options.dependencies, READY_MS)
    return Response.json(readiness, { status: readiness.ready ? 200 : 503, ...noStore })
  })
  if (options.isDemo) {
    route('/', () => demoHome())
    route('/demo', () => demoHome())
    route('/demo/_assets/:name', ({ url }) => demoAsset(url.pathname))
  }
  route('*', media)
  app.onError((error) => {
    throw error
  })
  return (visit) => app.fetch(visit.request, { visit })
}

const READY_MS = 2000
const noStore = { headers: { 'cache-control': 'no-store' } }

function unknown(): never {
  throw new MediaError('NO_MATCHING_ORIGIN')
}

async function serveMedia(visit: Visit, options: RouterOptions): Promise<Response> {
  const { request, url, call } = visit
  const { services } = options
  let media: MediaRequest | undefined
  try {
    media = parseRequest({ method: request.method, url, headers: request.headers }, options.rules)
    call.event.origin = media.origin
    if (media.derivative !== undefined) call.event.derivative = media.derivative
    if (media.debug === 'view') return await view(media, visit, options)
    const outcome = await serve(media, call, services)
    noteOutcome(call.event, outcome)
    return await respond(outcome, {
      request,
      media,
      call,
      now: services.now(),
      compatHeaders: options.compat.headers,
    })
  } catch (thrown) {
    return mediaProblem(thrown, visit, media, options)
  }
}

async function view(media: MediaRequest, visit: Visit, options: RouterOptions): Promise<Response> {
  const mayLook = options.debugPublic || (await hasBearer(visit.request.headers, options.adminToken))
  if (!mayLook) throw new MediaError('UNAUTHORIZED', 'Diagnostics need the admin token')
  return diagnose(media, visit.call, options.services)
}

function noteOutcome(event: RequestEvent, outcome: Awaited<ReturnType<typeof serve>>): void {
  if (outcome.kind === 'original') {
    event.cache = 'BYPASS'
    return
  }
  const { facts } = outcome.rendition
  event.cache = outcome.cache
  event.engine = facts.engine
  event.sourceType = facts.sourceType
  if (facts.width !== undefined) event.width = facts.width
  if (facts.height !== undefined) event.height = facts.height
}

/** An error about media: its own lifetime, and the headers the request alone decides. */
function mediaProblem(
  thrown: unknown,
  visit: Visit,
  media: MediaRequest | undefined,
  options: RouterOptions,
): Response {
  const error = toMediaError(thrown, visit.request.signal)
  if (isReported(error)) throw error
  noteError(visit.call.event, error)
  const policy: OriginPolicy | undefined = media && options.services.policies.get(media.origin)
  // What is not granted must not tell where an original lies, nor send anyone to a host of the asker's choice.
  const isGranted = error.status !== 401 && error.status !== 403
  if (media?.onError === 'redirect' && isGranted && !media.fault) return redirectToOriginal(media, options)
  const now = options.services.now() / 1000
  const lifetime = { now, ...(media?.asked.exp === undefined ? {} : { expiresAt: Number(media.asked.exp) }) }
  const response = problemResponse(
    error,
    visit.call.event.requestId,
    errorCacheControl(error.status, isNegative(error.code), policy, lifetime),
    media && theirStatus(error, media, options.compat.statuses),
  )
  for (const [name, value] of media ? requestHeaders(media) : [])
    if (value !== undefined) response.headers.set(name, value)
  return response
}

/** `onerror=redirect` of the Cloudflare grammar: the client gets the original from where it lies. */
function redirectToOriginal(media: MediaRequest, { rules }: RouterOptions): Response {
  const isElsewhere = media.origin === EXTERNAL
  const location = isElsewhere ? media.path : (rules.publicUrl ?? '') + encodeURI(media.path)
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}
