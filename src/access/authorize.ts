/** Step 2 of the line: may this address be asked at all? Costs one HMAC at most. */
import { MediaError, overlayError } from '../error.ts'
import type { KeyRing } from '../lib/hmac.ts'
import { hasSignedOrder, signedText, verifyText } from '../lib/hmac.ts'
import type { PathProof, Ring } from '../request/address.ts'
import type { MediaRequest } from '../request/request.ts'

export interface AccessRules {
  readonly access: 'signed' | 'derivatives' | 'public'
  /** Widths and heights that `derivatives` lets pass unsigned. */
  readonly sizes: readonly number[]
}

export interface Granted {
  /** The address was signed, every parameter of it. */
  readonly signed: boolean
  /** Unix seconds. */
  readonly expiresAt?: number
}

export interface Authorizer {
  /** @throws BAD_SIGNATURE, URL_EXPIRED, ACCESS_DENIED, and then what is wrong with the address itself */
  authorize(url: URL, request: MediaRequest): Promise<Granted>
}

export interface AuthorizerOptions {
  readonly rules: ReadonlyMap<string, AccessRules>
  /** Of addresses on our own origins. */
  readonly keys: KeyRing | undefined
  /** Of addresses that name another ring. */
  readonly rings?: { readonly [R in Ring]?: KeyRing | undefined }
  /** Milliseconds since the epoch. */
  now(): number
}

export function createAuthorizer({ rules, keys, rings = {}, now }: AuthorizerOptions): Authorizer {
  /** `sig` in the query, over the whole address. */
  async function verify({ pathname, searchParams }: URL, ring: KeyRing): Promise<Granted> {
    const only = ['sig', 'exp', 'kid'].every((name) => searchParams.getAll(name).length <= 1)
    const text = signedText(pathname, searchParams)
    const sig = searchParams.get('sig') ?? ''
    if (
      !only ||
      !hasSignedOrder(searchParams) ||
      !(await verifyText(text, sig, ring, searchParams.get('kid') ?? undefined))
    )
      throw new MediaError('BAD_SIGNATURE')
    const exp = searchParams.get('exp')
    if (exp === null) return { signed: true }
    const expiresAt = /^\d{1,12}$/.test(exp) ? Number(exp) : 0
    if (expiresAt <= now() / 1000) throw new MediaError('URL_EXPIRED')
    return { signed: true, expiresAt }
  }

  function requireOverlay(request: MediaRequest): void {
    if (request.overlay) requireOpen(request, rules.get(request.overlay.origin))
  }

  /** A signature in the path: the query is never part of it. */
  async function verifyPath(request: MediaRequest, proof: PathProof): Promise<Granted> {
    const ring = rings[proof.ring]
    if (!ring || !(await verifyText(proof.text, proof.signature, ring, undefined, proof.spelling)))
      throw new MediaError('BAD_SIGNATURE')
    if (!proof.coversAll) requireOverlay(request)
    return { signed: false }
  }

  async function grant(url: URL, request: MediaRequest): Promise<Granted> {
    const rule = rules.get(request.origin)
    if (!rule) throw new MediaError('NO_MATCHING_ORIGIN')
    const { proof } = request
    if (proof && 'text' in proof) return verifyPath(request, proof)
    const ring = proof ? rings[proof.ring] : keys
    if (ring && url.searchParams.has('sig')) {
      const granted = await verify(url, ring)
      // Who may sign for other hosts need not be who may sign for our origins.
      if (ring !== keys) requireOverlay(request)
      return granted
    }
    if (rule.access === 'signed')
      throw new MediaError('BAD_SIGNATURE', 'This origin answers signed addresses only')
    if (rule.access === 'derivatives') requireListed(request, rule.sizes)
    requireOverlay(request)
    return { signed: false }
  }

  return {
    async authorize(url, request) {
      const granted = await grant(url, request)
      if (request.fault) throw request.fault
      return granted
    },
  }
}

/** Unsigned on a `derivatives` origin: the original, a named derivative, or listed sizes with a format. */
function requireListed(request: MediaRequest, sizes: readonly number[]): void {
  if (request.isBare) return
  const refused = Object.entries(request.asked).filter(([name, value]) => !isListed(name, value, sizes))
  if (refused.length === 0) return
  const names = refused.map(([name]) => name).join(', ')
  throw new MediaError(
    'ACCESS_DENIED',
    `Unsigned addresses may only name a derivative or a listed size, not: ${names}`,
  )
}

/**
 * An unsigned address shows of an overlay what it could show of it as the main original: of a `signed` origin nothing,
 * whoever names the overlay; of a `derivatives` origin what the configuration names.
 */
function requireOpen({ asked, params }: MediaRequest, rule: AccessRules | undefined): void {
  if (rule?.access === 'public') return
  if (rule?.access === 'derivatives' && asked.overlay !== params.overlay) return
  const refusal =
    rule?.access === 'derivatives'
      ? new MediaError('ACCESS_DENIED', 'Only a derivative or a signed address may name it')
      : new MediaError('BAD_SIGNATURE', 'Its origin answers signed addresses only')
  throw overlayError(refusal, asked.overlay)
}

function isListed(name: string, value: unknown, sizes: readonly number[]): boolean {
  if (name === 'width' || name === 'height') return sizes.includes(Number(value))
  return UNSIGNED.has(name)
}

/** Parameters with few values, or that shape the response only. */
const UNSIGNED = new Set(['derivative', 'format', 'filename', 'download', 'debug'])
