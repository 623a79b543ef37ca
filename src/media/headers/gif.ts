/** GIF headers (CompuServe, "Graphics Interchange Format", 31 July 1990), up to the descriptor of the first frame. */
import type { ImageInfo } from '../info.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

const [EXTENSION, IMAGE, GRAPHIC_CONTROL, APPLICATION] = [0x21, 0x2c, 0xf9, 0xff]

/**
 * The first frame has a say in the size: browsers enlarge the screen to hold it. Whether there are more frames only the
 * whole file tells; one that repeats, or whose first frame has a duration, is taken for an animation.
 * @throws NeedsMore, CORRUPT_MEDIA
 */
export function readGif(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  const { at, animated } = findFirstFrame(r)
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
    animated,
    bitDepth: 8,
    colorModel: 'palette',
  }
}

/** Bytes of the colour table that the flags announce. */
export const tableBytes = (flags: number) => (flags & 0x80 ? 6 << (flags & 7) : 0)

function findFirstFrame(r: Reader): { readonly at: number; readonly animated: boolean } {
  let animated = false
  for (let at = 13 + tableBytes(r.u8(10)); ;) {
    const block = r.u8(at)
    if (block === IMAGE) return { at, animated }
    if (block !== EXTENSION && block !== 0) throw corrupt('GIF', 'it has no picture')
    if (block === EXTENSION) animated ||= announcesAnimation(r, at)
    at = block === EXTENSION ? skipSubBlocks(r, at + 2) : at + 1
  }
}

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
