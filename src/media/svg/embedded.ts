/** Pictures that lie inside an SVG file as data: addresses. */
import { limitError } from '../../error.ts'
import { sniff } from '../sniff.ts'
import { readWholeInfo } from '../read-info.ts'
import type { SvgElement } from './tree.ts'

/** Of all of them together: they are decoded whole, whatever size they are shown in. */
const MOST_PIXELS = 32_000_000

/** Takes out those that are no pictures. @throws LIMIT_EXCEEDED */
export function checkEmbedded(root: SvgElement): void {
  let pixels = 0
  const visit = ({ children }: SvgElement): void => {
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at]
      if (child === undefined || typeof child === 'string') continue
      const size = child.name === 'image' ? pixelsOf(child) : 0
      if (size === undefined) children.splice(at, 1)
      else pixels += size
      if (pixels > MOST_PIXELS) throw limitError('pixels', pixels, MOST_PIXELS)
      visit(child)
    }
  }
  visit(root)
}

function pixelsOf({ attributes }: SvgElement): number | undefined {
  const data = (attributes.get('href') ?? attributes.get('xlink:href'))?.split(',')[1]
  if (data === undefined) return undefined
  try {
    const bytes = Uint8Array.from(atob(data.replaceAll(/\s/g, '')), (letter) => letter.charCodeAt(0))
    const format = sniff(bytes)
    const info = format && format !== 'svg' ? readWholeInfo(format, bytes) : undefined
    return info?.class === 'image' ? info.width * info.height : undefined
  } catch {
    return undefined
  }
}
