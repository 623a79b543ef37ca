/** Pictures by our own core: decoded at the scale that is wanted, cropped, scaled and turned on the way, and encoded. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { CodecContext } from '../codec.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'
import type { View } from '../view.ts'
import { createCore, type Core } from './module.ts'
import { nameOf, readBitmap, readSource, type CoreSource, type Samples } from './sources.ts'
import { samplesFor, writeTarget, type CoreTarget } from './targets.ts'

/** Each throws UNSUPPORTED_CODEC where a file is of a kind that another decoder must read. */
export interface PictureCore {
  /** From file to file, in planes where both have them. Alpha stays. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED, UNSUPPORTED_CODEC */
  transcode(source: CoreSource, target: CoreTarget): Promise<Uint8Array<ArrayBuffer>>
  /** The view as pixels. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED, UNSUPPORTED_CODEC */
  decode(source: CoreSource): Promise<Bitmap>
  /** The view of pixels that another decoder has made. @throws LIMIT_EXCEEDED */
  see(bitmap: Bitmap, view: View): Promise<Bitmap>
  /** JPEG: 4:2:0, libjpeg's scale of qualities, optimal Huffman tables; alpha is not looked at. */
  encode(bitmap: Bitmap, target: CoreTarget): Promise<Uint8Array<ArrayBuffer>>
}

/** Planes that become pixels again. */
const FULL: Samples = { isSubsampled: false, isLimited: false }

export function createPictureCore(context: CodecContext): PictureCore {
  const slot = createSlot(async () => {
    const core = createCore(await context.loadWasm('core'), context)
    return { api: core, memoryBytes: () => core.exports.memory.buffer.byteLength }
  })

  return {
    transcode: (source, target) =>
      slot.use(
        (core) => {
          const samples = samplesFor(target)
          if (samples) return writeTarget(core, target, readSource(core, source, samples))
          readPixels(core, source)
          return writeTarget(core, target, 'pixels')
        },
        cannotDecode(nameOf(source.format)),
      ),
    decode: (source) =>
      slot.use(
        (core) => {
          readPixels(core, source)
          return takePixels(core)
        },
        cannotDecode(nameOf(source.format)),
      ),
    see: (bitmap, view) =>
      slot.use((core) => {
        readBitmap(core, bitmap, view)
        return takePixels(core)
      }, cannotMake('picture')),
    encode: ({ data, width, height }, target) =>
      slot.use((core) => {
        core.begin()
        core.write(core.exports.pixels_new(width, height), data)
        return writeTarget(core, target, 'pixels')
      }, cannotMake(target.format)),
  }
}

function readPixels(core: Core, source: CoreSource): void {
  if (readSource(core, source, FULL) === 'planes') core.exports.picture_to_pixels()
}

function takePixels(core: Core): Bitmap {
  const [width, height] = [core.exports.pixels_width(), core.exports.pixels_height()]
  const pixels = core.copy(core.exports.pixels_at(), width * height * 4)
  return { data: new Uint8ClampedArray(pixels.buffer), width, height }
}
