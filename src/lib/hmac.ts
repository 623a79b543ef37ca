/**
 * Signed addresses: HMAC-SHA256 (RFC 2104, FIPS 180-4) over a canonical text. Verified by WebCrypto, whose comparison
 * takes constant time.
 */
import { fromBase64Url, fromHex, toBase64Url, toHex } from './bytes.ts'

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

/** `mediamorph-v1\n{pathname}\n{query}`: the pathname still percent-encoded, the query canonical and without `sig`. */
export function signedText(pathname: string, query: URLSearchParams): string {
  const rest = new URLSearchParams([...query].filter(([name]) => name !== 'sig'))
  return `mediamorph-v1\n${pathname}\n${canonicalQuery(rest)}`
}

/** Sorted by name then value (UTF-16 code units), each part encoded anew. */
export function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Whether the values of each repeated parameter stand in the order in which they are signed. In another order the text
 * would be the same, but another value would count.
 */
export function hasSignedOrder(query: URLSearchParams): boolean {
  const last = new Map<string, string>()
  for (const [name, value] of query) {
    if (value < (last.get(name) ?? '')) return false
    last.set(name, value)
  }
  return true
}

/** base64url without padding. */
export async function signText(text: string, secret: string): Promise<string> {
  const mac = await crypto.subtle.sign(
    'HMAC',
    await importKey(secret, 'sign'),
    new TextEncoder().encode(text),
  )
  return toBase64Url(new Uint8Array(mac))
}

/** How a signature is written: each has one spelling, so that an address has one too. */
const SPELLINGS = {
  base64url: { read: fromBase64Url, write: toBase64Url },
  hex: { read: fromHex, write: toHex },
} as const
export type Spelling = keyof typeof SPELLINGS

/**
 * Whether a key of the ring has signed the text; with `kid`, only the key of that name may have.
 * @param spelling `base64url` without padding (default) or lower-case `hex`
 */
export async function verifyText(
  text: string,
  signature: string,
  keys: KeyRing,
  kid?: string,
  spelling: Spelling = 'base64url',
): Promise<boolean> {
  const mac = readAsWritten(signature, spelling)
  if (mac?.length !== 32) return false
  const data = new TextEncoder().encode(text)
  for (const { id, secret } of keys) {
    if (kid !== undefined && id !== kid) continue
    if (await crypto.subtle.verify('HMAC', await importKey(secret, 'verify'), mac, data)) return true
  }
  return false
}

/** Undefined where it is another spelling: with padding, or with bits behind the last byte. Compares nothing secret. */
function readAsWritten(text: string, spelling: Spelling): Uint8Array<ArrayBuffer> | undefined {
  const { read, write } = SPELLINGS[spelling]
  const bytes = read(text)
  return bytes && write(bytes) === text ? bytes : undefined
}

/** The bare HMAC-SHA256 of a text (as UTF-8). */
export async function macOf(text: string, secret: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, ALGORITHM, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)))
}

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' }

function importKey(secret: string, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), ALGORITHM, false, [usage])
}
