/** The pictures of an AVIF file, by dav1d (`wasm/dav1d`), as one picture with its alpha. */
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { readHeifPicture, type HeifPicture, type Layer, type Tile } from '../../../media/heif/picture.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { createInstance, type OwnInstance } from '../core/instance.ts'
import {
  setPlanes,
  setView,
  takePlanes,
  type PlaneExports,
  type Planes,
  type Samples,
} from '../core/planes.ts'
import { cannotDecode, createSlot } from '../slot.ts'
import type { View } from '../view.ts'

/** What `wasm/dav1d/src` exports; pointers are numbers. Booleans are 0 and 1. */
interface Av1Exports extends PlaneExports {
  av1_buffer(bytes: number): number
  av1_decode(bytes: number, pixels: number): void
  av1_width(): number
  av1_height(): number
  av1_matrix(): number
  av1_is_full_range(): number
  av1_planes(isFullRange: number): void
  av1_close(): void
  canvas_open(width: number, height: number): number
  canvas_put_color(x: number, y: number, matrix: number, isFullRange: number): void
  canvas_put_alpha(x: number, y: number, isFullRange: number): void
  canvas_divide(): void
}

export interface Av1Decoder extends Required<Pick<Codec, 'planes'>> {
  decode(bytes: Uint8Array): Promise<Bitmap>
}

/** @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED */
export function createAv1Decoder(context: CodecContext): Av1Decoder {
  const slot = createSlot(async () => {
    const instance = createInstance<Av1Exports>(await context.loadWasm('dav1d'), context)
    return { api: instance, memoryBytes: () => instance.exports.memory.buffer.byteLength }
  }, context.memory)
  return {
    async decode(bytes) {
      const picture = readHeifPicture(bytes, 'avif')
      return slot.use((instance) => decode(instance, picture), cannotDecode('AVIF'))
    },
    async planes(bytes, view, samples) {
      const layer = planarLayer(readHeifPicture(bytes, 'avif'))
      if (!layer) return undefined
      const read = (instance: OwnInstance<Av1Exports>) => ({
        planes: readPlanes(instance, layer, view, samples),
      })
      return (await slot.use(read, cannotDecode('AVIF'))).planes
    },
  }
}

/** By H.273's numbers: BT.601's two, and what says nothing. */
const PLANAR_MATRICES = new Set([2, 5, 6])

/** The layer that has planes to give: one tile, opaque, whole, and no other colours than those of JPEG, as far as is known before. */
function planarLayer({ color, alpha, aperture, width, height }: HeifPicture): Layer | undefined {
  const { tiles, colors } = color
  const [tile, second] = tiles
  const isWhole = tile?.width === width && tile.height === height && !second && !alpha && !aperture
  return isWhole && (!colors || PLANAR_MATRICES.has(colors.matrix)) ? color : undefined
}

function readPlanes(
  instance: OwnInstance<Av1Exports>,
  layer: Layer,
  view: View,
  samples: Samples,
): Planes | undefined {
  const { exports } = instance
  let planes: Planes | undefined
  instance.begin()
  eachTile(instance, layer, (_, matrix, isFullRange) => {
    if (!PLANAR_MATRICES.has(matrix)) return
    setView(exports, view)
    setPlanes(exports, view, samples)
    exports.av1_planes(isFullRange)
    planes = takePlanes(instance, view, samples)
  })
  return planes
}

function decode(instance: OwnInstance<Av1Exports>, picture: HeifPicture): Bitmap {
  const { exports } = instance
  const { width, height, color, alpha, isPremultiplied, aperture } = picture
  instance.begin()
  const canvas = exports.canvas_open(width, height)
  eachTile(instance, color, ({ x, y }, matrix, isFullRange) =>
    exports.canvas_put_color(x, y, matrix, isFullRange),
  )
  if (alpha)
    eachTile(instance, alpha, ({ x, y }, _, isFullRange) => exports.canvas_put_alpha(x, y, isFullRange))
  if (isPremultiplied) exports.canvas_divide()
  const data = new Uint8ClampedArray(instance.copy(canvas, width * height * 4).buffer)
  return aperture ? cut({ data, width, height }, aperture) : { data, width, height }
}

type Put = (tile: Tile, matrix: number, isFullRange: number) => void

function eachTile({ exports, write }: OwnInstance<Av1Exports>, { tiles, colors }: Layer, put: Put): void {
  for (const tile of tiles) {
    const { bytes, width, height } = tile
    write(exports.av1_buffer(bytes.length), bytes)
    exports.av1_decode(bytes.length, width * height)
    if (exports.av1_width() !== width || exports.av1_height() !== height)
      throw corrupt('AVIF', 'it is not what its header announced')
    const isFullRange = colors ? (colors.isFullRange ? 1 : 0) : exports.av1_is_full_range()
    put(tile, colors?.matrix ?? exports.av1_matrix(), isFullRange)
    exports.av1_close()
  }
}

function cut({ data, width }: Bitmap, box: NonNullable<HeifPicture['aperture']>): Bitmap {
  const kept = new Uint8ClampedArray(box.width * box.height * 4)
  for (let row = 0; row < box.height; row++) {
    const from = ((box.y + row) * width + box.x) * 4
    kept.set(data.subarray(from, from + box.width * 4), row * box.width * 4)
  }
  return { data: kept, width: box.width, height: box.height }
}
