/**
 * Cloudflare's grammar: `/cdn-cgi/image/{options}/{path}` and `/cdn-cgi/media/{options}/{path}`, the path being one
 * of our own. Their `contain`, `cover`, `pad` and `squeeze` may enlarge, ours do so only when told.
 */
import { MediaError } from '../../error.ts'
import { canonicalQuery } from '../../lib/hmac.ts'
import type { ParamWarning } from '../read-params.ts'

export interface CloudflareRequest {
  /** Still percent-encoded. */
  readonly pathname: string
  /** The address that stands where a path would; it has what of the query is not ours. */
  readonly address?: string
  readonly query: URLSearchParams
  readonly warnings: readonly ParamWarning[]
  readonly onError?: 'redirect'
  /** Replaces `quality` for clients that say their connection is slow. */
  readonly slowQuality?: string
}

type Rename = (value: string) => ReadonlyArray<readonly [string, string]>
const same =
  (name: string): Rename =>
  (value) => [[name, value]]
const mapped =
  (name: string, values: Readonly<Record<string, string>>): Rename =>
  (value) => [[name, values[value] ?? value]]

const FITS: Readonly<Record<string, ReadonlyArray<readonly [string, string]>>> = {
  contain: [
    ['fit', 'contain'],
    ['enlarge', 'true'],
  ],
  cover: [
    ['fit', 'cover'],
    ['enlarge', 'true'],
  ],
  pad: [
    ['fit', 'pad'],
    ['enlarge', 'true'],
  ],
  squeeze: [
    ['fit', 'fill'],
    ['enlarge', 'true'],
  ],
}
const fit: Rename = (value) => FITS[value] ?? [['fit', value]]

/** Where the tolerance is left to us: sharp's. Theirs goes to 255, ours to 100, beyond which little is left. */
const DETECTED = '10'
const MOST_TRIM = 100

const IMAGE: Readonly<Record<string, Rename>> = {
  width: same('width'),
  w: same('width'),
  height: same('height'),
  h: same('height'),
  fit,
  dpr: same('dpr'),
  gravity: mapped('gravity', { left: 'west', right: 'east', top: 'north', bottom: 'south' }),
  g: mapped('gravity', { left: 'west', right: 'east', top: 'north', bottom: 'south' }),
  quality: mapped('quality', { 'medium-low': 'medium', 'medium-high': 'high' }),
  q: mapped('quality', { 'medium-low': 'medium', 'medium-high': 'high' }),
  format: mapped('format', { 'baseline-jpeg': 'jpeg' }),
  f: mapped('format', { 'baseline-jpeg': 'jpeg' }),
  background: same('background'),
  rotate: same('rotate'),
  flip: same('flip'),
  blur: same('blur'),
  sharpen: same('sharpen'),
  brightness: same('brightness'),
  contrast: same('contrast'),
  gamma: same('gamma'),
  saturation: same('saturation'),
  anim: same('animated'),
  compression: mapped('effort', { fast: '0' }),
  metadata: same('metadata'),
  trim: () => [['trim', DETECTED]],
  'trim.border.tolerance': (value) => [['trim', Number(value) > MOST_TRIM ? String(MOST_TRIM) : value]],
}
const MEDIA: Readonly<Record<string, Rename>> = {
  width: same('width'),
  height: same('height'),
  fit,
  mode: same('mode'),
  time: same('time'),
  duration: same('duration'),
  audio: same('audio'),
  format: same('format'),
  imageCount: same('imageCount'),
}
const KINDS: Readonly<Record<string, Readonly<Record<string, Rename>>>> = { image: IMAGE, media: MEDIA }

/** Undefined when the path is not of this grammar. @throws INVALID_URL */
export function parseCloudflare(url: URL, prefix: string): CloudflareRequest | undefined {
  if (!url.pathname.startsWith(`${prefix}/`)) return undefined
  const [kind = '', options = '', ...rest] = url.pathname.slice(prefix.length + 1).split('/')
  const table = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (!table) throw new MediaError('NO_MATCHING_ORIGIN')
  if (rest.length === 0)
    throw new MediaError('INVALID_URL', `Address is incomplete: expected ${prefix}/${kind}/{options}/{path}`)
  const path = rest.join('/')
  const read = readOptions(decode(options), table, url.searchParams)
  if (!/^https?(?::|%3a)/i.test(path)) return { pathname: `/${path}`, ...read }
  read.query.delete('v')
  return { pathname: `/${path}`, ...read, address: addressOf(path, url) }
}

/** An encoded address has its query with it; behind a plain one stands the query, our own words among it. */
function addressOf(path: string, { search, searchParams }: URL): string {
  if (!/^https?:\//i.test(path)) return decode(path)
  const isTheirs = (name: string) => !OURS.has(name)
  // A signature is over what the query says, however it is written: so is what we fetch.
  const theirs = searchParams.has('sig')
    ? canonicalQuery(new URLSearchParams([...searchParams].filter(([name]) => isTheirs(name))))
    : search
        .slice(1)
        .split('&')
        .filter((pair) => isTheirs(nameOf(pair)))
        .join('&')
  return theirs === '' ? path : `${path}?${theirs}`
}
const OURS: ReadonlySet<string> = new Set(['sig', 'exp', 'kid', 'debug'])
const nameOf = (pair: string) => [...new URLSearchParams(pair).keys()][0] ?? ''

type Extras = { onError?: 'redirect'; slowQuality?: string }

function readOptions(options: string, table: Readonly<Record<string, Rename>>, extra: URLSearchParams) {
  const query = new URLSearchParams()
  const warnings: ParamWarning[] = []
  const extras: Extras = {}
  for (const [word, value] of splitOptions(options)) {
    const rename = Object.hasOwn(table, word) && !isLater(word, value) ? table[word] : undefined
    if (word === 'onerror' && value === 'redirect') extras.onError = 'redirect'
    else if (SLOW.has(word)) extras.slowQuality ??= value
    else if (rename) for (const [name, text] of rename(value)) query.append(name, text)
    else warnings.push({ parameter: word.slice(0, 64), reason: 'not available in this version' })
  }
  for (const name of ['v', 'sig', 'exp', 'kid', 'debug']) {
    const value = extra.get(name)
    if (value !== null) query.append(name, value)
  }
  return { query, warnings, ...extras }
}

/** `trim=border` says nothing more where a tolerance follows. */
function splitOptions(options: string): Array<readonly [word: string, value: string]> {
  const pairs = options
    .split(/[,;]/)
    .map((option) => option.trim())
    .filter((option) => option !== '')
    .map((option) => {
      const [word = '', ...rest] = option.split('=')
      return [word, rest.join('=')] as const
    })
  const hasTolerance = pairs.some(([word]) => word === 'trim.border.tolerance')
  return hasTolerance ? pairs.filter(([word, value]) => word !== 'trim' || value !== 'border') : pairs
}

const SLOW: ReadonlySet<string> = new Set(['slow-connection-quality', 'scq'])
/** Values of options we have that need what we have not. */
const LATER: ReadonlySet<string> = new Set(['gravity=face', 'g=face', 'width=auto', 'w=auto'])
/** Pixels to cut off at each side (`trim=20;30;20;0`) are another thing than a border. */
const isLater = (word: string, value: string) =>
  LATER.has(`${word}=${value}`) || (word === 'trim' && value !== 'border')

/** Headers that tell a slow connection (https://wicg.github.io/netinfo, Save-Data), each with the values that do. */
const SLOW_SIGNS: ReadonlyArray<readonly [header: string, isSlow: (value: string) => boolean]> = [
  ['Save-Data', (value) => value.toLowerCase() === 'on'],
  ['ECT', (value) => ['slow-2g', '2g', '3g'].includes(value.toLowerCase())],
  ['RTT', (value) => Number.parseFloat(value) > 150],
  ['Downlink', (value) => Number.parseFloat(value) < 5],
]

/** `slow-connection-quality` where the client says so. Names every header consulted, up to the one that decided. */
export function applySlowQuality(
  { query, slowQuality }: CloudflareRequest,
  headers: Headers,
): { readonly query: URLSearchParams; readonly consulted: readonly string[] } {
  if (slowQuality === undefined) return { query, consulted: [] }
  const sign = SLOW_SIGNS.findIndex(([name, isSlow]) => isSlow(headers.get(name) ?? ''))
  const consulted = SLOW_SIGNS.slice(0, sign === -1 ? undefined : sign + 1).map(([name]) => name)
  if (sign === -1) return { query, consulted }
  const slow = new URLSearchParams(query)
  slow.set('quality', IMAGE['quality']?.(slowQuality)[0]?.[1] ?? slowQuality)
  return { query: slow, consulted }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new MediaError('INVALID_URL', 'Options or address are not percent-encoded UTF-8')
  }
}
