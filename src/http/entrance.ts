/** What every request meets before any route: a loop, an address that is too long, the edge gate; then its rate limit. */
import type { Caller } from '../access/caller.ts'
import type { Limiter, RouteClass } from '../access/rate-limit.ts'
import { limitError, MediaError } from '../error.ts'
import { hasPassed } from './identity.ts'
import type { Handler, Visit } from './visit.ts'

export interface EntranceRules {
  readonly instanceId: string
  readonly urlBytes: number
  readonly requiresEdge: boolean
}

/** @throws REQUEST_LOOP, URL_TOO_LONG, EDGE_REQUIRED */
export function checkEntrance(request: Request, url: URL, caller: Caller, rules: EntranceRules): void {
  if (hasPassed(request.headers, rules.instanceId)) throw new MediaError('REQUEST_LOOP')
  if (request.url.length > rules.urlBytes)
    throw limitError('urlBytes', request.url.length, rules.urlBytes, 'URL_TOO_LONG')
  if (rules.requiresEdge && !caller.isThroughEdge && !HEALTH.has(url.pathname))
    throw new MediaError('EDGE_REQUIRED')
}

/** Asked by supervisors, who stand beside us and not behind an edge. */
export const HEALTH: ReadonlySet<string> = new Set(['/healthz', '/_health', '/readyz'])

/** The same handler, as often as its class allows. */
export function limited(routes: RouteClass, limiter: Limiter, handler: Handler): Handler {
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
