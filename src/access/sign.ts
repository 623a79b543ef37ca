/** Signs addresses that answers name, so that who was let in gets further: with the key, and for as long, as the address that was asked. */
import { signedText, signText, type KeyRing } from '../lib/hmac.ts'
import type { MediaRequest } from '../request/request.ts'
import type { AuthorizerOptions, Granted } from './authorize.ts'

export interface Signer {
  /**
   * `query` with what an address of that request's original needs: nothing where its origin is public, or no key is here.
   * @param pathname percent-encoded, as Mediamorph sees it
   */
  sign(
    pathname: string,
    query: URLSearchParams,
    request: MediaRequest,
    granted: Granted,
  ): Promise<URLSearchParams>
}

export function createSigner({
  rules,
  keys,
  rings = {},
}: Pick<AuthorizerOptions, 'rules' | 'keys' | 'rings'>): Signer {
  function keyFor({ proof, asked, origin }: MediaRequest, { signed }: Granted): KeyRing[number] | undefined {
    if (!signed && (rules.get(origin)?.access === 'public' || (proof && 'text' in proof))) return undefined
    const ring = (proof ? rings[proof.ring] : keys) ?? []
    return ring.find(({ id }) => id !== undefined && id === asked.kid) ?? ring[0]
  }

  return {
    async sign(pathname, query, request, granted) {
      const key = keyFor(request, granted)
      if (!key) return query
      const { kid } = request.asked
      const signed = new URLSearchParams(query)
      if (granted.expiresAt !== undefined) signed.set('exp', String(granted.expiresAt))
      if (kid !== undefined && kid === key.id) signed.set('kid', kid)
      signed.set('sig', await signText(signedText(pathname, signed), key.secret))
      return signed
    },
  }
}
