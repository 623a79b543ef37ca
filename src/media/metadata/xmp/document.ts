/** XMP (ISO 16684-1) as a tree: elements and attributes under their full names. */
import { corrupt } from '../../headers/reader.ts'
import { readTokens, type OpenTag } from '../../svg/tokens.ts'

export interface XmpNode {
  /** As written: prefix and all. */
  readonly name: string
  /** Namespace and local name in one. */
  readonly key: string
  readonly attributes: readonly XmpAttribute[]
  readonly children: (XmpNode | string)[]
}
export interface XmpAttribute {
  readonly name: string
  readonly key: string
  readonly value: string
}

export const NAMESPACE = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  dc: 'http://purl.org/dc/elements/1.1/',
  xmp: 'http://ns.adobe.com/xap/1.0/',
  xmpRights: 'http://ns.adobe.com/xap/1.0/rights/',
  xmpNote: 'http://ns.adobe.com/xmp/note/',
  photoshop: 'http://ns.adobe.com/photoshop/1.0/',
  tiff: 'http://ns.adobe.com/tiff/1.0/',
  exif: 'http://ns.adobe.com/exif/1.0/',
} as const
/** Bound without being declared. */
const XML = 'http://www.w3.org/XML/1998/namespace'

export interface XmpDocument {
  readonly root: XmpNode
  /** The element `rdf:RDF` in it: its children tell the facts. */
  readonly rdf: XmpNode
  /** Prefixes that are declared around `rdf`, or by it. */
  readonly scope: Scope
}
type Scope = ReadonlyMap<string, string>

/** Camera settings of a raw converter are some hundred attributes of one element. */
const MOST_ATTRIBUTES = 2000
const MOST_NODES = 50_000
const MOST_DEPTH = 64
const MOST_PREFIXES = 100

/** Undefined for what is not well formed, or has no facts. */
export function readXmp(text: string): XmpDocument | undefined {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

function parse(text: string): XmpDocument | undefined {
  const file: XmpNode = { name: '', key: '', attributes: [], children: [] }
  const open: { readonly node: XmpNode; readonly scope: Scope }[] = [
    { node: file, scope: new Map([['xml', XML]]) },
  ]
  let [rdf, nodes]: [Pick<XmpDocument, 'rdf' | 'scope'> | undefined, number] = [undefined, 0]
  for (const token of readTokens(text.replaceAll('\0', ''), MOST_ATTRIBUTES)) {
    const parent = open.at(-1)
    if (!parent) break
    if (token.kind === 'text') parent.node.children.push(token.text)
    else if (token.kind === 'close') {
      if (open.length === 1 || parent.node.name !== token.name) throw corrupt('XMP', 'its tags do not match')
      open.pop()
    } else {
      if (++nodes > MOST_NODES || open.length > MOST_DEPTH) throw corrupt('XMP', 'it has too many elements')
      const scope = scopeOf(token, parent.scope)
      const node = nodeOf(token, scope)
      parent.node.children.push(node)
      if (node.key === `${NAMESPACE.rdf}RDF`) rdf ??= { rdf: node, scope }
      if (!token.isEmpty) open.push({ node, scope })
    }
  }
  const [root] = elements(file)
  return root && rdf && open.length === 1 ? { root, ...rdf } : undefined
}

function scopeOf({ attributes }: OpenTag, outer: Scope): Scope {
  const declared = [...attributes].flatMap(([name, value]) =>
    name === 'xmlns' || name.startsWith('xmlns:') ? [[name.slice(6), value] as const] : [],
  )
  if (declared.length + outer.size > MOST_PREFIXES) throw corrupt('XMP', 'it declares too many prefixes')
  return declared.length === 0 ? outer : new Map([...outer, ...declared])
}

function nodeOf({ name, attributes }: OpenTag, scope: Scope): XmpNode {
  return {
    name,
    key: keyOf(name, scope.get('') ?? '', scope),
    attributes: [...attributes].map(([name, value]) => ({ name, key: keyOf(name, '', scope), value })),
    children: [],
  }
}

/** A prefix that nobody declared is no name. @throws CORRUPT_MEDIA */
function keyOf(name: string, otherwise: string, scope: Scope): string {
  const colon = name.indexOf(':')
  if (colon === -1 || name.startsWith('xmlns:')) return colon === -1 ? otherwise + name : name
  const namespace = scope.get(name.slice(0, colon))
  if (namespace === undefined) throw corrupt('XMP', 'a prefix is not declared')
  return namespace + name.slice(colon + 1)
}

export const elements = ({ children }: XmpNode): XmpNode[] =>
  children.filter((child) => typeof child !== 'string')

export const textOf = ({ children }: XmpNode): string =>
  children.filter((child) => typeof child === 'string').join('')

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}
/** What no XML may hold goes. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g
export const escapeXml = (text: string): string =>
  text.replaceAll(CONTROLS, '').replaceAll(/[&<>\r]/g, (letter) => ESCAPES[letter] ?? letter)
const escapeValue = (text: string) =>
  text.replaceAll(CONTROLS, '').replaceAll(/[&<>"\t\n\r]/g, (letter) => ESCAPES[letter] ?? letter)

export function writeNode(node: XmpNode | string): string {
  if (typeof node === 'string') return escapeXml(node)
  const { name, attributes, children } = node
  const words = attributes.map(({ name, value }) => ` ${name}="${escapeValue(value)}"`).join('')
  return children.length === 0
    ? `<${name}${words}/>`
    : `<${name}${words}>${children.map(writeNode).join('')}</${name}>`
}

const [PACKET_START, PACKET_END] = [
  '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>\n',
  '\n<?xpacket end="w"?>',
]

/** As it stands in files. */
export const asPacket = (xml: string): string => PACKET_START + xml + PACKET_END
export const contentOf = (packet: string): string => packet.slice(PACKET_START.length, -PACKET_END.length)
