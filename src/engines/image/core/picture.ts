/** Pictures by our own core: decoded at the scale that is wanted, cropped, scaled and turned on the way, and encoded. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { CodecContext } from '../codec.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'
import type { View } from '../view.ts'
import type { Size } from '../../../plan/recipe.ts'
import { FRAME_READERS, openFrames, type FrameSourceFormat } from './frames.ts'
import { createCore, type Core } from './module.ts'
import { FULL, putPlanes, type Planes } from './planes.ts'
import { nameOf, openSource, readBitmap, readSource, showCanvas, type CoreSource } from './sources.ts'
import type { Encode } from '../quality/search.ts'
import { samplesFor, settleTarget, writeTarget, type CoreTarget, type Held } from './targets.ts'

/** Each throws UNSUPPORTED_CODEC where a file is of a kind that another decoder must read. */
export interface PictureCore {
  /** From file to file, in planes where both have them. Alpha stays. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED, UNSUPPORTED_CODEC */
  transcode(source: CoreSource, target: CoreTarget, choose?: Choose): Promise<Uint8Array<ArrayBuffer>>
  /**
   * Frame by frame. `edit` is what is done to the view of each; the size of what it gives is `size`.
   * @throws CORRUPT_MEDIA, LIMIT_EXCEEDED
   */
  animate(source: CoreSource, target: CoreTarget, size: Size, edit?: Edit): Promise<Uint8Array<ArrayBuffer>>
  /** The view as pixels. @throws CORRUPT_MEDIA, LIMIT_EXCEEDED, UNSUPPORTED_CODEC */
  decode(source: CoreSource): Promise<Bitmap>
  /** Planes that another decoder has made, as pixels. @throws LIMIT_EXCEEDED */
  show(planes: Planes): Promise<Bitmap>
  /** The same to a file. They must be as `samplesFor` wants them. @throws LIMIT_EXCEEDED */
  encodePlanes(planes: Planes, target: CoreTarget, choose?: Choose): Promise<Uint8Array<ArrayBuffer>>
  /** The view of pixels that another decoder has made. @throws LIMIT_EXCEEDED */
  see(bitmap: Bitmap, view: View): Promise<Bitmap>
  /** JPEG: 4:2:0, libjpeg's scale of qualities, optimal Huffman tables; alpha is not looked at. */
  encode(bitmap: Bitmap, target: CoreTarget, choose?: Choose): Promise<Uint8Array<ArrayBuffer>>
}

/** Encodes what was read once at whatever qualities it tries, and says which file it takes. Without it: the target's own. */
export type Choose = (encode: Encode) => Promise<Uint8Array<ArrayBuffer>>

export type Edit = (view: Bitmap) => Bitmap

export function createPictureCore(context: CodecContext): PictureCore {
  const slot = createSlot(async () => {
    const core = createCore(await context.loadWasm('core'), context)
    return { api: core, memoryBytes: () => core.exports.memory.buffer.byteLength }
  }, context.memory)

  return {
    transcode: (source, target, choose) =>
      slot.hold(
        (core) => write(core, target, readFor(core, target, source), choose),
        cannotDecode(nameOf(source.format)),
      ),
    animate: (source, target, size, edit) =>
      slot.use((core) => animate(core, source, target, size, edit), cannotDecode(nameOf(source.format))),
    decode: (source) =>
      slot.use(
        (core) => {
          readPixels(core, source)
          return takePixels(core, context)
        },
        cannotDecode(nameOf(source.format)),
      ),
    show: (planes) =>
      slot.use((core) => {
        core.begin()
        putPlanes(core, planes)
        core.exports.picture_to_pixels()
        return takePixels(core)
      }, cannotMake('picture')),
    encodePlanes: (planes, target, choose) =>
      slot.hold((core) => {
        core.begin()
        putPlanes(core, planes)
        return write(core, target, 'planes', choose)
      }, cannotMake(target.format)),
    see: (bitmap, view) =>
      slot.use((core) => {
        readBitmap(core, bitmap, view)
        return takePixels(core, context)
      }, cannotMake('picture')),
    encode: (bitmap, target, choose) =>
      slot.hold((core) => {
        core.begin()
        putPixels(core, bitmap)
        return write(core, target, 'pixels', choose)
      }, cannotMake(target.format)),
  }
}

/** In planes where both have them. */
function readFor(core: Core, target: CoreTarget, source: CoreSource): Held {
  const samples = samplesFor(target)
  if (samples) return readSource(core, source, samples)
  readPixels(core, source)
  return 'pixels'
}

async function write(
  core: Core,
  target: CoreTarget,
  read: Held,
  choose: Choose = (encode) => encode(target.quality),
): Promise<Uint8Array<ArrayBuffer>> {
  const held = settleTarget(core, target, read)
  return choose(async (quality) => writeTarget(core, { ...target, quality }, held))
}

function readPixels(core: Core, source: CoreSource): void {
  if (readSource(core, source, FULL) === 'planes') core.exports.picture_to_pixels()
}

/** Of what is held for longer than a frame, an account is kept. */
function takePixels(core: Core, { memory }: Pick<CodecContext, 'memory'> = {}): Bitmap {
  const [width, height] = [core.exports.pixels_width(), core.exports.pixels_height()]
  memory?.take(width * height * 4)
  const pixels = core.copy(core.exports.pixels_at(), width * height * 4)
  return { data: new Uint8ClampedArray(pixels.buffer), width, height }
}

function putPixels(core: Core, { data, width, height }: Bitmap): void {
  core.write(core.exports.pixels_new(width, height), data)
}

function animate(
  core: Core,
  source: CoreSource,
  target: CoreTarget,
  size: Size,
  edit?: Edit,
): Uint8Array<ArrayBuffer> {
  const { exports } = core
  const reader = FRAME_READERS[source.format as FrameSourceFormat]
  const read = openSource(core, source, reader)
  reader.plan(exports)
  for (let isFirst = true; reader.next(exports, read); isFirst = false) {
    if (isFirst) openFrames(exports, target, size, reader.plays(exports))
    showCanvas(core, source.view)
    if (edit) putPixels(core, edit(takePixels(core)))
    exports.frame_take()
    exports.canvas_close()
    exports.frame_add(reader.delay(exports))
  }
  exports.frames_end()
  return core.output()
}
