/**
 * Vylux's grammar: `/img/{signature}/w{n}_h{n}_q{n}/{key}.{format}`, `/original/{signature}/{key}`,
 * `/thumb/{signature}/{key}`. Keys are bare: they name originals of the origin `source`, or, for `/thumb`, what jobs made.
 */
import { MediaError } from '../../error.ts'
import { ARTIFACTS, type Address, type AddressInput, type Proof } from '../address.ts'
import { matchKey } from '../match.ts'
import { decodePath } from '../path.ts'
import type { OriginRule, RequestRules } from '../rules.ts'

/** The origin that bare keys belong to. */
export const KEYS_ORIGIN = 'source'

interface Form {
  /** @param rest segments after the signature, percent-encoded */
  read(
    rest: readonly string[],
    rules: RequestRules,
  ): Pick<Address, 'origin' | 'path' | 'captures'> & {
    /** What is signed. */
    readonly text: string
    readonly query?: URLSearchParams
    readonly defaults?: OriginRule['defaults']
  }
}

const FORMS: Readonly<Record<string, Form>> = {
  img: {
    read([options = '', ...rest], rules) {
      const { key, extension } = splitFormat(decodeKey(rest))
      const sizes = readOptions(options)
      const text = `w${sizes.w}_h${sizes.h}_q${sizes.q}/${key}.${extension}`
      const origin = keysOrigin(rules)
      return { ...matchKey(key, origin), text, query: toQuery(sizes, extension), defaults: origin.defaults }
    },
  },
  original: {
    read(rest, rules) {
      const key = decodeKey(rest)
      return { ...matchKey(key, keysOrigin(rules)), text: `/${key}` }
    },
  },
  thumb: {
    read(rest) {
      const key = decodeKey(rest)
      return { origin: ARTIFACTS, path: `/${key}`, captures: { key }, text: `thumb/${key}` }
    },
  },
}

/** Undefined when the path is not of this grammar. @throws INVALID_URL, INVALID_PATH, INVALID_PARAMETER, NO_MATCHING_ORIGIN */
export function parseVylux({ url }: AddressInput, rules: RequestRules): Address | undefined {
  const [, kind = '', signature = '', ...rest] = url.pathname.split('/')
  const form = Object.hasOwn(FORMS, kind) ? FORMS[kind] : undefined
  if (!form) return undefined
  const { text, query = new URLSearchParams(), defaults = {}, ...named } = form.read(rest, rules)
  const proof: Proof = { ring: 'vylux', text, signature, spelling: 'hex', coversAll: true }
  const shared = { grammar: 'vylux', responsive: 'off', hints: {}, warnings: [], consulted: [] } as const
  return { ...named, ...shared, defaults, query, proof }
}

function keysOrigin({ origins }: RequestRules): OriginRule {
  const origin = origins.find(({ name }) => name === KEYS_ORIGIN)
  if (!origin) throw new MediaError('NO_MATCHING_ORIGIN')
  return origin
}

function decodeKey(segments: readonly string[]): string {
  const key = decodePath(`/${segments.join('/')}`).slice(1)
  if (key === '') throw new MediaError('INVALID_URL', 'Address is incomplete: it names no key')
  return key
}

const OPTION = /^([whq])(\d{1,6})$/
type Sizes = { w: number; h: number; q: number }

/** Any of them in any order, 0 and absence being the same. */
function readOptions(options: string): Sizes {
  const sizes: Sizes = { w: 0, h: 0, q: 0 }
  const seen = new Set<string>()
  for (const option of options.split('_')) {
    const [, name, digits] = OPTION.exec(option) ?? []
    if (name === undefined || seen.has(name)) throw wrong('options', options, 'w{n}_h{n}_q{n}')
    seen.add(name)
    sizes[name as keyof Sizes] = Number(digits)
  }
  return sizes
}

const EXTENSIONS: ReadonlySet<string> = new Set(['webp', 'avif', 'jpg', 'jpeg', 'png', 'gif'])

function splitFormat(tail: string): { readonly key: string; readonly extension: string } {
  const dot = tail.lastIndexOf('.')
  const [key, extension] = [tail.slice(0, Math.max(0, dot)), tail.slice(dot + 1)]
  if (key === '' || !EXTENSIONS.has(extension))
    throw wrong('format', extension, `one of ${[...EXTENSIONS].join(', ')}`)
  return { key, extension }
}

function toQuery({ w, h, q }: Sizes, format: string): URLSearchParams {
  const sides = { ...(w > 0 && { width: w }), ...(h > 0 && { height: h }) }
  const fit = w > 0 && h > 0 ? { fit: 'cover' } : {}
  const words = { ...sides, ...fit, ...(q > 0 && { quality: q }), format }
  return new URLSearchParams(Object.entries(words).map(([name, value]) => [name, String(value)]))
}

function wrong(parameter: string, given: string, expected: string): MediaError {
  const value = given.slice(0, 200)
  return new MediaError('INVALID_PARAMETER', `Parameter "${parameter}" is wrong: expected ${expected}`, {
    details: [{ parameter, value, expected }],
  })
}
