/**
 * Playback tokens: who may have the key of a film. Two forms, told apart by their parts: `payload.mac` as Vylux issues them,
 * and JWT. The algorithm of a JWT decides which keys it meets, so that no key is ever used as one of another kind.
 */
import { decodeProtectedHeader, errors, importSPKI, jwtVerify } from 'jose'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import { MediaError } from '../error.ts'
import { fromBase64Url } from '../lib/bytes.ts'
import { parseKeyRing, verifyText, type KeyRing } from '../lib/hmac.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import { createKeySet } from './key-set.ts'
import type { PlaybackSettings } from './settings.ts'

export interface PlaybackTokens {
  /**
   * @param token undefined when the request carries none
   * @param hash of the media it must be for
   * @returns Unix seconds until which it holds
   * @throws UNAUTHORIZED (no token), BAD_TOKEN, TOKEN_EXPIRED, SOURCE_FAILED (the key set cannot be fetched)
   */
  verify(token: string | undefined, hash: string): Promise<{ readonly expiresAt: number }>
}

export interface PlaybackOptions {
  /** `MEDIAMORPH_TOKEN_SECRET`: of HS256 and of the Vylux form; may be a ring. */
  readonly secret?: string | undefined
  readonly settings: PlaybackSettings
  readonly safeFetch: SafeFetch
  /** Milliseconds since the epoch. */
  now(): number
}

/** What a token says; nothing of it is checked yet but the signature, and the times of a JWT. */
type Claims = Pick<JWTPayload, 'sub' | 'exp'> & { readonly hash?: unknown }

/** Longer than any honest token; each byte costs a digest. */
const MAX_LENGTH = 4096

/** Algorithms of public keys. Nothing symmetric: what everybody knows is no secret. */
const EDWARDS = ['EdDSA', 'Ed25519']
const OTHERS = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']

/** Undefined when no key is configured: then there are no such routes. */
export function createPlaybackTokens(options: PlaybackOptions): PlaybackTokens | undefined {
  const { secret, settings, now } = options
  const ring: KeyRing = secret === undefined ? [] : parseKeyRing(secret)
  const { jwksUrl, publicKeys, issuer, audience, clockSkewSeconds } = settings
  const keySet = jwksUrl === undefined ? undefined : createKeySet({ ...options, url: jwksUrl })
  if (ring.length === 0 && publicKeys.length === 0 && !keySet) return undefined

  const rules = (algorithms: string[]): JWTVerifyOptions => ({
    algorithms,
    requiredClaims: ['exp'],
    clockTolerance: clockSkewSeconds,
    currentDate: new Date(now()),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  })

  async function claimsOfJwt(token: string): Promise<Claims> {
    const { alg = '', kid } = decodeProtectedHeader(token)
    if (alg === 'HS256') {
      const fitting = ring.filter(({ id }) => kid === undefined || id === undefined || id === kid)
      return firstThatVerifies(
        token,
        fitting.map((key) => secretKey(key.secret)),
        rules(['HS256']),
      )
    }
    const isEdwards = EDWARDS.includes(alg)
    const own = isEdwards ? publicKeys.map((pem) => () => importSPKI(pem, 'EdDSA')) : []
    return firstThatVerifies(token, keySet ? [...own, keySet] : own, rules(isEdwards ? EDWARDS : OTHERS))
  }

  async function claimsOfVylux(payload: string, mac: string): Promise<Claims> {
    if (!(await verifyText(payload, mac, ring))) throw new MediaError('BAD_TOKEN')
    const claims: unknown = parseJson(payload)
    if (typeof claims !== 'object' || claims === null) throw new MediaError('BAD_TOKEN')
    const { hash, exp } = claims as { hash?: unknown; exp?: unknown }
    if (typeof exp !== 'number' || !Number.isFinite(exp)) throw new MediaError('BAD_TOKEN')
    if (exp <= now() / 1000) throw new MediaError('TOKEN_EXPIRED')
    return { hash, exp }
  }

  return {
    async verify(token, hash) {
      if (token === undefined || token === '')
        throw new MediaError('UNAUTHORIZED', 'This needs a playback token')
      if (token.length > MAX_LENGTH) throw new MediaError('BAD_TOKEN')
      const [first = '', second = '', ...rest] = token.split('.')
      const claims = await (rest.length === 0 ? claimsOfVylux(first, second) : claimsOfJwt(token)).catch(
        toFailure,
      )
      const { sub, exp } = claims
      if ((claims.hash ?? sub) !== hash || exp === undefined)
        throw new MediaError('BAD_TOKEN', 'The playback token is for something else')
      return { expiresAt: exp }
    },
  }
}

const secretKey = (secret: string) => async () => new TextEncoder().encode(secret)

/** The claims, if one of the keys has signed them. @throws what the last key had to say */
async function firstThatVerifies(
  token: string,
  keys: readonly JWTVerifyGetKey[],
  rules: JWTVerifyOptions,
): Promise<Claims> {
  let last: unknown = new MediaError('BAD_TOKEN')
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, rules)).payload
    } catch (error) {
      last = error
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  }
  throw last
}

function parseJson(payload: string): unknown {
  const bytes = fromBase64Url(payload)
  try {
    return bytes && JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** What is wrong with a token is the client's fault, and no reason for it is told apart from another. */
function toFailure(error: unknown): never {
  if (error instanceof errors.JWTExpired) throw new MediaError('TOKEN_EXPIRED')
  if (error instanceof errors.JOSEError || error instanceof TypeError)
    throw new MediaError('BAD_TOKEN', undefined, { cause: error })
  throw error
}
