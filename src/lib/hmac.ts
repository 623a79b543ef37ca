/**
 * Signed addresses: HMAC-SHA256 (RFC 2104, FIPS 180-4) over a canonical text. Verified by WebCrypto, whose comparison
 * takes constant time.
 */
import { fromBase64Url, toBase64Url } from './bytes.ts'

/** The first key signs, any verifies. */
export type KeyRing = ReadonlyArray<{ readonly id?: string; readonly secret: string }>

/** A secret is a ring when every part between commas begins with `id:`; else it is one key without a name. */
export function parseKeyRing(secret: string): KeyRing {
  const parts = secret.split(',').map((part) => part.trim())
  if (!parts.every((part) => /^[\w-]{1,32}:./.test(part))) return [{ secret }]
  return parts.map((part) => ({
    id: part.slice(0, part.indexOf(':')),
    secret: part.slice(part.indexOf(':') + 1),
  }))
}

/**
 * `mediamorph-v1\n{pathname}\n{query}`: the pathname still percent-encoded, the query without `sig`, sorted by name then value,
 * each part encoded anew.
 */
export function signedText(pathname: string, query: URLSearchParams): string {
  const pairs = [...query]
    .filter(([name]) => name !== 'sig')
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  const text = pairs
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  return `mediamorph-v1\n${pathname}\n${text}`
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** base64url without padding. */
export async function signText(text: string, secret: string): Promise<string> {
  const mac = await crypto.subtle.sign(
    'HMAC',
    await importKey(secret, 'sign'),
    new TextEncoder().encode(text),
  )
  return toBase64Url(new Uint8Array(mac))
}

/** Whether a key of the ring has signed the text; with `kid`, only the key of that name may have. */
export async function verifyText(
  text: string,
  signature: string,
  keys: KeyRing,
  kid?: string,
): Promise<boolean> {
  const mac = fromBase64Url(signature)
  if (mac === undefined || mac.length !== 32) return false
  const data = new TextEncoder().encode(text)
  for (const { id, secret } of keys) {
    if (kid !== undefined && id !== kid) continue
    if (await crypto.subtle.verify('HMAC', await importKey(secret, 'verify'), mac, data)) return true
  }
  return false
}

function importKey(secret: string, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [usage])
}
