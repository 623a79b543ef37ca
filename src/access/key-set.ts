/** A set of public keys (JWKS, RFC 7517) that an issuer of tokens publishes: fetched through the guard, and kept. */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import { isMediaError, MediaError } from '../error.ts'
import { hostAndPort } from '../lib/host-pattern.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'

export interface KeySetOptions {
  readonly url: string
  readonly safeFetch: SafeFetch
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds in which a key that is not in the set is no reason to fetch it again. Default 30 000. */
  readonly cooldownMs?: number
}

const MAX_BYTES = 262_144
const FETCH_MS = 5000
const COOLDOWN_MS = 30_000
const MAX_AGE_MS = 600_000
/** Milliseconds in which an issuer that failed is not asked again. */
const PAUSE_MS = 5000

/** @returns the key of a token's header; it fails with BAD_TOKEN, SOURCE_FAILED or SOURCE_TIMEOUT */
export function createKeySet({
  url,
  safeFetch,
  now,
  cooldownMs = COOLDOWN_MS,
}: KeySetOptions): JWTVerifyGetKey {
  let askAgainAt = -Infinity

  async function fetchKeys(address: string, init: { headers: HeadersInit; signal: AbortSignal }) {
    if (now() < askAgainAt) throw new MediaError('SOURCE_FAILED', SORRY)
    try {
      const { headers, signal } = init
      // It stands in the configuration as it is.
      const trustedHost = hostAndPort(new URL(address))
      const response = await safeFetch(address, { headers, signal, trustedHost, maxBytes: MAX_BYTES })
      const text = await response.text()
      if (response.status !== 200) throw new MediaError('SOURCE_FAILED', SORRY)
      const set = JSON.parse(text) as { keys?: unknown } | null
      if (!Array.isArray(set?.keys)) throw new MediaError('SOURCE_FAILED', SORRY)
      return Response.json(set)
    } catch (error) {
      askAgainAt = now() + PAUSE_MS
      throw error
    }
  }

  const keys = createRemoteJWKSet(new URL(url), {
    cooldownDuration: cooldownMs,
    cacheMaxAge: MAX_AGE_MS,
    timeoutDuration: FETCH_MS,
    [customFetch]: fetchKeys,
  })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      throw toFailure(error)
    }
  }
}

const SORRY = 'The keys of playback tokens cannot be fetched'

function toFailure(error: unknown): unknown {
  const isTokens =
    error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
  if (isTokens) return new MediaError('BAD_TOKEN', undefined, { cause: error })
  const code = isMediaError(error) && error.code === 'SOURCE_TIMEOUT' ? error.code : 'SOURCE_FAILED'
  return new MediaError(code, SORRY, { cause: error })
}
