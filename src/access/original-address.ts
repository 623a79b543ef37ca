/** Where others get an original from this service: signed, where its origin wants that. */
import { signedText, signText, type KeyRing } from '../lib/hmac.ts'
import type { SourceRef } from '../plan/plan.ts'
import { EXTERNAL } from '../request/address.ts'
import { plainPath } from '../request/plain-path.ts'

export interface OriginalAddressOptions {
  readonly publicUrl: string | undefined
  readonly rules: ReadonlyMap<string, { readonly access: string; readonly originals: string }>
  readonly keys: KeyRing | undefined
  /** Milliseconds since the epoch. */
  now(): number
}

/** Seconds for which an address holds at least; one of an hour is the same for all who ask. */
const HOLDS = 3600

/** Undefined where it is not handed out. */
export function createOriginalAddresses({ publicUrl, rules, keys, now }: OriginalAddressOptions) {
  return async (source: SourceRef): Promise<string | undefined> => {
    if (source.origin === EXTERNAL) return source.path
    const rule = rules.get(source.origin)
    if (publicUrl === undefined || !rule || rule.originals === 'none') return undefined
    const pathname = plainPath(source)
    const address = publicUrl.replace(/\/+$/, '') + pathname
    const [key] = keys ?? []
    if (rule.access === 'public' || !key) return address
    const query = new URLSearchParams({
      exp: String((Math.floor(now() / 1000 / HOLDS) + 2) * HOLDS),
      ...(key.id === undefined ? {} : { kid: key.id }),
    })
    query.set('sig', await signText(signedText(pathname, query), key.secret))
    return `${address}?${query}`
  }
}
