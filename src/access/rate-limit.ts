/** How often one client may ask, by class of route. */
import { parseAddress } from '../lib/cidr.ts'
import { standingOf, type Rate, type Taken } from '../lib/gcra.ts'
import type { RateStore } from './rate-store.ts'

/** `keys` counts whatever could be guessed at. */
export type RouteClass = 'media' | 'jobs' | 'keys'

export interface RateAnswer {
  readonly allowed: boolean
  /** Seconds until the next request is let in; 0 = now. */
  readonly retryAfter: number
  /** What an answer tells of the allowance: the IETF's draft (draft-ietf-httpapi-ratelimit-headers-10), and the usual `X-`. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export interface Limiter {
  /** Undefined where nothing limits: the class is off, or the store is down. */
  take(routes: RouteClass, address: string | undefined): Promise<RateAnswer | undefined>
}

export interface LimiterOptions {
  /** A `limit` of 0 is off. */
  readonly rates: Readonly<Record<RouteClass, Rate>>
  readonly store: RateStore
  /** Milliseconds since the epoch. */
  now(): number
  /** Hears of a store that is down, once in a while. */
  onFault(message: string, cause: unknown): void
}

/** Milliseconds in which a store that failed is not asked again, so that it costs nobody's time. */
const PAUSE_MS = 1000
/** Milliseconds between two complaints. */
const COMPLAIN_MS = 60_000

export function createLimiter({ rates, store, now, onFault }: LimiterOptions): Limiter {
  let askAgainAt = -Infinity
  let complainAt = -Infinity

  /** A store that is down lets everybody in: a rate is worth less than the service. */
  async function ask(key: string, rate: Rate): Promise<Taken | undefined> {
    if (now() < askAgainAt) return undefined
    try {
      return await store.take(key, rate)
    } catch (error) {
      askAgainAt = now() + PAUSE_MS
      if (now() >= complainAt) {
        complainAt = now() + COMPLAIN_MS
        onFault('the store of the rate limits is down: nobody is limited', error)
      }
      return undefined
    }
  }

  return {
    async take(routes, address) {
      const rate = rates[routes]
      if (rate.limit === 0) return undefined
      const taken = await ask(`${routes}:${networkOf(address)}`, rate)
      return taken && toAnswer(routes, rate, taken, now())
    },
  }
}

/** Who shares an allowance: an IPv4 address, or the /64 that one IPv6 subscriber can choose addresses from at will. */
export function networkOf(address: string | undefined): string {
  const parsed = address === undefined ? undefined : parseAddress(address)
  if (!parsed) return 'unknown'
  return parsed.version === 4 ? address! : `${(parsed.value >> 64n).toString(16)}/64`
}

const seconds = (ms: number) => Math.ceil(ms / 1000)

function toAnswer(routes: RouteClass, rate: Rate, { allowed, aheadMs }: Taken, now: number): RateAnswer {
  const { remaining, resetMs, retryMs } = standingOf(aheadMs, rate)
  return {
    allowed,
    retryAfter: allowed ? 0 : Math.max(1, seconds(retryMs)),
    headers: [
      ['ratelimit-policy', `"${routes}";q=${rate.limit};w=${seconds(rate.windowMs)}`],
      ['ratelimit', `"${routes}";r=${remaining};t=${seconds(resetMs)}`],
      ['x-ratelimit-limit', String(rate.limit)],
      ['x-ratelimit-remaining', String(remaining)],
      ['x-ratelimit-reset', String(seconds(now + resetMs))],
    ],
  }
}
