/** An SVG file as one that only draws: what may stay of it, checked for what it takes, written anew. */
import { corrupt } from '../headers/reader.ts'
import { checkEmbedded } from './embedded.ts'
import { sizeOf } from './size.ts'
import { readTree, writeTree } from './tree.ts'
import { checkWeight } from './weight.ts'

/** With its size in pixels on the root. UTF-8. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED */
export function drawableSvg(bytes: Uint8Array): string {
  const root = readTree(new TextDecoder().decode(bytes))
  const size = sizeOf(root.attributes)
  if (!size) throw corrupt('SVG', 'it has no size')
  checkEmbedded(root)
  checkWeight(root)
  return writeTree(root, size)
}
