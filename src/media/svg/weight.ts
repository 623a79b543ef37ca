/** How much there is to draw once everything that is used several times is there several times. */
import { corrupt } from '../headers/reader.ts'
import { referencesIn } from './rules.ts'
import type { SvgElement } from './tree.ts'

const MOST_WEIGHT = 500_000
/** Of elements within and references behind each other: drawing them goes as deep. */
const MOST_DEPTH = 512

/** Uses within uses, and patterns, masks and filters within each other, multiply. @throws CORRUPT_MEDIA when they are too many */
export function checkWeight(root: SvgElement): void {
  const byId = new Map<string, SvgElement>()
  collect(root, byId)
  const known = new Map<SvgElement, number>()
  const weigh = (element: SvgElement, depth: number): number => {
    const before = known.get(element)
    if (before !== undefined) return before
    if (depth > MOST_DEPTH) throw corrupt('SVG', 'its parts refer too far')
    // What refers to itself is drawn once, or not at all.
    known.set(element, 1)
    let sum = 1
    for (const child of element.children) if (typeof child !== 'string') sum += weigh(child, depth + 1)
    for (const target of targetsOf(element, byId)) sum += weigh(target, depth + 1)
    if (sum > MOST_WEIGHT) throw corrupt('SVG', 'it uses its parts too often')
    known.set(element, sum)
    return sum
  }
  weigh(root, 0)
}

function collect(element: SvgElement, byId: Map<string, SvgElement>): void {
  const id = element.attributes.get('id')
  if (id !== undefined && !byId.has(id)) byId.set(id, element)
  for (const child of element.children) if (typeof child !== 'string') collect(child, byId)
}

function targetsOf({ attributes }: SvgElement, byId: ReadonlyMap<string, SvgElement>): SvgElement[] {
  return [...attributes].flatMap(([name, value]) =>
    referencesIn(name, value).flatMap((id) => byId.get(id) ?? []),
  )
}
