/** XML as SVG files and XMP use it, cut into tags and text: no entities but the five of XML itself and numbers, no document types with anything in them. */
import { corrupt } from '../headers/reader.ts'

export interface OpenTag {
  readonly kind: 'open'
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly isEmpty: boolean
}
export type Token =
  | OpenTag
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string }

const NAME = /[A-Za-z_][\w:.-]*/y
const SPACE = /[ \t\r\n]*/y
const MOST_ATTRIBUTES = 256

/** @throws CORRUPT_MEDIA at what is no XML, or more of XML than pictures need */
export function* readTokens(text: string, mostAttributes = MOST_ATTRIBUTES): Generator<Token, void, void> {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    if (text[at] !== '<') {
      const end = indexOr(text, '<', at, text.length)
      yield { kind: 'text', text: decode(text.slice(at, end)) }
      at = end
    } else if (text.startsWith('<!--', at)) at = behind(text, '-->', at + 4)
    else if (text.startsWith('<![CDATA[', at)) {
      const end = behind(text, ']]>', at + 9)
      yield { kind: 'text', text: text.slice(at + 9, end - 3) }
      at = end
    } else if (text.startsWith('<?', at)) at = behind(text, '?>', at + 2)
    else if (text.startsWith('<!', at)) at = skipDoctype(text, at)
    else {
      const [tag, end] = readTag(text, at, mostAttributes)
      yield tag
      at = end
    }
  }
}

const indexOr = (text: string, what: string, from: number, otherwise: number) => {
  const at = text.indexOf(what, from)
  return at === -1 ? otherwise : at
}

function behind(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from)
  if (at === -1) throw corrupt('SVG', 'it ends too early')
  return at + what.length
}

/** One that defines anything could define entities that grow without end. */
function skipDoctype(text: string, at: number): number {
  const end = behind(text, '>', at)
  if (text.slice(at, end).includes('['))
    throw corrupt('SVG', 'its document type defines entities, which are not read')
  return end
}

function readTag(text: string, at: number, mostAttributes: number): readonly [Token, number] {
  const isClose = text[at + 1] === '/'
  const name = match(NAME, text, at + (isClose ? 2 : 1))
  if (name === '') throw corrupt('SVG', 'a tag has no name')
  let here = at + (isClose ? 2 : 1) + name.length
  const attributes = new Map<string, string>()
  for (;;) {
    here += match(SPACE, text, here).length
    if (text[here] === '>') break
    if (text.startsWith('/>', here)) return [{ kind: 'open', name, attributes, isEmpty: true }, here + 2]
    here = readAttribute(text, here, attributes, mostAttributes)
  }
  return [isClose ? { kind: 'close', name } : { kind: 'open', name, attributes, isEmpty: false }, here + 1]
}

function readAttribute(text: string, at: number, attributes: Map<string, string>, most: number): number {
  const name = match(NAME, text, at)
  let here = at + name.length
  here += match(SPACE, text, here).length
  if (name === '' || text[here] !== '=') throw corrupt('SVG', 'a tag makes no sense')
  here += 1 + match(SPACE, text, here + 1).length
  const quote = text[here]
  if (quote !== '"' && quote !== "'") throw corrupt('SVG', 'a tag makes no sense')
  const end = behind(text, quote, here + 1)
  if (attributes.has(name) || attributes.size >= most) throw corrupt('SVG', 'a tag has too many attributes')
  attributes.set(name, decode(text.slice(here + 1, end - 1)))
  return end
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const entity = (name: string) => (Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined)

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));?/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined
    const letter = code === undefined ? entity(name as string) : letterOf(code)
    if (letter === undefined || !whole.endsWith(';'))
      throw corrupt('SVG', 'it names an entity that does not exist')
    return letter
  })
}

const letterOf = (code: number) =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 32 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))
    ? String.fromCodePoint(code)
    : undefined
