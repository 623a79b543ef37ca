/** Step 9: every way in. Reserved paths first, then media; whatever is thrown ends in `problem.ts`. */
import { Hono } from 'hono'
import { hasBearer } from '../access/bearer.ts'
import { MediaError } from '../error.ts'
import type { FetchContext } from '../platform.ts'
import type { Call, OriginPolicy, Services } from '../context.ts'
import { createEvent, serverTiming } from '../observe/event.ts'
import { checkReadiness, type Dependency } from '../observe/health.ts'
import { logRequest } from '../observe/log.ts'
import { serve } from '../serve.ts'
import { isNegative } from '../serve-remember.ts'
import { isReserved } from '../request/match.ts'
import { createParser } from '../request/remembered.ts'
import type { MediaRequest, RequestInput, RequestRules } from '../request/request.ts'
import { finish, type Reply } from './answer.ts'
import { errorCacheControl } from './cache-control.ts'
import { corsHeaders, preflight, type CorsRules } from './cors.ts'
import { demoAsset, demoHome } from './demo/routes.ts'
import { diagnose } from './debug-view.ts'
import { requestHeaders } from './diagnostics.ts'
import { hasPassed, traceIdOf } from './identity.ts'
import { isReported, problemResponse, toMediaError } from './problem.ts'
import { noteError, noteOutcome } from './note.ts'
import { createRespond, type Respond } from './respond.ts'

export interface RouterOptions {
  readonly services: Services
  readonly rules: RequestRules
  readonly cors: CorsRules
  readonly dependencies: readonly Dependency[]
  readonly instanceId: string
  readonly urlBytes: number
  readonly compatHeaders: readonly string[]
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
type MediaHandler = (visit: Visit) => Promise<Reply>

export function createRouter(options: RouterOptions): Router {
  const routes = createRoutes(options)
  const { services, instanceId, cors, urlBytes } = options

  async function answer(visit: Visit): Promise<Reply> {
    if (hasPassed(visit.request.headers, instanceId)) throw new MediaError('REQUEST_LOOP')
    if (visit.request.url.length > urlBytes) {
      throw new MediaError('URL_TOO_LONG', undefined, {
        details: { limit: 'urlBytes', value: visit.request.url.length, maximum: urlBytes },
      })
    }
    if (visit.request.method === 'OPTIONS') return preflight(cors, visit.request)
    if (visit.request.method !== 'GET' && visit.request.method !== 'HEAD')
      throw new MediaError('METHOD_NOT_ALLOWED')
    return routes(visit)
  }

  return {
    async fetch(request, context = {}) {
      const visit = enter(request, context, options)
      const { event } = visit.call
      let reply: Reply
      let report = false
      try {
        reply = await answer(visit)
      } catch (thrown) {
        const error = toMediaError(thrown, request.signal)
        report = isReported(error)
        noteError(event, error)
        reply = problemResponse(error, event.requestId, 'no-store')
      }
      event.status = reply.status
      const finishedAt = services.now()
      const final = withCommonHeaders(reply, visit, finishedAt, options)
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
  // Runtimes make the signal when it is first asked for, which what is stored already never does.
  const call: Call = {
    url,
    event,
    waitUntil,
    get signal() {
      return request.signal
    },
  }
  return { request, url, call }
}

/** Headers that are on every answer, errors and health included. */
function withCommonHeaders(
  reply: Reply,
  { request, call: { event } }: Visit,
  finishedAt: number,
  { cors, instanceId }: RouterOptions,
): Response {
  const { headers, vary } = corsHeaders(cors, request.headers.get('origin'))
  const timing = serverTiming(event)
  const common = {
    ...headers,
    via: `1.1 ${instanceId}`,
    'x-request-id': event.requestId,
    'x-trace-id': event.traceId,
    'x-processing-time-ms': (finishedAt - event.startedAt).toFixed(1),
    ...(timing === '' ? {} : { 'server-timing': timing }),
  }
  return finish(reply, common, vary)
}

/** Beside paths of originals, these have a route. */
const ROUTED = new Set(['', 'healthz', '_health', 'readyz', 'demo'])

/** No route can be meant: most requests need not be matched against them. */
function isPlainMedia(pathname: string): boolean {
  return !pathname.includes('%') && !ROUTED.has(pathname.split('/', 2)[1] ?? '')
}

function createRoutes(options: RouterOptions): MediaHandler {
  const app = new Hono<{ Bindings: { visit: Visit } }>()
  const route = (path: string, handler: Handler) => app.get(path, (c) => handler(c.env.visit))
  const steps: Steps = { parse: createParser(options.rules), respond: createRespond() }
  const media: MediaHandler = async (visit) =>
    isReserved(visit.url.pathname) ? unknown() : serveMedia(visit, steps, options)

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
  route('*', async (visit) => finish(await media(visit), {}, undefined))
  app.onError((error) => {
    throw error
  })
  return async (visit) =>
    isPlainMedia(visit.url.pathname) ? media(visit) : app.fetch(visit.request, { visit })
}

const READY_MS = 2000
const noStore = { headers: { 'cache-control': 'no-store' } }

function unknown(): never {
  throw new MediaError('NO_MATCHING_ORIGIN')
}

/** Steps that remember what they did for the same question. */
interface Steps {
  parse(input: RequestInput): MediaRequest
  readonly respond: Respond
}

async function serveMedia(visit: Visit, { parse, respond }: Steps, options: RouterOptions): Promise<Reply> {
  const { request, url, call } = visit
  const { services } = options
  let media: MediaRequest | undefined
  try {
    media = parse({ method: request.method, url, headers: request.headers })
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
      compatHeaders: options.compatHeaders,
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
  if (media?.onError === 'redirect' && error.status !== 403) return redirectToOriginal(media, options)
  const response = problemResponse(
    error,
    visit.call.event.requestId,
    errorCacheControl(error.status, isNegative(error.code), policy),
  )
  for (const [name, value] of media ? requestHeaders(media) : [])
    if (value !== undefined) response.headers.set(name, value)
  return response
}

/** `onerror=redirect` of the Cloudflare grammar: the client gets the original from where it lies. */
function redirectToOriginal(media: MediaRequest, { rules }: RouterOptions): Response {
  const location = (rules.publicUrl ?? '') + encodeURI(media.path)
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}
