/**
 * `mediamorph/client`: addresses of renditions, signed or not, for browsers and servers. Pure but for WebCrypto; knows
 * nothing of the service but its parameter table.
 */
import { toBase64Url } from './lib/bytes.ts'
import { hasSignedOrder, parseKeyRing, signedText, signText } from './lib/hmac.ts'
import { PARAMS, paramRow, type ParamName, type ParamValue } from './request/params.ts'
import { expectation } from './request/rows/row.ts'

/** Points, colours and boxes are written as text; open words (times, names) may be numbers too. */
type Written<T> = T extends object ? string : T extends string ? (string extends T ? string | number : T) : T
type Settable = Exclude<ParamName, 'sig' | 'exp' | 'kid'>

/** Parameters of docs/parameters.md by name. A wrong name or value does not compile where types can tell, and throws at run time. */
export type MediaParams = { readonly [N in Settable]?: Written<ParamValue<N>> | undefined }

/** What no configuration exceeds: the service's own limit is known to it alone. */
const WIDEST = { outputSide: 16_384, enabledFormats: ['jxl'] }

/**
 * The address of a rendition. Parameters come in order of their names: equal questions have equal addresses.
 * @param base where the service is, for example `https://media.example.com` or `/media`
 * @param path of the original as the service sees it, for example `/files/a photo.jpg`: not percent-encoded
 * @throws TypeError for unknown parameters, wrong values and paths that climb
 */
export function mediaUrl(base: string, path: string, params: MediaParams = {}): string {
  const query = new URLSearchParams(
    Object.entries(params)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, toText(name, value)])
      .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  ).toString()
  return `${base.replace(/\/+$/, '')}/${toPathname(path)}${query === '' ? '' : `?${query}`}`
}

function toText(name: string, value: unknown): string {
  if (!isSettable(name)) throw new TypeError(`Parameter "${name}" is unknown`)
  const text = String(value)
  if (paramRow(name).parse(text, WIDEST) !== undefined) return text
  throw new TypeError(
    `Parameter "${name}" is wrong: expected ${expectation(paramRow(name), WIDEST)}, got "${text}"`,
  )
}

function isSettable(name: string): name is Settable {
  return Object.hasOwn(PARAMS, name) && paramRow(name as ParamName).role !== 'access'
}

function toPathname(path: string): string {
  const segments = path.replace(/^\/+/, '').split('/')
  if (segments.some((segment) => segment.startsWith('.')))
    throw new TypeError('Path is refused: segments may not begin with a dot')
  return segments.map(encodeURIComponent).join('/')
}

/**
 * The address of a rendition of an original on another host, for services with `external.enabled`; `signUrl` signs it.
 * @param address absolute, http or https
 * @throws TypeError as `mediaUrl`, and for a malformed address
 */
export function externalUrl(base: string, address: string | URL, params: MediaParams = {}): string {
  const { href, protocol } = new URL(address)
  if (!/^https?:$/.test(protocol)) throw new TypeError('Address is refused: expected http or https')
  return mediaUrl(base, `/external/v3/${toBase64Url(new TextEncoder().encode(href))}`, params)
}

/** Either widths in pixels or densities; anything else holds for every candidate. */
export type SrcsetOptions = MediaParams &
  ({ readonly widths: readonly number[] } | { readonly dprs: readonly number[] })

/**
 * The `srcset` of an `<img>`. With `widths`, a `width` and `height` in the options give the shape: heights follow.
 * @throws TypeError as `mediaUrl`
 */
export function srcset(base: string, path: string, options: SrcsetOptions): string {
  if ('dprs' in options) {
    const { dprs, ...params } = options
    return dprs.map((dpr) => `${mediaUrl(base, path, { ...params, dpr })} ${dpr}x`).join(', ')
  }
  const { widths, ...params } = options
  const { width, height } = params
  const shape = width === undefined || height === undefined ? undefined : height / width
  return widths
    .map((w) => {
      const tall = shape === undefined ? {} : { height: Math.max(1, Math.round(w * shape)) }
      return `${mediaUrl(base, path, { ...params, ...tall, width: w })} ${w}w`
    })
    .join(', ')
}

export interface SignOptions {
  /** Unix seconds (or a Date) after which the address is dead. Default: never. */
  readonly exp?: number | Date
  /** Which key of the ring signs, named in the address. Default: the first, unnamed. */
  readonly kid?: string
  /** Where the service is, when that has a path of its own (`/media`): that part is not signed. Default: the host alone. */
  readonly base?: string
}

/**
 * Signs an address: everything but `sig` is covered, so nothing can be added, changed or left out afterwards. The values
 * of a repeated parameter are put in the order in which they are signed; the first counts.
 * @param url absolute, or beginning with `/`; an earlier `sig` is replaced
 * @param secret the service's MEDIAMORPH_SECRET (of other hosts MEDIAMORPH_EXTERNAL_SECRET): one secret, or a ring
 * `id:secret,id:secret`. Keep it off browsers
 * @throws TypeError for an empty secret, a `kid` that is not in the ring, a malformed address
 */
export async function signUrl(
  url: string | URL,
  secret: string,
  { exp, kid, base }: SignOptions = {},
): Promise<string> {
  const address = new URL(url, NOWHERE)
  const { searchParams } = address
  if (exp !== undefined) searchParams.set('exp', String(toSeconds(exp)))
  if (kid !== undefined) searchParams.set('kid', kid)
  if (!hasSignedOrder(searchParams)) orderRepeated(searchParams)
  const text = signedText(withoutBase(address.pathname, base), searchParams)
  searchParams.set('sig', await signText(text, keyOf(secret, kid)))
  return address.origin === NOWHERE ? address.href.slice(NOWHERE.length) : address.href
}

function orderRepeated(query: URLSearchParams): void {
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name)
    if (values.length === 1) continue
    query.delete(name)
    for (const value of values.toSorted()) query.append(name, value)
  }
}

/**
 * Signs every candidate of a `srcset`.
 * @param candidates as `srcset` gives them
 * @throws TypeError as `signUrl`
 */
export async function signSrcset(
  candidates: string,
  secret: string,
  options: SignOptions = {},
): Promise<string> {
  const signed = candidates.split(', ').map(async (candidate) => {
    const [url = '', size = ''] = candidate.split(' ')
    return `${await signUrl(url, secret, options)} ${size}`
  })
  return (await Promise.all(signed)).join(', ')
}

/** Stands in for the host of addresses without one. */
const NOWHERE = 'http://mediamorph.invalid'

function toSeconds(exp: number | Date): number {
  const seconds = Math.floor(exp instanceof Date ? exp.getTime() / 1000 : exp)
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds
  throw new TypeError('Option "exp" is wrong: expected Unix seconds or a Date')
}

function withoutBase(pathname: string, base: string | undefined): string {
  if (base === undefined) return pathname
  const prefix = new URL(base, NOWHERE).pathname.replace(/\/+$/, '')
  if (!pathname.startsWith(`${prefix}/`)) throw new TypeError(`Address is not below ${prefix}/`)
  return pathname.slice(prefix.length)
}

function keyOf(secret: string, kid: string | undefined): string {
  const ring = parseKeyRing(secret)
  const key = kid === undefined ? ring[0] : ring.find(({ id }) => id === kid)
  if (!key) throw new TypeError(`Option "kid" is wrong: no key of the ring is named "${kid}"`)
  if (key.secret === '') throw new TypeError('Secret is empty')
  return key.secret
}

/** A `loader` of next/image: `src` is the path of the original. */
export function nextImageLoader(base: string, params: MediaParams = {}) {
  return ({ src, width, quality }: { src: string; width: number; quality?: number | undefined }): string =>
    mediaUrl(base, src, { ...params, width, ...(quality === undefined ? {} : { quality }) })
}

/** What unpic asks for; numbers may come as text. */
export interface UnpicOperations {
  readonly width?: number | string | undefined
  readonly height?: number | string | undefined
  readonly quality?: number | string | undefined
  readonly format?: string | undefined
}

/** A transformer of unpic: `src` is the path of the original. */
export function unpicTransformer(base: string, params: MediaParams = {}) {
  return (src: string | URL, { width, height, quality, format }: UnpicOperations): string => {
    const given = Object.entries({ width, height, quality, format }).filter(
      ([, value]) => value !== undefined,
    )
    const path = typeof src === 'string' ? src : decodeURIComponent(src.pathname)
    return mediaUrl(base, path, { ...params, ...(Object.fromEntries(given) as MediaParams) })
  }
}
