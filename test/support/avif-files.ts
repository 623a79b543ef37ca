/** AVIF and HEIC files put together box by box, around pictures that another encoder has coded. */
import sharp from 'sharp'
import { readHeifPicture } from '../../src/media/heif/picture.ts'

const be16 = (value: number) => [(value >> 8) & 255, value & 255]
const be32 = (value: number) => [...be16(value >>> 16), ...be16(value)]
const text = (letters: string) => Array.from(letters, (letter) => letter.charCodeAt(0))
export const box = (type: string, ...content: (readonly number[])[]): number[] => {
  const bytes = content.flat()
  return [...be32(bytes.length + 8), ...text(type), ...bytes]
}

export interface AvifItem {
  readonly id: number
  readonly type: 'av01' | 'hvc1' | 'grid'
  readonly bytes: readonly number[]
  readonly properties: readonly (readonly number[])[]
  /** Its bytes lie in the box of item data. */
  readonly inIdat?: boolean
  /** Its bytes lie in two parts. */
  readonly isSplit?: boolean
}
export interface AvifLink {
  readonly type: 'auxl' | 'dimg' | 'prem'
  readonly from: number
  readonly to: readonly number[]
}

export const ispe = (width: number, height: number) => box('ispe', [0, 0, 0, 0], be32(width), be32(height))
export const irot = (turns: number) => box('irot', [turns])
export const imir = (axis: number) => box('imir', [axis])
export const clap = (...fractions: readonly number[]) =>
  box(
    'clap',
    fractions.flatMap((value) => be32(value)),
  )
export const nclx = (primaries: number, transfer: number, matrix: number, isFull: boolean) =>
  box('colr', text('nclx'), be16(primaries), be16(transfer), be16(matrix), [isFull ? 0x80 : 0])
export const profile = (icc: Uint8Array) => box('colr', text('prof'), Array.from(icc))
export const alphaUrn = box('auxC', [0, 0, 0, 0], text('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0'))
export const grid = (rows: number, columns: number, width: number, height: number) => [
  0,
  0,
  rows - 1,
  columns - 1,
  ...be16(width),
  ...be16(height),
]

export function makeAvif(
  items: readonly AvifItem[],
  links: readonly AvifLink[] = [],
  brand = 'avif',
): Uint8Array<ArrayBuffer> {
  const ftyp = box('ftyp', text(brand), be32(0), text(`${brand}mif1miaf`))
  const idat = items.filter((item) => item.inIdat).flatMap((item) => item.bytes)
  const mdat = items.filter((item) => !item.inIdat).flatMap((item) => item.bytes)
  const properties = items.flatMap((item) => item.properties)
  let index = 0
  const ipma = items.map((item) => [
    ...be16(item.id),
    item.properties.length,
    ...item.properties.map(() => ++index),
  ])
  const before = (item: AvifItem) => {
    const same = items.filter((other) => other.inIdat === item.inIdat)
    return same.slice(0, same.indexOf(item)).reduce((sum, { bytes }) => sum + bytes.length, 0)
  }
  const build = (start: number) => {
    const locations = items.map((item) => {
      const origin = before(item) + (item.inIdat ? 0 : start)
      const half = item.isSplit ? item.bytes.length >> 1 : item.bytes.length
      const extents = item.isSplit
        ? [...be32(origin), ...be32(half), ...be32(origin + half), ...be32(item.bytes.length - half)]
        : [...be32(origin), ...be32(half)]
      return [...be16(item.id), ...be16(item.inIdat ? 1 : 0), 0, 0, ...be16(item.isSplit ? 2 : 1), ...extents]
    })
    return box(
      'meta',
      [0, 0, 0, 0],
      box(
        'hdlr',
        [0, 0, 0, 0, 0, 0, 0, 0],
        text('pict'),
        Array.from({ length: 13 }, () => 0),
      ),
      box('pitm', [0, 0, 0, 0], be16(items[0]?.id ?? 0)),
      box('iloc', [1, 0, 0, 0, 0x44, 0x00], be16(items.length), locations.flat()),
      box(
        'iinf',
        [0, 0, 0, 0],
        be16(items.length),
        ...items.map((item) => box('infe', [2, 0, 0, 0], be16(item.id), [0, 0], text(`${item.type}\0`))),
      ),
      ...(links.length === 0
        ? []
        : [
            box(
              'iref',
              [0, 0, 0, 0],
              ...links.map(({ type, from, to }) => box(type, be16(from), be16(to.length), to.flatMap(be16))),
            ),
          ]),
      box('iprp', box('ipco', ...properties), box('ipma', [0, 0, 0, 0], be32(items.length), ipma.flat())),
      ...(idat.length > 0 ? [box('idat', idat)] : []),
    )
  }
  const head = [...ftyp, ...build(0)]
  return Uint8Array.from([...ftyp, ...build(head.length + 8), ...box('mdat', mdat)])
}

/** A picture and, beside it, a track of so many; their bytes need not be there to be counted. */
export function asSequence(still: Uint8Array, samples: number, handler = 'pict'): Uint8Array<ArrayBuffer> {
  const nothing = [0, 0, 0, 0]
  const track = box(
    'trak',
    box('tkhd', nothing),
    box(
      'mdia',
      box('hdlr', nothing, nothing, text(handler)),
      box('minf', box('stbl', box('stsd', nothing), box('stsz', nothing, nothing, be32(samples)))),
    ),
  )
  const file = Uint8Array.from([...still, ...box('moov', box('mvhd', nothing), track)])
  file.set(text('avis'), 8)
  return file
}

/** What sharp codes, without its container. */
export async function coded(
  pixels: Uint8Array,
  width: number,
  height: number,
  options: { quality?: number; lossless?: boolean; chromaSubsampling?: string } = {},
): Promise<{ color: number[]; alpha: number[] | undefined }> {
  const channels = (pixels.length / width / height) as 3 | 4
  const file = await sharp(pixels, { raw: { width, height, channels } })
    .avif({ effort: 0, quality: 90, ...options })
    .toBuffer()
  const { color, alpha } = readHeifPicture(file, 'avif')
  const bytesOf = (layer: typeof color) => Array.from(layer.tiles[0]?.bytes ?? [])
  return { color: bytesOf(color), alpha: alpha && bytesOf(alpha) }
}
