/** Cross-origin reading: the Fetch standard, "CORS protocol". Credentials are never allowed. */

export interface CorsRules {
  /** `["*"]`, or origins such as `https://app.example.com`. */
  readonly origins: readonly string[]
}

const EXPOSED = [
  'Accept-Ranges',
  'Age',
  'Cache-Tag',
  'Content-Length',
  'Content-Range',
  'ETag',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Server-Timing',
  'X-Cache',
  'X-Cache-Key',
  'X-Derivative',
  'X-Origin',
  'X-Param-Warnings',
  'X-Processing-Time-Ms',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-ID',
  'X-Resolved-Height',
  'X-Resolved-Width',
  'X-Source-Type',
  'X-Transform-Source',
].join(', ')

/** Sets what a browser needs to let a page read the answer; `Vary: Origin` when the answer depends on it. */
export function addCors(headers: Headers, rules: CorsRules, origin: string | null): void {
  const allowed = rules.origins.includes('*') ? '*' : rules.origins.find((one) => one === origin)
  if (!rules.origins.includes('*')) headers.append('vary', 'Origin')
  if (allowed === undefined) return
  headers.set('access-control-allow-origin', allowed)
  headers.set('access-control-expose-headers', EXPOSED)
}

/** Answers `OPTIONS`. */
export function preflight(rules: CorsRules, request: Request): Response {
  const headers = new Headers({ allow: 'GET, HEAD, OPTIONS', 'access-control-max-age': '86400' })
  addCors(headers, rules, request.headers.get('origin'))
  if (headers.has('access-control-allow-origin')) {
    headers.set('access-control-allow-methods', 'GET, HEAD, OPTIONS')
    headers.set('access-control-allow-headers', 'Range, If-Range, If-None-Match, If-Modified-Since')
  }
  return new Response(null, { status: 204, headers })
}
