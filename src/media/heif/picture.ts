/** An AVIF or HEIC file as a decoder of what is coded in it needs it: coded pictures, and where each of them stands (AV1 Image File Format v1.2). */
import { MediaError } from '../../error.ts'
import { corrupt, createReader, NeedsMore, type Reader } from '../headers/reader.ts'
import { readItems, type Items } from './items.ts'
import { readAperture, readCodedColors, readExtent, type CodedColors, type Extent } from './properties.ts'

/** One coded picture, which must be of this size. */
export interface Tile extends Extent {
  readonly x: number
  readonly y: number
  readonly bytes: Uint8Array
}
export interface Layer {
  readonly tiles: readonly Tile[]
  /** Overrules what the coded pictures say. */
  readonly colors?: CodedColors
}
export interface HeifPicture extends Extent {
  readonly color: Layer
  readonly alpha?: Layer
  /** Colours are stored with their alpha multiplied in. */
  readonly isPremultiplied: boolean
  /** What is kept of it; absent: all. */
  readonly aperture?: Extent & { readonly x: number; readonly y: number }
}

/** How pictures are coded, by the format of the file. */
const CODED = { avif: 'av01', heic: 'hvc1' } as const
type Format = keyof typeof CODED

/** @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readHeifPicture(bytes: Uint8Array, format: Format): HeifPicture {
  const r = createReader(bytes)
  try {
    return read(r, readItems(r, bytes), format)
  } catch (error) {
    throw error instanceof NeedsMore ? corrupt('HEIF', 'it ends too early') : error
  }
}

function read(r: Reader, items: Items, format: Format): HeifPicture {
  const { primary } = items
  const properties = items.properties(primary)
  const extent = readExtent(r, properties)
  const alphaItem = items.referrers('auxl', primary).find((item) => isAlpha(r, items, item))
  const alpha = alphaItem === undefined ? undefined : readLayer(r, items, alphaItem, extent, format)
  const aperture = readAperture(r, properties, extent)
  return {
    ...extent,
    color: readLayer(r, items, primary, extent, format),
    ...(alpha ? { alpha } : {}),
    isPremultiplied: alphaItem !== undefined && items.references('prem', primary).includes(alphaItem),
    ...(aperture ? { aperture } : {}),
  }
}

const ALPHA = /^(?:urn:mpeg:mpegB:cicp:systems:auxiliary:alpha|urn:mpeg:hevc:2015:auxid:1)\0/

function isAlpha(r: Reader, items: Items, item: number): boolean {
  return items
    .properties(item)
    .some(({ type, start, end }) => type === 'auxC' && ALPHA.test(r.text(start + 4, end - start - 4)))
}

function readLayer(r: Reader, items: Items, item: number, whole: Extent, format: Format): Layer {
  const properties = items.properties(item)
  const { width, height } = readExtent(r, properties)
  if (width !== whole.width || height !== whole.height)
    throw corrupt('HEIF', 'its alpha has another size than its colours')
  const tiles =
    items.typeOf(item) === 'grid'
      ? readGrid(r, items, item, whole, format)
      : [tileOf(r, items, item, 0, 0, format)]
  const colors = readCodedColors(r, properties)
  return { tiles, ...(colors ? { colors } : {}) }
}

function tileOf(r: Reader, items: Items, item: number, x: number, y: number, format: Format): Tile {
  const type = items.typeOf(item)
  if (type !== CODED[format])
    throw new MediaError(
      'UNSUPPORTED_CODEC',
      `Cannot decode the ${format.toUpperCase()}: items of type ${type} are not known here`,
    )
  return { ...readExtent(r, items.properties(item)), x, y, bytes: items.bytesOf(item) }
}

/** ISO/IEC 23000-22 (MIAF) section 7.3.11.4: no smaller. Held against those alone of which there are many, for each costs a decoder. */
const LEAST_SIDE = 64
const MANY_TILES = 256

/** ISO/IEC 23008-12 section 6.6.2.3: tiles of one size, row by row; together they just cover the picture. */
function readGrid(r: Reader, items: Items, item: number, { width, height }: Extent, format: Format): Tile[] {
  const grid = items.bytesOf(item)
  const [rows, columns] = [(grid[2] ?? 0) + 1, (grid[3] ?? 0) + 1]
  const parts = items.references('dimg', item)
  if (parts.length !== rows * columns)
    throw corrupt('HEIF', 'its grid has another number of tiles than it says')
  const size = readExtent(r, items.properties(parts[0] ?? 0))
  if (parts.length > MANY_TILES && Math.min(size.width, size.height) < LEAST_SIDE)
    throw corrupt('HEIF', 'its tiles are smaller than those of pictures are')
  const covers = (count: number, side: number, whole: number) =>
    count * side >= whole && (count - 1) * side < whole
  if (!covers(columns, size.width, width) || !covers(rows, size.height, height))
    throw corrupt('HEIF', 'its tiles do not cover it')
  return parts.map((part, at) => {
    const tile = tileOf(
      r,
      items,
      part,
      (at % columns) * size.width,
      Math.floor(at / columns) * size.height,
      format,
    )
    if (tile.width !== size.width || tile.height !== size.height)
      throw corrupt('HEIF', 'its tiles are not of one size')
    return tile
  })
}
