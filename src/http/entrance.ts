/** What every request meets before any route: loops, heads that are too large, the edge gate; then its rate limit. */
import type { Caller } from '../access/caller.ts'
import type { Limiter, RouteClass } from '../access/rate-limit.ts'
import { limitError, MediaError } from '../error.ts'
import { passedThrough } from '../lib/passed-on.ts'
import { hasPassed } from './identity.ts'
import type { Visit } from './visit.ts'

export interface EntranceRules {
  readonly instanceId: string
  readonly urlBytes: number
  readonly headerBytes: number
  readonly headerCount: number
  readonly requiresEdge: boolean
}

/** Services that a request may be passed on by: of several instances behind one address each has a name of its own. */
const MOST_HOPS = 4

/** @throws REQUEST_LOOP, URL_TOO_LONG, HEADERS_TOO_LARGE, EDGE_REQUIRED */
export function checkEntrance(request: Request, url: URL, caller: Caller, rules: EntranceRules): void {
  const hops = passedThrough(request.headers)?.length ?? 0
  if (hasPassed(request.headers, rules.instanceId) || hops > MOST_HOPS) throw new MediaError('REQUEST_LOOP')
  if (request.url.length > rules.urlBytes)
    throw limitError('urlBytes', request.url.length, rules.urlBytes, 'URL_TOO_LONG')
  checkHeaders(request.headers, rules)
  if (rules.requiresEdge && !caller.isThroughEdge && !HEALTH.has(url.pathname))
    throw new MediaError('EDGE_REQUIRED')
}

/** Where the runtime has let them in: most end a connection at some size of their own. */
function checkHeaders(headers: Headers, { headerBytes, headerCount }: EntranceRules): void {
  let count = 0
  let bytes = 0
  for (const [name, value] of headers) {
    count++
    // As sent: with a colon, a space and the end of the line.
    bytes += name.length + value.length + 4
  }
  if (count > headerCount) throw limitError('headerCount', count, headerCount, 'HEADERS_TOO_LARGE')
  if (bytes > headerBytes) throw limitError('headerBytes', bytes, headerBytes, 'HEADERS_TOO_LARGE')
}

/** Asked by supervisors, who stand beside us and not behind an edge. */
export const HEALTH: ReadonlySet<string> = new Set(['/healthz', '/_health', '/readyz'])

/** The same handler, as often as its class allows. */
export function limited<T>(
  routes: RouteClass,
  limiter: Limiter,
  handler: (visit: Visit) => Promise<T> | T,
): (visit: Visit) => Promise<T> {
  return async (visit) => {
    await takeOne(routes, limiter, visit)
    return handler(visit)
  }
}

/**
 * Counts a request in a class. The allowance is in the headers of its answer and its errors.
 * @throws RATE_LIMITED
 */
export async function takeOne(routes: RouteClass, limiter: Limiter, visit: Visit): Promise<void> {
  const answer = await limiter.take(routes, visit.client)
  for (const [name, value] of answer?.headers ?? []) {
    // Lists, where several classes count; the others hold one number.
    if (name.startsWith('x-')) visit.headers.set(name, value)
    else visit.headers.append(name, value)
  }
  if (answer && !answer.allowed)
    throw new MediaError('RATE_LIMITED', undefined, { retryAfter: answer.retryAfter })
}
