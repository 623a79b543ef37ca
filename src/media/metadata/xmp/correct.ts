/** XMP that tells of the picture as it was made true of the picture as it is. */
import type { Made } from '../made.ts'
import { asPacket, NAMESPACE, readXmp, writeNode, type XmpDocument, type XmpNode } from './document.ts'

const { exif, photoshop, rdf, tiff, xmp, xmpNote } = NAMESPACE

/** What would lead to bytes behind the original's pixels, or inside of it: gain maps, videos, depth. */
const GONE_NAMESPACES = [
  'http://ns.adobe.com/hdr-gain-map/1.0/',
  'http://ns.google.com/photos/1.0/audio/',
  'http://ns.google.com/photos/1.0/camera/',
  'http://ns.google.com/photos/1.0/container/',
  'http://ns.google.com/photos/1.0/depthmap/',
  'http://ns.google.com/photos/1.0/image/',
  'http://ns.google.com/photos/dd/1.0/',
]

const GONE = [`${xmp}Thumbnails`, `${xmpNote}HasExtendedXMP`]

/** Undefined for what is damaged. */
export function correctedXmp(text: string, made: Made): string | undefined {
  const document = readXmp(text)
  return document && asPacket(writeNode(correct(document, made)))
}

function correct({ root, rdf: facts }: XmpDocument, { width, height, isConverted }: Made): XmpNode {
  const values = new Map([
    [`${tiff}Orientation`, '1'],
    [`${tiff}ImageWidth`, String(width)],
    [`${tiff}ImageLength`, String(height)],
    [`${exif}PixelXDimension`, String(width)],
    [`${exif}PixelYDimension`, String(height)],
    ...(isConverted ? ([[`${exif}ColorSpace`, '1']] as const) : []),
  ])
  const gone = new Set(isConverted ? [...GONE, `${photoshop}ICCProfile`] : GONE)
  const stays = ({ key }: { readonly key: string }) =>
    !gone.has(key) && !GONE_NAMESPACES.some((space) => key.startsWith(space))

  /** A property is an attribute or an element; those of what it was made of are deeper, and stay. */
  const description = (node: XmpNode | string): XmpNode | string => {
    if (typeof node === 'string' || node.key !== `${rdf}Description`) return node
    return {
      ...node,
      attributes: node.attributes
        .filter(stays)
        .map((it) => ({ ...it, value: values.get(it.key) ?? it.value })),
      children: node.children
        .filter((child) => typeof child === 'string' || stays(child))
        .map((child) => {
          const value = typeof child === 'string' ? undefined : values.get(child.key)
          return value === undefined || typeof child === 'string' ? child : { ...child, children: [value] }
        }),
    }
  }
  const walk = (node: XmpNode): XmpNode => ({
    ...node,
    children: node.children.map((child) =>
      typeof child === 'string' ? child : node === facts ? description(child) : walk(child),
    ),
  })
  return walk(root)
}

/** Each takes along the prefixes that were declared around it. */
const MOST_CHILDREN = 100

/** One document that tells the facts of both, as XMP too long for a segment of JPEG is divided. Undefined for damage. */
export function mergeXmp(main: string, more: string): string | undefined {
  const [first, second] = [readXmp(main), readXmp(more)]
  if (!first || !second || second.rdf.children.length > MOST_CHILDREN) return undefined
  const declared = [...second.scope].map(([prefix, value]) => {
    const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`
    return { name, key: name, value }
  })
  for (const child of second.rdf.children) {
    if (typeof child === 'string') continue
    const own = new Set(child.attributes.map(({ name }) => name))
    const outer = declared.filter(({ name }) => name !== 'xmlns:xml' && !own.has(name))
    first.rdf.children.push({ ...child, attributes: [...outer, ...child.attributes] })
  }
  return writeNode(first.root)
}

/** The properties of a document: each an attribute or an element of one of its descriptions. */
export function propertiesOf({ rdf: facts }: XmpDocument): Map<string, string | XmpNode> {
  const found = new Map<string, string | XmpNode>()
  for (const node of facts.children) {
    if (typeof node === 'string' || node.key !== `${rdf}Description`) continue
    for (const { key, value } of node.attributes) found.set(key, value)
    for (const child of node.children) if (typeof child !== 'string') found.set(child.key, child)
  }
  return found
}
