/** BMP and ICO files made by hand, part by part. */

export interface BmpParts {
  readonly width: number
  /** Negative: from the top down. */
  readonly height: number
  readonly bits: number
  /** Of the header that follows the file header. */
  readonly size?: number
  readonly compression?: number
  /** Red, green, blue and alpha. */
  readonly masks?: readonly number[]
  /** As stored: blue, green, red and, but for a header of 12 bytes, zero. */
  readonly palette?: readonly (readonly number[])[]
  /** As stored. */
  readonly rows: Uint8Array
  /** What the header says of the palette's length. */
  readonly colors?: number
  /** Behind the rows. */
  readonly tail?: Uint8Array
}

/** Without the file header, as icons have it. */
export function buildDib(parts: BmpParts): Uint8Array<ArrayBuffer> {
  const { size = 40, compression = 0, masks = [], palette = [], rows, tail = new Uint8Array() } = parts
  // Masks of the header of 40 bytes stand behind it.
  const header = new Uint8Array(Math.max(size, 40 + masks.length * 4) - (size === 12 ? 28 : 0))
  const view = new DataView(header.buffer)
  view.setUint32(0, size, true)
  if (size === 12) {
    view.setUint16(4, parts.width, true)
    view.setUint16(6, parts.height, true)
    view.setUint16(8, 1, true)
    view.setUint16(10, parts.bits, true)
  } else {
    view.setInt32(4, parts.width, true)
    view.setInt32(8, parts.height, true)
    view.setUint16(12, 1, true)
    view.setUint16(14, parts.bits, true)
    view.setUint32(16, compression, true)
    view.setUint32(32, parts.colors ?? palette.length, true)
    masks.forEach((mask, i) => view.setUint32(40 + i * 4, mask, true))
  }
  const colors = Uint8Array.from(palette.flat())
  return Uint8Array.from(Buffer.concat([header, colors, rows, tail]))
}

export function buildBmp(parts: BmpParts, gap = 0): Uint8Array<ArrayBuffer> {
  const dib = buildDib(parts)
  const start = 14 + dib.length - parts.rows.length - (parts.tail?.length ?? 0)
  const file = new Uint8Array(14 + dib.length + gap)
  const view = new DataView(file.buffer)
  file.set([0x42, 0x4d])
  view.setUint32(2, file.length, true)
  view.setUint32(10, start + gap, true)
  file.set(dib.subarray(0, start - 14), 14)
  file.set(dib.subarray(start - 14), start + gap)
  return file
}

export interface IconImage {
  readonly width: number
  readonly height: number
  readonly bits?: number
  readonly file: Uint8Array
}

/** `kind` 1 is an icon, 2 a cursor. */
export function buildIcon(images: readonly IconImage[], kind = 1): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(6 + images.length * 16)
  const view = new DataView(head.buffer)
  view.setUint16(2, kind, true)
  view.setUint16(4, images.length, true)
  let offset = head.length
  images.forEach(({ width, height, bits = 32, file }, i) => {
    const at = 6 + i * 16
    head.set([width, height], at)
    view.setUint16(at + 4, 1, true)
    view.setUint16(at + 6, bits, true)
    view.setUint32(at + 8, file.length, true)
    view.setUint32(at + 12, offset, true)
    offset += file.length
  })
  return Uint8Array.from(Buffer.concat([head, ...images.map(({ file }) => file)]))
}
