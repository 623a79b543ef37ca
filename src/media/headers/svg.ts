/** The root element of an SVG file: all that can be known without drawing it. */
import type { ImageInfo } from '../info.ts'
import { sizeOf } from '../svg/size.ts'
import { readTokens } from '../svg/tokens.ts'
import { corrupt, NeedsMore } from './reader.ts'

/** Files in other encodings than UTF-8 are not read. @throws NeedsMore, CORRUPT_MEDIA */
export function readSvg(bytes: Uint8Array): ImageInfo {
  const size = rootSize(decodeHead(bytes))
  if (size === 'incomplete') throw new NeedsMore(bytes.length + 1)
  if (!size) throw corrupt('SVG', 'it has no size')
  return {
    class: 'image',
    format: 'svg',
    ...size,
    orientation: 1,
    hasAlpha: true,
    frames: 1,
    animated: false,
    bitDepth: 8,
    colorModel: 'rgb',
  }
}

/** The last character may be cut in the middle. */
const decodeHead = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

function rootSize(text: string) {
  // The root's tag is over when its bracket is there: a tag that is cut is no damage yet.
  const start = text.search(/<(?:svg:)?svg[\s/>]/)
  const isOver = start !== -1 && /^[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>/.test(text.slice(start))
  if (!isOver) return 'incomplete'
  for (const token of readTokens(text)) if (token.kind === 'open') return sizeOf(token.attributes)
  return undefined
}
