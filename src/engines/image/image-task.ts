/** One picture from bytes to bytes: decode, steps, encode. Runs in a worker; knows no request. */
import { isMediaError, limitError, MediaError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import { embeddedProfile } from '../../media/color/embedded.ts'
import { readMatrixProfile } from '../../media/color/icc.ts'
import { createConversionToSrgb, type ToSrgb } from '../../media/color/to-srgb.ts'
import type { FormatName } from '../../media/format.ts'
import { corrupt } from '../../media/headers/reader.ts'
import { displaySize } from '../../media/headers/exif.ts'
import { iconEntry } from '../../media/headers/ico.ts'
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

  async function decodeWhole({ format, bytes }: PictureFile, stored: Size): Promise<Bitmap> {
    const { decode } = codecFor(format)
    if (!decode) throw new MediaError('UNSUPPORTED_CODEC')
    const bitmap = await decode(bytes)
    checkDecoded(bitmap, stored, format)
    return bitmap
  }

  async function encode(picture: Bitmap, recipe: ImageRecipe): Promise<Uint8Array> {
    const target = coreTarget(recipe)
    if (target) return core.encode(picture, target)
    const codec = codecFor(recipe.to)
    if (!codec.encode) throw new MediaError('UNSUPPORTED_CODEC')
    const { quality, lossless = false } = recipe
    return codec.encode(picture, { ...(quality === undefined ? {} : { quality }), lossless })
  }

  async function readConversion(format: FormatName, bytes: Uint8Array): Promise<ToSrgb | undefined> {
    const embedded = await embeddedProfile(format, bytes)
    const profile = embedded && readMatrixProfile(embedded)
    return profile && toConversion(profile)
  }

  /** Colours first: everything after, the background too, is in sRGB. */
  async function finish(view: Bitmap, recipe: ImageRecipe, toSrgb?: ToSrgb): Promise<Uint8Array> {
    const made = await pipeline(toSrgb ? toSrgb(view, () => context.tick()) : view, recipe)
    const { width, height } = made
    if (width !== recipe.width || height !== recipe.height)
      throw new MediaError('INTERNAL', undefined, { cause: `made ${width}x${height}` })
    return encode(made, recipe)
  }

  async function makeInCore(recipe: ImageRecipe, source: CoreSource, toSrgb?: ToSrgb): Promise<Uint8Array> {
    const needsPixels = toSrgb ?? recipe.pad ?? recipe.background ?? recipe.effects
    const target = needsPixels ? undefined : coreTarget(recipe)
    return target ? core.transcode(source, target) : finish(await core.decode(source), recipe, toSrgb)
  }

  async function make(recipe: ImageRecipe, file: PictureFile, stored: Size): Promise<Uint8Array> {
    const { format, bytes } = file
    const [view, toSrgb] = [viewOf(recipe, stored), await readConversion(format, bytes)]
    if (readsInCore(format))
      try {
        return await makeInCore(recipe, { format, bytes, stored, view }, toSrgb)
      } catch (error) {
        const isForeign = isMediaError(error) && error.code === 'UNSUPPORTED_CODEC'
        if (!isForeign || !codecs.has(format)) throw error
      }
    const whole = await decodeWhole(file, stored)
    return finish(await core.see(whole, view), recipe, toSrgb)
  }

  return async ({ recipe, bytes, pixels }) => {
    const stored = announcedSize(recipe, bytes, pixels)
    const body = await make(recipe, pictureFile(recipe.from, bytes), stored)
    return { body: body as Uint8Array<ArrayBuffer>, width: recipe.width, height: recipe.height }
  }
}

interface PictureFile {
  readonly format: FormatName
  readonly bytes: Uint8Array
}

/** The file, or the one that an icon holds. */
function pictureFile(format: FormatName, bytes: Uint8Array): PictureFile {
  const entry = format === 'ico' ? iconEntry(bytes) : undefined
  if (entry?.kind !== 'png') return { format, bytes }
  return { format: 'png', bytes: bytes.subarray(entry.at, entry.at + entry.length) }
}

const DEFAULT_QUALITY = 80

function coreTarget({
  to,
  quality = DEFAULT_QUALITY,
  lossless = false,
}: ImageRecipe): CoreTarget | undefined {
  return writesInCore(to) ? { format: to, quality, lossless } : undefined
}

/** As stored. The header is read again from the whole file: what passed the limits must be what is decoded. */
function announcedSize(recipe: ImageRecipe, bytes: Uint8Array, most: number): Size {
  const info = readWholeInfo(recipe.from, bytes)
  if (info.class !== 'image' || info.orientation !== recipe.orient)
    throw corrupt(recipe.from, 'it is not what its header announced')
  const pixels = info.width * info.height
  if (pixels > most) throw limitError('pixels', pixels, most)
  return displaySize(info.width, info.height, info.orientation)
}

function checkDecoded(bitmap: Bitmap, announced: { width: number; height: number }, format: string): void {
  const fits = bitmap.width === announced.width && bitmap.height === announced.height
  if (!fits || bitmap.data.length !== bitmap.width * bitmap.height * 4)
    throw corrupt(format, 'its pixels are not what its header announced')
}
