/**
 * The generic cell rate algorithm: of an allowance only one number is kept, how far its next free moment lies ahead. Each
 * request moves it on by `windowMs / limit`; it may not lie more than a window ahead. So a client that was quiet may send
 * `limit` at once, and then one whenever there is room again.
 */

export interface Rate {
  /** Requests in a window; 1 or more. */
  readonly limit: number
  readonly windowMs: number
}

export interface Taken {
  readonly allowed: boolean
  /** Milliseconds that the allowance is ahead now; 0 = nothing of it is used. */
  readonly aheadMs: number
}

/** Takes one, if it is there. `aheadMs` may come from a clock that was set back: it never counts for more than a window. */
export function takeOne(aheadMs: number, { limit, windowMs }: Rate): Taken {
  const ahead = Math.min(Math.max(aheadMs, 0), windowMs)
  const next = ahead + windowMs / limit
  return next <= windowMs + SLACK_MS ? { allowed: true, aheadMs: next } : { allowed: false, aheadMs: ahead }
}

/** Thirds of a window do not add up to it exactly. */
const SLACK_MS = 0.001

export interface Standing {
  /** Requests that would be let in now. */
  readonly remaining: number
  /** Milliseconds until the whole allowance is there. */
  readonly resetMs: number
  /** Milliseconds until the next request is let in; 0 = now. */
  readonly retryMs: number
}

export function standingOf(aheadMs: number, { limit, windowMs }: Rate): Standing {
  const interval = windowMs / limit
  return {
    remaining: Math.max(0, Math.floor((windowMs - aheadMs + SLACK_MS) / interval)),
    resetMs: aheadMs,
    retryMs: Math.max(0, aheadMs + interval - windowMs - SLACK_MS),
  }
}
