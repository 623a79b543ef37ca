/**
 * The whole failure vocabulary. One class, one closed table: code -> status, public message, and whether an
 * operator should hear of it. Only `http/problem.ts` turns an error into a Response; an error that is not a
 * `MediaError` shows nothing of itself.
 */

interface Row {
  /** HTTP status of the answer. */
  readonly status: number
  /** The public sentence used when the thrower gives none. */
  readonly message: string
  /** True when it is our or the operator's fault: logged at level error. */
  readonly report?: boolean
  /** True when the same request may succeed later without a change; never stored as a negative answer. */
  readonly retry?: boolean
}

export const ERRORS = {
  INVALID_PARAMETER: { status: 400, message: 'A parameter has a value that is not accepted' },
  INVALID_URL: { status: 400, message: 'The address is malformed' },
  INVALID_BODY: { status: 400, message: 'The body of the request is not what is read here' },
  INVALID_PATH: { status: 400, message: 'The path contains dot-segments, dot-files or control characters' },
  UNAUTHORIZED: { status: 401, message: 'Credentials are missing or wrong' },
  BAD_SIGNATURE: { status: 403, message: 'The signature is missing or does not match the address' },
  URL_EXPIRED: { status: 403, message: 'The signed address has expired' },
  BAD_TOKEN: { status: 403, message: 'The playback token is not valid for this' },
  TOKEN_EXPIRED: { status: 403, message: 'The playback token has expired' },
  ACCESS_DENIED: { status: 403, message: 'This origin does not allow such a request' },
  NSFW_BLOCKED: { status: 403, message: 'The picture is judged unsafe, and this origin does not show such' },
  EDGE_REQUIRED: { status: 403, message: 'The request did not come through the required edge network' },
  ADDRESS_REFUSED: { status: 403, message: 'The address is not one this service may fetch' },
  NO_MATCHING_ORIGIN: { status: 404, message: 'No origin matches the path' },
  NOT_FOUND: { status: 404, message: 'The original does not exist' },
  JOB_NOT_FOUND: { status: 404, message: 'There is no such job' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'Only GET, HEAD and OPTIONS are answered here' },
  NOT_ACCEPTABLE: { status: 406, message: 'No format satisfies the Accept header' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time' },
  JOB_CONFLICT: { status: 409, message: 'The state of the job does not allow that' },
  GONE: { status: 410, message: 'The original is gone' },
  SOURCE_TOO_LARGE: { status: 413, message: 'The original is larger than this service reads' },
  BODY_TOO_LARGE: { status: 413, message: 'The body of the request is larger than this service reads' },
  URL_TOO_LONG: { status: 414, message: 'The address is longer than this service accepts' },
  UNSUPPORTED_MEDIA: { status: 415, message: 'The original is not media this service reads' },
  RANGE_NOT_SATISFIABLE: { status: 416, message: 'The range lies outside the representation' },
  HASH_MISMATCH: { status: 422, message: 'The original is not the one that the hash names' },
  CORRUPT_MEDIA: { status: 422, message: 'The original cannot be decoded' },
  UNSUPPORTED_CODEC: {
    status: 422,
    message: 'The original uses a variant of its format that is not supported',
  },
  LIMIT_EXCEEDED: { status: 422, message: 'The request exceeds a limit' },
  TRANSFORM_TIMEOUT: { status: 422, message: 'The transformation took longer than allowed' },
  RATE_LIMITED: { status: 429, message: 'Too many requests', retry: true },
  HEADERS_TOO_LARGE: { status: 431, message: 'The headers are larger than this service accepts' },
  CLIENT_GONE: { status: 499, message: 'The client left', retry: true },
  INTERNAL: { status: 500, message: 'Something failed on our side', report: true, retry: true },
  JOB_STALLED: {
    status: 500,
    message: 'The workers that had the job lost it, time and again',
    report: true,
  },
  NOT_SUPPORTED_HERE: { status: 501, message: 'This deployment cannot do that' },
  SOURCE_FAILED: { status: 502, message: 'The source of the original failed' },
  REMOTE_FAILED: { status: 502, message: 'The service that makes it for this one failed', retry: true },
  SOURCE_CHANGED: { status: 502, message: 'The original changed while it was read', retry: true },
  STORE_FAILED: { status: 503, message: 'The store is unavailable', report: true, retry: true },
  NSFW_UNJUDGED: {
    status: 503,
    message: 'Whether the picture may be shown cannot be told now',
    report: true,
    retry: true,
  },
  BUSY: { status: 503, message: 'Too much work is waiting', retry: true },
  SOURCE_TIMEOUT: { status: 504, message: 'The source of the original did not answer in time' },
  REMOTE_TIMEOUT: {
    status: 504,
    message: 'The service that makes it for this one did not answer in time',
    retry: true,
  },
  REQUEST_LOOP: { status: 508, message: 'The request has passed through this service before' },
} as const satisfies Record<string, Row>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorOptions {
  /** Public, JSON-serialisable; for LIMIT_EXCEEDED `{ limit, value, maximum }`, for METHOD_NOT_ALLOWED `{ allow }`. */
  readonly details?: unknown
  /** Never shown; for the log. */
  readonly cause?: unknown
  /** Seconds, becomes `Retry-After`. */
  readonly retryAfter?: number
}

/** A failure with a documented code. `message` is public: no addresses of the inside, no paths of the machine. */
export class MediaError extends Error {
  override readonly name = 'MediaError'
  readonly code: ErrorCode
  readonly details: unknown
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message?: string, options: ErrorOptions = {}) {
    super(message ?? ERRORS[code].message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details
    this.retryAfter = options.retryAfter
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

/** `LIMIT_EXCEEDED` (or another code) that names the limit, what was asked, and the maximum. */
export function limitError(
  limit: string,
  value: number,
  maximum: number,
  code: ErrorCode = 'LIMIT_EXCEEDED',
): MediaError {
  return new MediaError(code, `${limit} is ${value}, the maximum is ${maximum}`, {
    details: { limit, value, maximum },
  })
}

/** The same failure, said of the overlay: the main original is not to blame. */
export function overlayError(error: unknown, path?: string): unknown {
  if (!isMediaError(error)) return error
  const { code, message, details, cause, retryAfter } = error
  const rest = typeof details === 'object' && !Array.isArray(details) ? details : { details }
  return new MediaError(code, `Overlay: ${message}`, {
    details: { parameter: 'overlay', ...(path === undefined ? {} : { path }), ...rest },
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

/** The same failure, with the class of the original: a picture's fallback is none for video. */
export function ofClass(error: unknown, mediaClass: string): unknown {
  if (!isMediaError(error) || Array.isArray(error.details)) return error
  const { code, message, details, cause, retryAfter } = error
  return new MediaError(code, message, {
    details: { ...(details as object | undefined), class: mediaClass },
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

export function isMediaError(error: unknown): error is MediaError {
  return error instanceof MediaError
}
