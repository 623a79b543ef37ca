import { serverTiming } from '../observe/event.ts'
import { addCors, type CorsRules } from './cors.ts'
import type { Visit } from './visit.ts'

export interface CommonOptions {
  readonly instanceId: string
  readonly cors: CorsRules
}

/** Headers that are on every answer, errors and health included. */
export function withCommonHeaders(
  response: Response,
  visit: Visit,
  finishedAt: number,
  options: CommonOptions,
): Response {
  const { event } = visit.call
  const headers = new Headers(response.headers)
  for (const [name, value] of visit.headers) headers.set(name, value)
  if (!isAdminPath(visit.url.pathname)) addCors(headers, options.cors, visit.request.headers.get('origin'))
  headers.append('via', `1.1 ${options.instanceId}`)
  headers.set('x-request-id', event.requestId)
  headers.set('x-trace-id', event.traceId)
  headers.set('x-processing-time-ms', (finishedAt - event.startedAt).toFixed(1))
  const timing = serverTiming(event)
  if (timing !== '') headers.set('server-timing', timing)
  return new Response(response.body, { status: response.status, headers })
}

/** Pages of other sites have no business there. */
export function isAdminPath(pathname: string): boolean {
  return pathname.split('/', 2)[1] === 'admin'
}
