/** How long others may keep an answer: RFC 9111, RFC 5861 (stale-while-revalidate), RFC 8246 (immutable). */

/** Seconds by class of status, and verbatim values that replace what is computed. */
export interface CachePolicy {
  readonly ttl: { readonly ok: number; readonly clientError: number; readonly serverError: number }
  readonly cacheControl: {
    readonly ok?: string | undefined
    readonly clientError?: string | undefined
    readonly serverError?: string | undefined
  }
  /** Seconds. */
  readonly staleWhileRevalidate: number
}

export interface Lifetime {
  /** The signature ends then: unix seconds. Nothing may be kept longer. */
  readonly expiresAt?: number
  /** A signed address with a version never changes its meaning. */
  readonly immutable?: boolean
  /** Unix seconds. */
  readonly now: number
}

const YEAR = 31_536_000

/** For 200, 206 and 304. */
export function okCacheControl(policy: CachePolicy, lifetime: Lifetime): string {
  const left = secondsLeft(lifetime)
  if (policy.cacheControl.ok !== undefined && left === Infinity) return policy.cacheControl.ok
  const age = Math.min(lifetime.immutable ? YEAR : policy.ttl.ok, left)
  const stale = Math.min(policy.staleWhileRevalidate, left - age)
  const parts = [`public, max-age=${age}, s-maxage=${age}`]
  if (stale > 0) parts.push(`stale-while-revalidate=${stale}`)
  if (lifetime.immutable && left >= YEAR) parts.push('immutable')
  return parts.join(', ')
}

/** For errors that are worth remembering; `no-store` for all others. */
export function errorCacheControl(
  status: number,
  isNegative: boolean,
  policy: CachePolicy | undefined,
  lifetime: Lifetime = { now: 0 },
): string {
  if (!isNegative || policy === undefined) return 'no-store'
  const kind = status < 500 ? 'clientError' : 'serverError'
  const left = secondsLeft(lifetime)
  const own = policy.cacheControl[kind]
  if (own !== undefined && left === Infinity) return own
  const seconds = Math.min(policy.ttl[kind], left)
  return seconds > 0 ? `public, max-age=${seconds}` : 'no-store'
}

/** Infinity when the address never ends; on unsigned addresses `exp` may be any word. */
function secondsLeft({ expiresAt, now }: Lifetime): number {
  if (expiresAt === undefined || Number.isNaN(expiresAt)) return Infinity
  return Math.max(0, Math.floor(expiresAt - now))
}
