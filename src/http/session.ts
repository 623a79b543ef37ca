/** `/admin/session`: POST opens one for who knows the admin token, GET tells of it, DELETE ends it. */
import type { Admin } from '../access/admin.ts'
import { bearerOf } from '../access/credentials.ts'
import { isOwnPage } from '../access/same-origin.ts'
import { MediaError } from '../error.ts'
import { readFields, type BodyLimits } from './body.ts'
import type { Handler, Visit } from './visit.ts'

export interface SessionRouteOptions extends BodyLimits {
  readonly publicUrl: string | undefined
}

export type SessionMethod = 'GET' | 'POST' | 'DELETE'

export const SESSION_PATH = '/admin/session'

/** Any other method. @throws METHOD_NOT_ALLOWED */
export function refuseSessionMethod(): never {
  const allow = 'GET, HEAD, POST, DELETE, OPTIONS'
  throw new MediaError('METHOD_NOT_ALLOWED', `Only ${allow} are answered here`, { details: { allow } })
}

/** A token and its name need no more. */
const MAX_BYTES = 16_384

export function sessionRoutes(
  { sessions, isToken }: Admin,
  options: SessionRouteOptions,
): Readonly<Record<SessionMethod, Handler>> {
  const bodyBytes = Math.min(options.bodyBytes, MAX_BYTES)

  async function tokenOf(request: Request): Promise<string> {
    const bearer = bearerOf(request.headers)
    if (bearer !== undefined) return bearer
    const { token } = await readFields(request, { ...options, bodyBytes })
    if (typeof token !== 'string') throw new MediaError('INVALID_BODY', 'Expected a field `token`')
    return token
  }

  return {
    async GET({ request }) {
      const session = await sessions.find(request.headers)
      if (!session) throw new MediaError('UNAUTHORIZED', 'There is no session')
      return Response.json({ expiresAt: session.expiresAt }, NO_STORE)
    },
    async POST(visit) {
      requireOwnPage(visit, options)
      if (!(await isToken(await tokenOf(visit.request)))) throw new MediaError('UNAUTHORIZED')
      const { cookie, expiresAt } = await sessions.issue()
      visit.headers.set('set-cookie', cookie)
      return Response.json({ expiresAt }, NO_STORE)
    },
    DELETE(visit) {
      requireOwnPage(visit, options)
      visit.headers.set('set-cookie', sessions.goodbye)
      return new Response(null, { status: 204, ...NO_STORE })
    },
  }
}

const NO_STORE = { headers: { 'cache-control': 'no-store' } }

function requireOwnPage({ request, url }: Visit, { publicUrl }: SessionRouteOptions): void {
  const hosts = publicUrl === undefined ? [url.host] : [url.host, new URL(publicUrl).host]
  if (!isOwnPage(request.headers, hosts))
    throw new MediaError('ACCESS_DENIED', 'Pages of other sites may not do that')
}
