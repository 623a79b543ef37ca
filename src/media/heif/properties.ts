/** Item properties (ISO/IEC 23008-12 section 6.5): which an item has, and what they say. */
import { corrupt, type Reader } from '../headers/reader.ts'
import { children, find, type Box } from './boxes.ts'

/** The properties of each item. */
export type PropertiesOf = (item: number) => readonly Box[]

/** `meta`: the boxes in it. @throws NeedsMore, CORRUPT_MEDIA */
export function readProperties(r: Reader, meta: readonly Box[]): { all: readonly Box[]; of: PropertiesOf } {
  const iprp = find(meta, 'iprp')
  const parts = iprp ? children(r, iprp.start, iprp.end) : []
  const [ipco, ipma] = [find(parts, 'ipco'), find(parts, 'ipma')]
  if (!ipco || !ipma) throw corrupt('HEIF', 'it has no item properties')
  const all = children(r, ipco.start, ipco.end)
  return { all, of: (item) => associations(r, ipma, item).flatMap((index) => all[index - 1] ?? []) }
}

/** Indices (from 1) of the properties of an item. */
function associations(r: Reader, ipma: Box, item: number): number[] {
  const [version, wide] = [r.u8(ipma.start), (r.u8(ipma.start + 3) & 1) === 1]
  const idBytes = version === 0 ? 2 : 4
  const size = wide ? 2 : 1
  let at = ipma.start + 8
  for (let entry = r.u32(ipma.start + 4); entry > 0 && at < ipma.end; entry--) {
    const id = idBytes === 2 ? r.u16(at) : r.u32(at)
    const count = r.u8(at + idBytes)
    at += idBytes + 1
    if (id === item)
      return Array.from({ length: count }, (_, i) =>
        wide ? r.u16(at + i * 2) & 0x7fff : r.u8(at + i) & 0x7f,
      )
    at += count * size
  }
  return []
}

export interface Extent {
  readonly width: number
  readonly height: number
}

/** `ispe`. */
export function readExtent(r: Reader, properties: readonly Box[]): Extent {
  const ispe = find(properties, 'ispe')
  const extent = ispe && { width: r.u32(ispe.start + 4), height: r.u32(ispe.start + 8) }
  if (!extent || extent.width === 0 || extent.height === 0) throw corrupt('HEIF', 'an item has no size')
  return extent
}

/**
 * `clap`: what is kept of the picture, cut before it is turned. Fractions: width, height, and how far its centre lies from
 * the picture's. Undefined where there is none, or where it makes no sense or no whole pixels: then all is kept.
 */
export function readAperture(
  r: Reader,
  properties: readonly Box[],
  { width, height }: Extent,
): (Extent & { readonly x: number; readonly y: number }) | undefined {
  const clap = find(properties, 'clap')
  if (!clap) return undefined
  const signed = (at: number) => r.u32(clap.start + at) | 0
  const [across = 0, down = 0, right = 0, below = 0] = [0, 8, 16, 24].map((at) => signed(at) / signed(at + 4))
  const [x, y] = [(width - across) / 2 + right, (height - down) / 2 + below]
  const isWhole = [across, down, x, y].every((value) => Number.isInteger(value))
  const isInside = across > 0 && down > 0 && x >= 0 && y >= 0 && x + across <= width && y + down <= height
  return isWhole && isInside ? { x, y, width: across, height: down } : undefined
}

/** `colr` of the kind nclx, in the numbers of ITU-T H.273. */
export interface CodedColors {
  readonly primaries: number
  readonly transfer: number
  readonly matrix: number
  readonly isFullRange: boolean
}

export function readCodedColors(r: Reader, properties: readonly Box[]): CodedColors | undefined {
  const colr = properties.find((box) => box.type === 'colr' && r.text(box.start, 4) === 'nclx')
  if (!colr) return undefined
  const [primaries = 2, transfer = 2, matrix = 2] = [4, 6, 8].map((at) => r.u16(colr.start + at))
  return { primaries, transfer, matrix, isFullRange: (r.u8(colr.start + 10) & 0x80) !== 0 }
}

/** `colr` of the kinds that hold an ICC profile: where it lies. */
export function findProfile(r: Reader, properties: readonly Box[]): Box | undefined {
  const colr = properties.find(
    (box) => box.type === 'colr' && ['prof', 'rICC'].includes(r.text(box.start, 4)),
  )
  return colr && { ...colr, start: colr.start + 4 }
}
