/** GIF headers (CompuServe, "Graphics Interchange Format", 31 July 1990), up to the descriptor of the first frame. */
import type { ImageInfo } from '../info.ts'
import { corrupt, createReader, NeedsMore, type Reader } from './reader.ts'

const [EXTENSION, IMAGE, GRAPHIC_CONTROL, APPLICATION] = [0x21, 0x2c, 0xf9, 0xff]
/** Where a second frame is looked for. What has a longer first one is taken for an animation until its frames are counted. */
const LOOKED_AT = 256 * 1024

/**
 * The first frame has a say in the size: browsers enlarge the screen to hold it. One that repeats, or whose first frame
 * has a duration, is taken for an animation; in others a second frame is looked for.
 * @throws NeedsMore, CORRUPT_MEDIA
 */
export function readGif(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  let isAnnounced = false
  let still: ImageInfo | undefined
  try {
    for (const { kind, at } of gifBlocks(r)) {
      if (kind === EXTENSION) isAnnounced ||= announcesAnimation(r, at)
      else if (still) return { ...still, animated: true }
      else {
        still = describe(r, at)
        if (isAnnounced) return { ...still, animated: true }
      }
    }
  } catch (error) {
    if (!still || !(error instanceof NeedsMore)) throw error
    if (r.length >= LOOKED_AT) return { ...still, animated: true }
    throw new NeedsMore(error.bytes, still)
  }
  if (!still) throw corrupt('GIF', 'it has no picture')
  return still
}

/** @param at where the descriptor of its first frame is */
function describe(r: Reader, at: number): ImageInfo {
  const screen = { width: r.u16le(6), height: r.u16le(8) }
  const isEmpty = screen.width === 0 || screen.height === 0
  const width = Math.max(isEmpty ? 0 : screen.width, r.u16le(at + 1) + r.u16le(at + 5))
  const height = Math.max(isEmpty ? 0 : screen.height, r.u16le(at + 3) + r.u16le(at + 7))
  r.u8(at + 9)
  if (width === 0 || height === 0) throw corrupt('GIF', 'it has no size')
  return {
    class: 'image',
    format: 'gif',
    width,
    height,
    orientation: 1,
    hasAlpha: true,
    frames: 1,
    animated: false,
    bitDepth: 8,
    colorModel: 'palette',
  }
}

/** Its extensions and frames, in order, up to whatever is neither. @throws NeedsMore */
export function* gifBlocks(r: Reader): Generator<{ readonly kind: number; readonly at: number }> {
  for (let at = 13 + tableBytes(r.u8(10)); ;) {
    const kind = r.u8(at)
    if (kind === IMAGE || kind === EXTENSION) yield { kind, at }
    if (kind === IMAGE) at = skipSubBlocks(r, at + 11 + tableBytes(r.u8(at + 9)))
    else if (kind === EXTENSION) at = skipSubBlocks(r, at + 2)
    else if (kind === 0) at++
    else return
  }
}
export const isGifFrame = ({ kind }: { readonly kind: number }): boolean => kind === IMAGE

/** Bytes of the colour table that the flags announce. */
export const tableBytes = (flags: number): number => (flags & 0x80 ? 6 << (flags & 7) : 0)

function announcesAnimation(r: Reader, at: number): boolean {
  const [label, length] = [r.u8(at + 1), r.u8(at + 2)]
  if (label === GRAPHIC_CONTROL) return length >= 4 && r.u16le(at + 4) > 0
  return label === APPLICATION && length === 11 && /^(?:NETSCAPE2\.0|ANIMEXTS1\.0)$/.test(r.text(at + 3, 11))
}

/** Behind the terminator. */
export function skipSubBlocks(r: Reader, start: number): number {
  let at = start
  while (r.u8(at) !== 0) at += 1 + r.u8(at)
  return at + 1
}
