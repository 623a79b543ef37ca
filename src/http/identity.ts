/** Who we are to other proxies (RFC 9110 section 7.6.3, RFC 8586) and to traces (W3C Trace Context). */

/** True when this very instance has already handled the request. */
export function hasPassed(headers: Headers, instanceId: string): boolean {
  return ['via', 'cdn-loop'].some((name) =>
    (headers.get(name) ?? '').split(',').some((hop) =>
      hop
        .trim()
        .split(/[\s;]+/)
        .includes(instanceId),
    ),
  )
}

/** The trace of `traceparent`, else the request's own id without dashes: 32 hex digits either way. */
export function traceIdOf(headers: Headers, requestId: string): string {
  const match = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(headers.get('traceparent') ?? '')
  return match?.[1] ?? requestId.replaceAll('-', '')
}
