/** JPEG by our own core: decoded at the scale that is wanted, cropped, scaled and turned on the way. */
import { isMediaError } from '../../../error.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import type { Rect, Size } from '../../../plan/recipe.ts'
import type { CodecContext } from '../codec.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'
import type { View, Walk } from '../view.ts'
import { createCore, type Core } from './module.ts'

export interface JpegSource {
  readonly bytes: Uint8Array
  /** As stored: what the header announced to those who checked the limits. */
  readonly stored: Size
  readonly view: View
}

export interface JpegCore {
  /** From file to file, in planes. `undefined`: another decoder must do it. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED */
  transcode(source: JpegSource, quality: number): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** The picture as pixels. `undefined`: another decoder must do it. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED */
  decode(source: JpegSource): Promise<Bitmap | undefined>
  /** 4:2:0 with optimal Huffman tables; alpha is not looked at. @param quality 1 to 100, on libjpeg's scale */
  encode(bitmap: Bitmap, quality: number): Promise<Uint8Array<ArrayBuffer>>
}

export function createJpegCore(context: CodecContext): JpegCore {
  const slot = createSlot(async () => {
    const core = createCore(await context.loadWasm('core'), context)
    return { api: core, memoryBytes: () => core.exports.memory.buffer.byteLength }
  })

  async function unlessForeign<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      if (isMediaError(error) && error.code === 'UNSUPPORTED_CODEC') return undefined
      throw error
    }
  }

  return {
    transcode: (source, quality) =>
      unlessForeign(
        slot.use((core) => {
          readPicture(core, source, true)
          core.exports.picture_to_jpeg(quality)
          return core.output()
        }, cannotDecode('JPEG')),
      ),
    decode: (source) =>
      unlessForeign(
        slot.use((core) => {
          const { width, height } = readPicture(core, source, false)
          const pixels = core.copy(core.exports.picture_rgba(), width * height * 4)
          return { data: new Uint8ClampedArray(pixels.buffer), width, height }
        }, cannotDecode('JPEG')),
      ),
    encode: ({ data, width, height }, quality) =>
      slot.use((core) => {
        core.begin()
        const pixels = core.exports.picture_pixels(width, height)
        core.write(pixels, data)
        core.exports.picture_from_rgba(pixels, width, height)
        core.exports.picture_to_jpeg(quality)
        return core.output()
      }, cannotMake('JPEG')),
  }
}

/** Leaves the picture, scaled and turned, in the core. Returns its size. */
function readPicture(core: Core, { bytes, stored, view }: JpegSource, isSubsampled: boolean): Size {
  const { exports } = core
  core.begin()
  exports.jpeg_begin()
  const read = core.reader(bytes)
  read(exports.jpeg_head)
  if (exports.jpeg_width() !== stored.width || exports.jpeg_height() !== stored.height)
    throw corrupt('JPEG', 'it is not what its header announced')
  const { size, walk } = view
  const { x, y, width, height } = evenly(view.rect, size)
  const [chromaX, chromaY] = [chromaStart(walk.mirrorsX, size.width), chromaStart(walk.mirrorsY, size.height)]
  exports.jpeg_plan(x, y, width, height, size.width, size.height, isSubsampled ? 1 : 0, chromaX, chromaY)
  read(exports.jpeg_rows)
  exports.picture_turn(walkNumber(walk))
  return walk.swaps ? { width: size.height, height: size.width } : size
}

/**
 * Where the target's shape is the source's but for rounding, both directions are scaled alike, about the centre:
 * stretching would move pixels by up to half of one.
 */
function evenly(rect: Rect, size: Size): Rect {
  const scale = rect.width / size.width
  const height = size.height * scale
  if (Math.abs(height - rect.height) >= scale) return rect
  return { ...rect, y: rect.y + (rect.height - height) / 2, height }
}

/** Halved planes pair pixels from the start: mirrored, a side of odd length would be paired from the wrong end. */
const chromaStart = (mirrors: boolean, side: number) => (mirrors && side % 2 === 1 ? -1 : 0)

const walkNumber = ({ swaps, mirrorsX, mirrorsY }: Walk) =>
  (swaps ? 1 : 0) | (mirrorsX ? 2 : 0) | (mirrorsY ? 4 : 0)
