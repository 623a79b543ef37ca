/** Step 9: every way in. Reserved paths first, then media; whatever is thrown ends in `problem.ts`. */
import { Hono } from 'hono'
import type { Caller, CallerFacts } from '../access/caller.ts'
import { MediaError } from '../error.ts'
import type { FetchContext } from '../platform.ts'
import { checkReadiness, type Dependency } from '../observe/health.ts'
import { logRequest } from '../observe/log.ts'
import { serve } from '../serve.ts'
import { mayBeMedia } from '../request/match.ts'
import { createParser } from '../request/remembered.ts'
import type { MediaRequest, RequestInput, RequestRules } from '../request/request.ts'
import { finish, type Reply } from './answer.ts'
import { isAdminPath, withCommonHeaders } from './common-headers.ts'
import { preflight, type CorsRules } from './cors.ts'
import { demoAsset, demoHome } from './demo/routes.ts'
import { diagnose } from './debug-view.ts'
import { checkEntrance, HEALTH, limited, takeOne, type EntranceRules } from './entrance.ts'
import { answerInternal, internalRoute, type InternalOptions } from './internal/routes.ts'
import { jobRoutes, type JobRouteOptions } from './jobs/routes.ts'
import { queuedResponse } from './jobs/view.ts'
import { isReported, problemResponse, toMediaError } from './problem.ts'
import { mediaProblem } from './media-problem.ts'
import { answerMetrics, METRICS_PATH, type MetricsOptions } from './metrics.ts'
import { noteError, noteOutcome } from './note.ts'
import { createRespond, type Respond } from './respond.ts'
import { refuseSessionMethod, SESSION_PATH, sessionRoutes, type SessionRouteOptions } from './session.ts'
import { enter, type Handler, type Visit } from './visit.ts'

export interface RouterOptions
  extends EntranceRules, SessionRouteOptions, InternalOptions, JobRouteOptions, MetricsOptions {
  /** Whose request it is. */
  callerOf(facts: CallerFacts): Caller
  /** Lets what is fetched for the edge gate be renewed. */
  keepFresh(waitUntil: (work: Promise<unknown>) => void): void
  readonly cors: CorsRules
  dependencies(): readonly Dependency[]
  readonly compat: { readonly headers: readonly string[]; readonly statuses: readonly string[] }
  readonly debugPublic: boolean
  /** Nothing but health and metrics is served. */
  readonly isWorker: boolean
  /** Serves the sample page at `/`: only without a configuration. */
  readonly isDemo: boolean
  /** 128 random bits as a UUID. */
  newId(): string
}

export interface Router {
  fetch(request: Request, context?: FetchContext): Promise<Response>
}

const forWorkers: ReadonlySet<string> = new Set([...HEALTH, METRICS_PATH])

type MediaHandler = (visit: Visit) => Promise<Reply>

export function createRouter(options: RouterOptions): Router {
  const routes = createRoutes(options)
  const { services, cors } = options

  async function answer(visit: Visit, caller: Caller): Promise<Reply> {
    checkEntrance(visit.request, visit.url, caller, options)
    if (options.isWorker && !forWorkers.has(visit.url.pathname)) unknown()
    const internal = options.rules.isStatic ? undefined : internalRoute(visit.url.pathname, options)
    if (internal) return answerInternal(internal, insideOf(visit), options)
    if (visit.request.method === 'OPTIONS')
      return isAdminPath(visit.url.pathname)
        ? new Response(null, { status: 204 })
        : preflight(cors, visit.request)
    return routes(visit)
  }

  return {
    async fetch(request, context = {}) {
      const caller = options.callerOf({
        peer: context.clientAddress,
        headers: request.headers,
        isAtEdge: context.isAtCloudflare ?? false,
      })
      const visit = enter(request, context, caller.address, { now: services.now(), newId: options.newId })
      options.keepFresh(visit.call.waitUntil)
      const { event } = visit.call
      let reply: Reply
      let report = false
      try {
        reply = await answer(visit, caller)
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
      // Nobody else can read them.
      if (options.metricsToken !== undefined) options.metrics.request(event, finishedAt)
      return final
    },
  }
}

function insideOf({ request, call: { event } }: Visit) {
  const { requestId } = event
  return { request, requestId, note: (error: MediaError) => noteError(event, error) }
}

/** Beside paths of originals, these have a route. */
const ROUTED = new Set(['', 'healthz', '_health', 'readyz', 'metrics', 'demo', 'admin', 'api', 'sse'])

/** No route can be meant: most requests need not be matched against them. */
function isPlainMedia({ request: { method }, url: { pathname } }: Visit): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  return isRead && !pathname.includes('%') && !ROUTED.has(pathname.split('/', 2)[1] ?? '')
}

function createRoutes(options: RouterOptions): MediaHandler {
  const app = new Hono<{ Bindings: { visit: Visit } }>({ getPath })
  const route = (path: string, handler: Handler) => app.get(path, (c) => handler(c.env.visit))
  const steps: Steps = { parse: createParser(options.rules), respond: createRespond() }
  const media = limited<Reply>('media', options.limiter, async (visit) =>
    options.rules.isStatic || mayBeMedia(visit.url.pathname, options.rules)
      ? serveMedia(visit, steps, options)
      : unknown(),
  )

  for (const path of ['/healthz', '/_health']) route(path, () => Response.json({ status: 'ok' }, noStore))
  route('/readyz', async () => {
    const readiness = await checkReadiness(options.dependencies(), READY_MS)
    return Response.json(readiness, { status: readiness.ready ? 200 : 503, ...noStore })
  })
  if (options.metricsToken !== undefined) route(METRICS_PATH, (visit) => answerMetrics(visit, options))
  if (options.isDemo) {
    route('/', () => demoHome())
    route('/demo', () => demoHome())
    route('/demo/_assets/:name', ({ url }) => demoAsset(url.pathname))
  }
  if (options.admin && !options.rules.isStatic) {
    for (const [method, handler] of Object.entries(sessionRoutes(options.admin, options)))
      app.on(method, SESSION_PATH, (c) => limited('keys', options.limiter, handler)(c.env.visit))
    app.all(SESSION_PATH, refuseSessionMethod)
  }
  if (!options.rules.isStatic)
    for (const { method, path, handler } of jobRoutes(options, steps.parse))
      app.on(method, path, (c) => handler(c.env.visit, c.req.param('id') ?? ''))
  route('*', async (visit) => finish(await media(visit), {}, undefined))
  app.all('*', (c) => refuseMethod(c.env.visit, options.rules))
  app.onError((error) => {
    throw error
  })
  return async (visit) => (isPlainMedia(visit) ? media(visit) : app.fetch(visit.request, { visit }))
}

/** Routes are what the address says, not what it might be decoded to. */
function getPath(_: Request, options?: { env?: { visit: Visit } }): string {
  return options?.env?.visit.url.pathname ?? '/'
}

/** Reserved paths that have no route do not exist, whatever the method. */
function refuseMethod({ url }: Visit, rules: RequestRules): never {
  if (!rules.isStatic && !mayBeMedia(url.pathname, rules)) unknown()
  throw new MediaError('METHOD_NOT_ALLOWED')
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
    if (outcome.kind === 'queued') return queuedResponse(outcome.ticket, options.publicUrl)
    noteOutcome(call.event, outcome)
    return await respond(outcome, {
      request,
      media,
      call,
      now: services.now(),
      compatHeaders: options.compat.headers,
      publicUrl: options.rules.publicUrl,
      sign: services.sign,
    })
  } catch (thrown) {
    return mediaProblem(thrown, visit, media, options)
  }
}

async function view(media: MediaRequest, visit: Visit, options: RouterOptions): Promise<Response> {
  const mayLook = options.debugPublic || (await isAdmin(visit, options))
  if (!mayLook) throw new MediaError('UNAUTHORIZED', 'Diagnostics need the admin token')
  return diagnose(media, visit.call, options.services)
}

/** A token that is shown may be a guess, and counts as one. */
async function isAdmin(visit: Visit, { admin, limiter }: RouterOptions): Promise<boolean> {
  const { headers } = visit.request
  if (admin?.showsToken(headers)) await takeOne('keys', limiter, visit)
  return (await admin?.admits(headers)) ?? false
}
