/** One picture from bytes to bytes: decode, steps, encode. Runs in a worker; knows no request. */
import { isMediaError, limitError, MediaError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import { embeddedProfile } from '../../media/color/embedded.ts'
import { readMatrixProfile } from '../../media/color/icc.ts'
import { createConversionToSrgb, type ToSrgb } from '../../media/color/to-srgb.ts'
import type { FormatName } from '../../media/format.ts'
import { corrupt } from '../../media/headers/reader.ts'
import { displaySize } from '../../media/headers/exif.ts'
import { countFrames } from '../../media/frame-count.ts'
import { readWholeInfo } from '../../media/read-info.ts'
import type { ImageRecipe, Size } from '../../plan/recipe.ts'
import type { Codec, CodecContext } from './codec.ts'
import { createCodecs } from './codecs/codecs.ts'
import { createPictureCore } from './core/picture.ts'
import { readsInCore, type CoreSource } from './core/sources.ts'
import { writesInCore, type CoreTarget } from './core/targets.ts'
import { createPipeline } from './pipeline.ts'
import { viewOf } from './view.ts'

export interface ImageTask {
  readonly recipe: ImageRecipe
  readonly bytes: Uint8Array
  /** Most pixels of the original; nothing larger is decoded, whatever was probed before. */
  readonly pixels: number
  /** Most frames of the original. */
  readonly frames: number
}

export interface ImageResult {
  readonly body: Uint8Array<ArrayBuffer>
  readonly width: number
  readonly height: number
}

/** @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED, and what `tick` throws */
export function createImageWorker(context: CodecContext): (task: ImageTask) => Promise<ImageResult> {
  const codecs = createCodecs(context)
  const core = createPictureCore(context)
  const pipeline = createPipeline(context)
  const toConversion = createConversionToSrgb()

  function codecFor(format: FormatName): Codec {
    const codec = codecs.get(format)
    if (!codec) throw new MediaError('UNSUPPORTED_CODEC', `Cannot process ${format}: there is no codec`)
    return codec
  }

  async function decodeWhole(recipe: ImageRecipe, bytes: Uint8Array, stored: Size): Promise<Bitmap> {
    const { decode } = codecFor(recipe.from)
    if (!decode) throw new MediaError('UNSUPPORTED_CODEC')
    const bitmap = await decode(bytes)
    checkDecoded(bitmap, stored, recipe.from)
    return bitmap
  }

  async function encode(picture: Bitmap, recipe: ImageRecipe): Promise<Uint8Array> {
    const target = coreTarget(recipe)
    if (target) return core.encode(picture, target)
    const codec = codecFor(recipe.to)
    if (!codec.encode) throw new MediaError('UNSUPPORTED_CODEC')
    const { quality, lossless = false, effort } = recipe
    return codec.encode(picture, {
      ...(quality === undefined ? {} : { quality }),
      ...(effort === undefined ? {} : { effort }),
      lossless,
    })
  }

  async function readConversion(format: FormatName, bytes: Uint8Array): Promise<ToSrgb | undefined> {
    const embedded = await embeddedProfile(format, bytes)
    const profile = embedded && readMatrixProfile(embedded)
    return profile && toConversion(profile)
  }

  /** Colours first: everything after, the background too, is in sRGB. */
  function edit(view: Bitmap, recipe: ImageRecipe, toSrgb?: ToSrgb): Bitmap {
    const made = pipeline(toSrgb ? toSrgb(view, () => context.tick()) : view, recipe)
    const { width, height } = made
    if (width !== recipe.width || height !== recipe.height)
      throw new MediaError('INTERNAL', undefined, { cause: `made ${width}x${height}` })
    return made
  }

  async function makeInCore(recipe: ImageRecipe, source: CoreSource, toSrgb?: ToSrgb): Promise<Uint8Array> {
    const isEdited = [toSrgb, recipe.pad, recipe.background, recipe.effects].some(
      (step) => step !== undefined,
    )
    const target = coreTarget(recipe)
    const change = isEdited ? (view: Bitmap) => edit(view, recipe, toSrgb) : undefined
    if (target && recipe.animated) return core.animate(source, target, recipe, change)
    if (target && !change) return core.transcode(source, target)
    const view = await core.decode(source)
    return encode(change ? change(view) : view, recipe)
  }

  async function make(recipe: ImageRecipe, bytes: Uint8Array, stored: Size): Promise<Uint8Array> {
    const { from } = recipe
    const [view, toSrgb] = [viewOf(recipe, stored), await readConversion(from, bytes)]
    if (readsInCore(from))
      try {
        const { page } = recipe
        const source = { format: from, bytes, stored, view, ...(page === undefined ? {} : { page }) }
        return await makeInCore(recipe, source, toSrgb)
      } catch (error) {
        const isForeign = isMediaError(error) && error.code === 'UNSUPPORTED_CODEC'
        if (!isForeign || !codecs.has(from)) throw error
      }
    const whole = await decodeWhole(recipe, bytes, stored)
    return encode(edit(await core.see(whole, view), recipe, toSrgb), recipe)
  }

  return async (task) => {
    const { bytes } = task
    const stored = announcedSize(task)
    const recipe = checkFrames(task, stored)
    const body = await make(recipe, bytes, stored)
    return { body: body as Uint8Array<ArrayBuffer>, width: recipe.width, height: recipe.height }
  }
}

const DEFAULT_QUALITY = 80

function coreTarget(recipe: ImageRecipe): CoreTarget | undefined {
  const { to, quality = DEFAULT_QUALITY, lossless = false, progressive = false, effort } = recipe
  if (!writesInCore(to)) return undefined
  return { format: to, quality, lossless, progressive, ...(effort === undefined ? {} : { effort }) }
}

/** As stored. The header is read again from the whole file: what passed the limits must be what is decoded. */
function announcedSize({ recipe, bytes, pixels: most }: ImageTask): Size {
  const info = readWholeInfo(recipe.from, bytes)
  if (info.class !== 'image' || info.orientation !== recipe.orient)
    throw corrupt(recipe.from, 'it is not what its header announced')
  const pixels = info.width * info.height
  if (pixels > most) throw limitError('pixels', pixels, most)
  return displaySize(info.width, info.height, info.orientation)
}

/**
 * Frames are counted in the whole file, which headers cannot do: all that must be decoded count. What was taken for an
 * animation and has one frame is a still.
 */
function checkFrames(
  { recipe, bytes, pixels: mostPixels, frames: mostFrames }: ImageTask,
  stored: Size,
): ImageRecipe {
  if (!recipe.animated && !recipe.page) return recipe
  const count = countFrames(recipe.from, bytes, mostFrames)
  if (count > mostFrames) throw limitError('frames', count, mostFrames)
  const decoded = recipe.animated ? count : Math.min(count, (recipe.page ?? 0) + 1)
  const pixels = decoded * stored.width * stored.height
  if (pixels > mostPixels) throw limitError('pixels', pixels, mostPixels)
  if (!recipe.animated || count > 1) return recipe
  const { animated: _, ...still } = recipe
  return { ...still, page: 0 }
}

function checkDecoded(bitmap: Bitmap, announced: { width: number; height: number }, format: string): void {
  const fits = bitmap.width === announced.width && bitmap.height === announced.height
  if (!fits || bitmap.data.length !== bitmap.width * bitmap.height * 4)
    throw corrupt(format, 'its pixels are not what its header announced')
}
