/**
 * The only place that knows how an error looks on the wire. What is not a `MediaError` shows nothing of itself.
 */
import { ERRORS, isMediaError, MediaError } from '../error.ts'

export interface Problem {
  readonly error: MediaError
  readonly response: Response
  /** An operator should hear of it. */
  readonly report: boolean
}

/** Gives every throwable its code: a client that left is CLIENT_GONE, a stranger is INTERNAL. */
export function toMediaError(thrown: unknown, signal: AbortSignal): MediaError {
  if (isMediaError(thrown)) return thrown
  if (signal.aborted) return new MediaError('CLIENT_GONE', undefined, { cause: thrown })
  return new MediaError('INTERNAL', undefined, { cause: thrown })
}

export function isReported(error: MediaError): boolean {
  return 'report' in ERRORS[error.code]
}

/**
 * `{"error":{code,message,details?,requestId}}` with its status, or the one that another service gives; headers of the
 * request at large are added by the caller.
 */
export function problemResponse(
  error: MediaError,
  requestId: string,
  cacheControl: string,
  status: number = error.status,
): Response {
  const body = { code: error.code, message: error.message, details: error.details, requestId }
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': cacheControl,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
  })
  if (error.retryAfter !== undefined) headers.set('retry-after', String(error.retryAfter))
  if (error.code === 'METHOD_NOT_ALLOWED') headers.set('allow', allowed(error))
  if (error.code === 'RANGE_NOT_SATISFIABLE') headers.set('content-range', `bytes */${sizeOf(error)}`)
  return new Response(JSON.stringify({ error: body }), { status, headers })
}

function allowed(error: MediaError): string {
  const details = error.details as { allow?: string } | undefined
  return details?.allow ?? 'GET, HEAD, OPTIONS'
}

function sizeOf(error: MediaError): string {
  const details = error.details as { size?: number } | undefined
  return String(details?.size ?? '*')
}
