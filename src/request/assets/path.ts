/**
 * Path patterns of asset routes: `/avatars/{id:digits}/{hash:hash}.{format}`. A part is a name and a kind of characters;
 * `{format}` is the extension that says the format. Matching is linear: no pattern can be made to backtrack.
 */

interface Kind {
  /** One character. */
  readonly one: string
  readonly most: number
  readonly says: string
  /** What the original is filed under. */
  read?(text: string): string
}

/** A kind may end with a number: exactly so many characters. */
export const KINDS: Readonly<Record<string, Kind>> = {
  digits: { one: '[0-9]', most: 20, says: 'digits' },
  hex: { one: '[0-9a-f]', most: 128, says: 'lower-case hexadecimal digits' },
  word: { one: '[0-9A-Za-z_]', most: 100, says: 'letters, digits and _' },
  hash: {
    one: '[0-9A-Za-z_]',
    most: 100,
    says: 'letters, digits and _; `a_` before it says that it moves and is not part of the key',
    read: (text) => text.replace(/^a_(?=.)/, ''),
  },
  any: { one: '[^/]', most: 255, says: 'anything but a slash' },
}
const FORMAT: Kind = { one: '[0-9A-Za-z]', most: 10, says: 'one of `formats`' }
export const FORMAT_PART = 'format'

export interface AssetPath {
  readonly text: string
  /** Names of its parts. */
  readonly parts: readonly string[]
  readonly segments: readonly Segment[]
}

interface Segment {
  readonly text: string
  readonly match: RegExp
  /** It has no parts: a path that differs here is not of this pattern at all. */
  readonly isLiteral: boolean
}

export type PathMatch =
  | { readonly captures: Readonly<Record<string, string>> }
  | { readonly wrong: string; readonly expected: string }

const PART = /\{([A-Za-z]\w{0,31})(?::([a-z]+?)(\d{1,3})?)?\}/g

/** What is wrong with a pattern; undefined when nothing is. */
export function assetPathFault(pattern: string): string | undefined {
  if (!/^\/[^/]/.test(pattern) || pattern.endsWith('/')) return 'expected a path such as /avatars/{id:digits}'
  if (!/^[\w./~-]*$/.test(pattern.replaceAll(PART, '')))
    return 'expected letters, digits, . _ ~ - and parts such as {id:digits} between slashes'
  if (/\}\{/.test(pattern)) return 'expected text between two parts'
  const parts = [...pattern.matchAll(PART)]
  const unknown = parts.find(
    ([, name, kind]) => !(kind === undefined ? name === FORMAT_PART : Object.hasOwn(KINDS, kind)),
  )
  if (unknown)
    return `expected {format} or one of the kinds ${Object.keys(KINDS).join(', ')} in ${unknown[0]}`
  const names = parts.map(([, name]) => name)
  return new Set(names).size < names.length ? 'expected each part once' : undefined
}

/** @param pattern without fault */
export function compileAssetPath(pattern: string): AssetPath {
  const segments = pattern
    .slice(1)
    .split('/')
    .map((text) => ({ text, match: segmentPattern(text), isLiteral: !text.includes('{') }))
  return { text: pattern, parts: [...pattern.matchAll(PART)].map(([, name]) => name ?? ''), segments }
}

function segmentPattern(text: string): RegExp {
  const literals = text.split(/\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'))
  const parts = [...text.matchAll(PART)].map(([, name, kind, exactly]) => {
    const { one, most } = (kind === undefined ? undefined : KINDS[kind]) ?? FORMAT
    return `(?<${name}>${one}{${exactly ?? `1,${most}`}})`
  })
  return new RegExp(`^${literals.map((literal, at) => literal + (parts[at] ?? '')).join('')}$`, 'u')
}

/** Undefined: another pattern's. Only what its parts may be is its own fault. */
export function matchAssetPath(path: string, pattern: AssetPath): PathMatch | undefined {
  const given = path.slice(1).split('/')
  const { segments } = pattern
  const isOurs =
    given.length === segments.length &&
    segments.every(({ isLiteral, text }, at) => !isLiteral || given[at] === text)
  if (!isOurs) return undefined
  const kinds = new Map([...pattern.text.matchAll(PART)].map(([, name, kind]) => [name ?? '', kind ?? '']))
  const captures: Record<string, string> = {}
  for (const [at, { match, text }] of segments.entries()) {
    const found = match.exec(given[at] ?? '')
    if (!found) return { wrong: given[at] ?? '', expected: text }
    for (const [name, value] of Object.entries(found.groups ?? {}))
      captures[name] = KINDS[kinds.get(name) ?? '']?.read?.(value) ?? value
  }
  return { captures }
}
