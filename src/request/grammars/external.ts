/**
 * Addresses on other hosts: `/external/{signature}/v2/{base64url}` and `/external/{signature}/[{query}/]{scheme}/{host}/{path}`,
 * signed in the path over what follows the signature, and `/external/v3/{base64url}`, signed as our own addresses are.
 */
import { isMediaError, MediaError } from '../../error.ts'
import { fromBase64Url } from '../../lib/bytes.ts'
import { EXTERNAL, type Address, type AddressInput, type ExternalRules, type Proof } from '../address.ts'
import { paramByWord, paramRow, type ParamName } from '../params.ts'
import { translateAkamai } from './akamai.ts'

export const EXTERNAL_PREFIX = '/external/'

/** Undefined when the path is not of this grammar. */
export function parseExternal({ url }: AddressInput, rules: ExternalRules): Address | undefined {
  if (!url.pathname.startsWith(EXTERNAL_PREFIX)) return undefined
  const [first = '', ...rest] = url.pathname.slice(EXTERNAL_PREFIX.length).split('/')
  if (first === 'v3') return externalAddress('external', () => decodeAddress(rest), url.searchParams, rules)
  const proof: Proof = {
    ring: 'external',
    text: rest.join('/'),
    signature: first,
    spelling: 'base64url',
    coversAll: false,
  }
  const read = () => (rest[0] === 'v2' ? decodeAddress(rest.slice(1)) : spelledOut(rest))
  return externalAddress('external', read, url.searchParams, rules, proof)
}

/**
 * @param read the address, in whatever spelling the URL parser takes
 * @param proof where the signature is not in the query; what the query says is then not signed
 */
export function externalAddress(
  grammar: Address['grammar'],
  read: () => string,
  query: URLSearchParams,
  rules: ExternalRules,
  proof: Proof = { ring: 'external' },
): Address {
  const { path, ...fault } = readPath(read)
  const isSigned = !('text' in proof) && query.has('sig')
  return {
    grammar,
    origin: EXTERNAL,
    path,
    captures: { url: path },
    responsive: 'off',
    // Of a video a format makes a still of its beginning; pictures have no use for these.
    defaults: query.has('format') || query.has('f') ? { mode: 'frame', time: '0' } : {},
    ...allowedWords(query, isSigned ? undefined : rules.parameters),
    consulted: [],
    proof,
    ...fault,
  }
}

/** Without a signature over them only the parameters count that the configuration names: others could be varied at will. */
function allowedWords(words: URLSearchParams, allowed: ReadonlySet<ParamName> | undefined) {
  const { query, hints } = translateAkamai(words)
  if (!allowed) return { query, hints, warnings: [] }
  const isAllowed = (word: string) => {
    const name = paramByWord(word)
    return name === undefined || allowed.has(name) || paramRow(name).role === 'access' || name === 'debug'
  }
  const refused = [...new Set(query.keys())].filter((word) => !isAllowed(word))
  return {
    query: new URLSearchParams([...query].filter(([word]) => isAllowed(word))),
    hints: allowed.has('derivative') ? hints : {},
    warnings: refused.map((parameter) => ({ parameter, reason: 'not allowed for other hosts' })),
  }
}

function readPath(read: () => string): { readonly path: string; readonly fault?: MediaError } {
  try {
    return { path: normalAddress(read()) }
  } catch (error) {
    if (!isMediaError(error)) throw error
    return { path: '', fault: error }
  }
}

/** The one reading of the address: what is checked, fetched and filed is this text. */
function normalAddress(text: string): string {
  try {
    const url = new URL(text)
    url.hash = ''
    return url.href
  } catch (cause) {
    throw new MediaError('INVALID_URL', 'The address of the original is malformed', { cause })
  }
}

function decodeAddress(segments: readonly string[]): string {
  const [segment = '', ...more] = segments
  const bytes = segment === '' || more.length > 0 ? undefined : fromBase64Url(segment)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes ?? NOT_UTF8)
  } catch (cause) {
    throw new MediaError('INVALID_URL', 'The address of the original is not base64url of UTF-8', { cause })
  }
}
const NOT_UTF8 = Uint8Array.of(0xff)

/** `[{query}/]{scheme}/{host[:port]}/{path}`: a first segment with an encoded `=` is the query. */
function spelledOut(segments: readonly string[]): string {
  const [query, [scheme = '', host = '', ...path]] = segments[0]?.includes('%3D')
    ? [segments[0], segments.slice(1)]
    : [undefined, segments]
  if (!/^[a-z][a-z\d+.-]*$/i.test(scheme) || host === '')
    throw new MediaError(
      'INVALID_URL',
      'Address is incomplete: expected v2/{base64url of the address} or {scheme}/{host}/{path} after the signature',
    )
  return `${scheme}://${host}/${path.join('/')}${query === undefined ? '' : `?${decodeQuery(query)}`}`
}

function decodeQuery(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new MediaError('INVALID_URL', 'The query of the original is not percent-encoded UTF-8')
  }
}
