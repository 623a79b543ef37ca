/** What XMP says of rights, and XMP that says nothing else. */
import { MOST_TEXT } from '../bytes.ts'
import type { Rights } from '../rights.ts'
import { propertiesOf } from './correct.ts'
import { asPacket, elements, escapeXml, NAMESPACE, readXmp, textOf, type XmpNode } from './document.ts'

const { dc, photoshop, rdf, xmpRights } = NAMESPACE

type Form = 'text' | 'Alt' | 'Bag' | 'Seq'
/** Each fact, its property, and how RDF holds it: `Alt` is one text in several languages. */
const ROWS: ReadonlyArray<readonly [fact: keyof Rights, namespace: string, name: string, form: Form]> = [
  ['copyright', dc, 'dc:rights', 'Alt'],
  ['creators', dc, 'dc:creator', 'Seq'],
  ['credit', photoshop, 'photoshop:Credit', 'text'],
  ['marked', xmpRights, 'xmpRights:Marked', 'text'],
  ['owners', xmpRights, 'xmpRights:Owner', 'Bag'],
  ['usageTerms', xmpRights, 'xmpRights:UsageTerms', 'Alt'],
  ['webStatement', xmpRights, 'xmpRights:WebStatement', 'text'],
  ['certificate', xmpRights, 'xmpRights:Certificate', 'text'],
]
const MANY: ReadonlySet<keyof Rights> = new Set(['copyright', 'creators', 'owners'])
const MOST_ITEMS = 100

export function readXmpRights(text: string): Rights {
  const document = readXmp(text)
  if (!document) return {}
  const properties = propertiesOf(document)
  const known = ROWS.flatMap(([fact, namespace, name, form]) => {
    const property = properties.get(namespace + name.slice(name.indexOf(':') + 1))
    const values = property === undefined ? [] : valuesOf(property, form).filter((value) => value !== '')
    const [first] = values
    return first === undefined ? [] : [[fact, MANY.has(fact) ? values : first] as const]
  })
  return Object.fromEntries(known)
}

function valuesOf(property: string | XmpNode, form: Form): string[] {
  if (typeof property === 'string') return [clean(property)]
  const items = elements(property).flatMap((list) => elements(list).filter(({ key }) => key === `${rdf}li`))
  if (items.length === 0) return [clean(textOf(property))]
  if (form !== 'Alt') return items.slice(0, MOST_ITEMS).map((item) => clean(textOf(item)))
  const isDefault = ({ attributes }: XmpNode) =>
    attributes.some(({ name, value }) => name === 'xml:lang' && value === 'x-default')
  return [clean(textOf(items.find(isDefault) ?? items[0]!))]
}

const clean = (text: string) => (text.length > MOST_TEXT ? '' : text.replaceAll(/\p{Cc}+/gu, ' ').trim())

export function writeXmpRights(rights: Rights): string {
  const properties = ROWS.flatMap(([fact, , name, form]) => {
    const value = rights[fact]
    return value === undefined ? [] : [propertyOf(name, form, typeof value === 'string' ? [value] : value)]
  })
  const names = `xmlns:rdf="${rdf}" xmlns:dc="${dc}" xmlns:photoshop="${photoshop}" xmlns:xmpRights="${xmpRights}"`
  const description = `<rdf:Description rdf:about="">${properties.join('')}</rdf:Description>`
  return asPacket(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${names}>${description}</rdf:RDF></x:xmpmeta>`,
  )
}

function propertyOf(name: string, form: Form, values: readonly string[]): string {
  const inner = (): string => {
    if (form === 'text') return escapeXml(values.join('; '))
    if (form === 'Alt')
      return `<rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(values.join('; '))}</rdf:li></rdf:Alt>`
    const items = values.map((value) => `<rdf:li>${escapeXml(value)}</rdf:li>`)
    return `<rdf:${form}>${items.join('')}</rdf:${form}>`
  }
  return `<${name}>${inner()}</${name}>`
}
