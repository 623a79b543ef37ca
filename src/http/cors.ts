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
  'X-Job-Id',
  'X-NSFW',
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

export interface CorsHeaders {
  readonly headers: Readonly<Record<string, string>>
  readonly vary?: 'Origin'
}

/** What a browser needs to let a page read the answer; `Vary: Origin` when the answer depends on it. */
export function corsHeaders({ origins }: CorsRules, origin: string | null): CorsHeaders {
  if (origins.includes('*')) return { headers: allow('*') }
  const allowed = origins.find((one) => one === origin)
  return { headers: allowed === undefined ? {} : allow(allowed), vary: 'Origin' }
}

const allow = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': EXPOSED,
})

/** Sets them. */
export function addCors(to: Headers, rules: CorsRules, origin: string | null): void {
  const { headers, vary } = corsHeaders(rules, origin)
  if (vary) to.append('vary', vary)
  for (const [name, value] of Object.entries(headers)) to.set(name, value)
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
