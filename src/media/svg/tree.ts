/** The elements of an SVG file that make a picture and do nothing else. */
import { corrupt } from '../headers/reader.ts'
import { isHarmless, isHarmlessStyle } from './rules.ts'
import { readTokens, type OpenTag } from './tokens.ts'

export interface SvgElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: (SvgElement | string)[]
}

/** What draws, and what drawing refers to. All else goes, with what is in it: scripts, foreign objects, animation, links to elsewhere. */
const ELEMENTS: ReadonlySet<string> = new Set(
  `svg g defs symbol use switch path rect circle ellipse line polyline polygon text tspan textPath image style
  linearGradient radialGradient stop pattern clipPath mask marker filter feBlend feColorMatrix feComponentTransfer
  feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB
  feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight
  feTile feTurbulence`.split(/\s+/),
)
const MOST_ELEMENTS = 100_000
const MOST_DEPTH = 128

/** Of the whole file. @throws CORRUPT_MEDIA where it is no XML, has no <svg>, or is too large or too deep */
export function readTree(text: string): SvgElement {
  const root: SvgElement = { name: '', attributes: new Map(), children: [] }
  // What is open: its name in the file, and what became of it; nothing for what goes.
  const open: { readonly name: string; readonly element: SvgElement | undefined }[] = [
    { name: '', element: root },
  ]
  let count = 0
  for (const token of readTokens(text)) {
    const parent = open.at(-1)
    if (token.kind === 'text') {
      if (parent?.element && TEXT_PARENTS.has(parent.element.name)) parent.element.children.push(token.text)
    } else if (token.kind === 'close') {
      if (open.length === 1 || parent?.name !== token.name) throw corrupt('SVG', 'its tags do not match')
      open.pop()
    } else {
      if (++count > MOST_ELEMENTS || open.length > MOST_DEPTH)
        throw corrupt('SVG', 'it has too many elements')
      const element = parent?.element && elementOf(token)
      if (element) parent.element.children.push(element)
      if (!token.isEmpty) open.push({ name: token.name, element })
    }
  }
  if (open.length > 1) throw corrupt('SVG', 'it ends too early')
  const [svg, ...more] = root.children.filter((child) => typeof child !== 'string')
  if (svg?.name !== 'svg' || more.length > 0) throw corrupt('SVG', 'it is not one <svg>')
  return svg
}

const TEXT_PARENTS: ReadonlySet<string> = new Set(['text', 'tspan', 'textPath', 'style', 'g'])

function elementOf({ name, attributes }: OpenTag): SvgElement | undefined {
  const local = name.startsWith('svg:') ? name.slice(4) : name
  // A link draws what is in it.
  const kept = local === 'a' ? 'g' : local
  if (!ELEMENTS.has(kept)) return undefined
  const harmless = [...attributes].filter(([key, value]) => isHarmless(key, value, kept))
  // The newer one counts: what is measured must be what is drawn.
  const isDouble = harmless.some(([key]) => key === 'href')
  return {
    name: kept,
    attributes: new Map(harmless.filter(([key]) => !isDouble || key !== 'xlink:href')),
    children: [],
  }
}

/** As XML that every parser reads alike. `size`: of the root, in pixels. */
export function writeTree(
  root: SvgElement,
  size: { readonly width: number; readonly height: number },
): string {
  const { attributes } = root
  const head = new Map<string, string>([
    ['xmlns', 'http://www.w3.org/2000/svg'],
    ['xmlns:xlink', 'http://www.w3.org/1999/xlink'],
    ['viewBox', `0 0 ${size.width} ${size.height}`],
    ...[...attributes].filter(([key]) => key !== 'x' && key !== 'y'),
    ['width', String(size.width)],
    ['height', String(size.height)],
  ])
  return write({ ...root, attributes: head })
}

function write({ name, attributes, children }: SvgElement): string {
  const words = [...attributes].map(([key, value]) => ` ${key}="${escape(value)}"`).join('')
  if (children.length === 0) return `<${name}${words}/>`
  // As one text: what is harmless in pieces may not be so together.
  if (name === 'style') return `<style${words}>${styleOf(children)}</style>`
  const content = children.map((child) => (typeof child === 'string' ? escape(child) : write(child)))
  return `<${name}${words}>${content.join('')}</${name}>`
}

function styleOf(children: SvgElement['children']): string {
  const text = children.filter((child) => typeof child === 'string').join('')
  return isHarmlessStyle(text) ? escape(text) : ''
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string) =>
  text.replaceAll(/[&<>"]/g, (letter) => ESCAPES[letter] ?? letter).replaceAll(CONTROLS, '')
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
