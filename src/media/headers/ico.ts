/** Icons and cursors of Windows: a directory of pictures, each a PNG file or a BMP without its file header. */
import type { ImageInfo } from '../info.ts'
import { describeBmp, MASKS_32, readDib, type BmpHeader } from './bmp.ts'
import { readPng } from './png.ts'
import { corrupt, createReader, NeedsMore, type Reader } from './reader.ts'

/** Where the picture lies that stands for the icon: the largest, of the most colours. */
export interface IconEntry {
  readonly kind: 'png' | 'bmp'
  readonly at: number
  readonly length: number
}

const DIRECTORY = 6
const ENTRY = 16
const CURSOR = 2
const PNG_MAGIC = 0x89504e47

/** @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readIco(bytes: Uint8Array): ImageInfo {
  const entry = iconEntry(bytes)
  if (entry.kind === 'bmp') return { ...describeBmp(iconHeader(bytes, entry)), format: 'ico', hasAlpha: true }
  try {
    return { ...readPng(bytes.subarray(entry.at, entry.at + entry.length)), format: 'ico' }
  } catch (error) {
    throw error instanceof NeedsMore ? moreOf(entry, error) : error
  }
}

/** What is missing of a picture is missing of the file, unless the directory ends the picture there. */
function moreOf({ at, length }: IconEntry, { bytes }: NeedsMore): Error {
  return bytes > length ? corrupt('ICO', 'a picture is longer than its entry') : new NeedsMore(at + bytes)
}

/** @throws NeedsMore, CORRUPT_MEDIA */
export function iconEntry(bytes: Uint8Array): IconEntry {
  const r = createReader(bytes)
  const [isCursor, count] = [r.u16le(2) === CURSOR, r.u16le(4)]
  let best: (IconEntry & { readonly rank: number }) | undefined
  for (let at = DIRECTORY; at < DIRECTORY + count * ENTRY; at += ENTRY) {
    const entry = readEntry(r, at, isCursor)
    if (!best || entry.rank > best.rank) best = entry
  }
  if (!best) throw corrupt('ICO', 'it holds no picture')
  const { at, length } = best
  if (at < DIRECTORY + count * ENTRY) throw corrupt('ICO', 'a picture lies inside the directory')
  return { kind: r.u32(at) === PNG_MAGIC ? 'png' : 'bmp', at, length }
}

function readEntry(r: Reader, at: number, isCursor: boolean) {
  const side = (offset: number) => r.u8(at + offset) || 256
  // Cursors have the height of their hot spot there.
  const bits = isCursor ? 0 : Math.min(r.u16le(at + 6), 32)
  return {
    kind: 'bmp',
    rank: side(0) * side(1) * 64 + bits,
    length: r.u32le(at + 8),
    at: r.u32le(at + 12),
  } as const
}

/** Of a picture that is no PNG: what its header calls its height counts the mask of transparency too. */
export function iconHeader(bytes: Uint8Array, { at }: IconEntry): BmpHeader {
  const header = readDib(createReader(bytes), at)
  if (header.height % 2 !== 0 || header.compression !== 'none')
    throw corrupt('ICO', 'its picture is not one of an icon')
  // Alone among BMPs, those of icons have alpha in the fourth byte without saying so.
  const isPlain = header.bits === 32 && header.masks.every((mask, i) => mask === MASKS_32[i])
  const masks = isPlain ? ([0xff0000, 0xff00, 0xff, 0xff000000] as const) : header.masks
  return { ...header, height: header.height / 2, masks }
}
