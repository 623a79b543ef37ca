/** Pictures by our own core: JPEG decoded at the scale that is wanted, cropped, scaled and turned on the way; JPEG and WebP out. */
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

export interface CoreTarget {
  readonly format: 'jpeg' | 'webp'
  /** 1 to 100. */
  readonly quality: number
}

export interface PictureCore {
  /** From file to file, in planes. `undefined`: another decoder must do it. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED */
  transcode(source: JpegSource, target: CoreTarget): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** The picture as pixels. `undefined`: another decoder must do it. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED */
  decode(source: JpegSource): Promise<Bitmap | undefined>
  /** 4:2:0; alpha is not looked at. JPEG has libjpeg's scale of qualities, and optimal Huffman tables. */
  encode(bitmap: Bitmap, target: CoreTarget): Promise<Uint8Array<ArrayBuffer>>
}

/** libwebp's default, as sharp has it: half of it is twice as fast and takes a quarter more bytes. */
const WEBP_METHOD = 4

export function createPictureCore(context: CodecContext): PictureCore {
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
    transcode: (source, target) =>
      unlessForeign(
        slot.use((core) => {
          readPicture(core, source, { isSubsampled: true, isLimited: target.format === 'webp' })
          return writePicture(core, target)
        }, cannotDecode('JPEG')),
      ),
    decode: (source) =>
      unlessForeign(
        slot.use((core) => {
          const { width, height } = readPicture(core, source, { isSubsampled: false, isLimited: false })
          const pixels = core.copy(core.exports.picture_rgba(), width * height * 4)
          return { data: new Uint8ClampedArray(pixels.buffer), width, height }
        }, cannotDecode('JPEG')),
      ),
    encode: ({ data, width, height }, target) =>
      slot.use((core) => {
        core.begin()
        const pixels = core.exports.picture_pixels(width, height)
        core.write(pixels, data)
        core.exports.picture_from_rgba(pixels, width, height)
        if (target.format === 'webp') core.exports.picture_limit_range()
        return writePicture(core, target)
      }, cannotMake(target.format)),
  }
}

function writePicture(core: Core, { format, quality }: CoreTarget): Uint8Array<ArrayBuffer> {
  if (format === 'jpeg') core.exports.picture_to_jpeg(quality)
  else core.exports.picture_to_webp(quality, WEBP_METHOD)
  return core.output()
}

interface Samples {
  /** 4:2:0 instead of 4:4:4. */
  readonly isSubsampled: boolean
  /** BT.601's range instead of JPEG's full one. */
  readonly isLimited: boolean
}

/** Leaves the picture, scaled and turned, in the core. Returns its size. */
function readPicture(core: Core, { bytes, stored, view }: JpegSource, samples: Samples): Size {
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
  const [half, limited] = [samples.isSubsampled ? 1 : 0, samples.isLimited ? 1 : 0]
  exports.jpeg_plan(x, y, width, height, size.width, size.height, half, limited, chromaX, chromaY)
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
