/** AVIF headers: HEIF (ISO/IEC 23008-12) item properties of the primary item, AV1 Image File Format v1.1. */
import type { ImageInfo, Orientation } from '../info.ts'
import { displaySize } from './exif.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

interface Box {
  readonly type: string
  readonly start: number
  readonly end: number
}

/** @throws NeedsMore, CORRUPT_MEDIA */
export function readAvif(bytes: Uint8Array): ImageInfo {
  const r = createReader(bytes)
  const meta = findMeta(r)
  r.u8(meta.end - 1)
  const boxes = children(r, meta.start + 4, meta.end)
  const iprp = boxes.find((box) => box.type === 'iprp')
  const parts = iprp ? children(r, iprp.start, iprp.end) : []
  const [ipco, ipma] = ['ipco', 'ipma'].map((type) => parts.find((box) => box.type === type))
  if (!ipco || !ipma) throw corrupt('AVIF', 'it has no item properties')
  const properties = children(r, ipco.start, ipco.end)
  const primary = primaryItem(r, boxes)
  const own = associations(r, ipma, primary).flatMap((index) => properties[index - 1] ?? [])
  const hasAlpha = properties.some(
    (box) => box.type === 'auxC' && /alpha|auxid:1/.test(r.text(box.start + 4, box.end - box.start - 4)),
  )
  return describe(r, own, hasAlpha, r.text(8, 4) === 'avis')
}

function describe(r: Reader, properties: readonly Box[], hasAlpha: boolean, animated: boolean): ImageInfo {
  const find = (type: string) => properties.find((box) => box.type === type)
  const ispe = find('ispe')
  if (!ispe) throw corrupt('AVIF', 'the primary item has no size')
  const [width, height] = [r.u32(ispe.start + 4), r.u32(ispe.start + 8)]
  if (width === 0 || height === 0) throw corrupt('AVIF', 'the primary item has no size')
  const pixi = find('pixi')
  const [irot, imir] = [find('irot'), find('imir')]
  const orientation = toExif(irot ? r.u8(irot.start) & 3 : 0, imir ? r.u8(imir.start) & 1 : undefined)
  return {
    class: 'image',
    format: 'avif',
    ...displaySize(width, height, orientation),
    orientation,
    hasAlpha,
    animated,
    frames: 1,
    bitDepth: pixi ? r.u8(pixi.start + 5) : 8,
    colorModel: 'ycbcr',
  }
}

/** irot counts quarter turns anticlockwise; imir 0 mirrors top and bottom, 1 left and right, after turning. */
function toExif(turns: number, mirror: number | undefined): Orientation {
  const table = mirror === undefined ? [1, 8, 3, 6] : mirror === 1 ? [2, 7, 4, 5] : [4, 5, 2, 7]
  return table[turns] as Orientation
}

/** The file's own boxes lead to `meta`; what stands before it, and what follows, need not be there. */
function findMeta(r: Reader): Box {
  for (let at = 0; ;) {
    const box = boxAt(r, at)
    if (box.type === 'meta') return box
    at = box.end
  }
}

function children(r: Reader, from: number, to: number): Box[] {
  const boxes: Box[] = []
  for (let at = from; at + 8 <= to;) {
    const box = boxAt(r, at)
    if (box.end > to || boxes.length > 4096) throw corrupt('AVIF', 'a box is larger than its parent')
    boxes.push(box)
    at = box.end
  }
  return boxes
}

function boxAt(r: Reader, at: number): Box {
  const [size, type] = [r.u32(at), r.text(at + 4, 4)]
  const isLarge = size === 1
  const length = isLarge ? r.u32(at + 8) * 2 ** 32 + r.u32(at + 12) : size
  if (length < 8) throw corrupt('AVIF', 'a box has no length')
  return { type, start: at + (isLarge ? 16 : 8), end: at + length }
}

function primaryItem(r: Reader, boxes: readonly Box[]): number {
  const pitm = boxes.find((box) => box.type === 'pitm')
  if (!pitm) throw corrupt('AVIF', 'it has no primary item')
  return r.u8(pitm.start) === 0 ? r.u16(pitm.start + 4) : r.u32(pitm.start + 4)
}

/** Indices (from 1) of the properties of an item. */
function associations(r: Reader, ipma: Box, item: number): number[] {
  const [version, wide] = [r.u8(ipma.start), (r.u8(ipma.start + 3) & 1) === 1]
  const idBytes = version === 0 ? 2 : 4
  let at = ipma.start + 8
  for (let entry = r.u32(ipma.start + 4); entry > 0 && at < ipma.end; entry--) {
    const id = idBytes === 2 ? r.u16(at) : r.u32(at)
    const count = r.u8(at + idBytes)
    at += idBytes + 1
    const size = wide ? 2 : 1
    if (id === item)
      return Array.from({ length: count }, (_, i) =>
        wide ? r.u16(at + i * 2) & 0x7fff : r.u8(at + i) & 0x7f,
      )
    at += count * size
  }
  return []
}
