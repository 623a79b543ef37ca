import { serverTiming } from '../observe/event.ts'
import { finish, type Reply } from './answer.ts'
import { corsHeaders, type CorsHeaders, type CorsRules } from './cors.ts'
import type { Visit } from './visit.ts'

export interface CommonOptions {
  readonly instanceId: string
  readonly cors: CorsRules
}

const NO_CORS: CorsHeaders = { headers: {} }

/** Headers that are on every answer, errors and health included. */
export function withCommonHeaders(
  reply: Reply,
  { request, url, call: { event }, headers: own }: Visit,
  finishedAt: number,
  { cors, instanceId }: CommonOptions,
): Response {
  const { headers, vary } = isAdminPath(url.pathname)
    ? NO_CORS
    : corsHeaders(cors, request.headers.get('origin'))
  const timing = serverTiming(event)
  const common = {
    ...Object.fromEntries(own),
    ...headers,
    via: `1.1 ${instanceId}`,
    'x-request-id': event.requestId,
    'x-trace-id': event.traceId,
    'x-processing-time-ms': (finishedAt - event.startedAt).toFixed(1),
    ...(timing === '' ? {} : { 'server-timing': timing }),
  }
  return finish(reply, common, vary)
}

/** Pages of other sites have no business there. */
export function isAdminPath(pathname: string): boolean {
  return pathname.split('/', 2)[1] === 'admin'
}
