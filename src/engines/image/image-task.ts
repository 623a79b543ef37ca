/** One picture from bytes to bytes: decode, steps, encode. Runs in a worker; knows no request. */
import { limitError, MediaError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import type { FormatName } from '../../media/format.ts'
import { corrupt } from '../../media/headers/reader.ts'
import { displaySize } from '../../media/headers/exif.ts'
import { readWholeInfo } from '../../media/read-info.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { Codec, CodecContext } from './codec.ts'
import { createCodecs } from './codecs/codecs.ts'
import { createPipeline } from './pipeline.ts'

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
  const pipeline = createPipeline(context)

  function codecFor(format: FormatName): Codec {
    const codec = codecs.get(format)
    if (!codec) throw new MediaError('UNSUPPORTED_CODEC', `Cannot process ${format}: there is no codec`)
    return codec
  }

  return async ({ recipe, bytes, pixels }) => {
    const decode = codecFor(recipe.from).decode
    const encode = codecFor(recipe.to).encode
    if (!decode || !encode) throw new MediaError('UNSUPPORTED_CODEC')
    const announced = announcedSize(recipe, bytes, pixels)
    const bitmap = await decode(bytes)
    checkDecoded(bitmap, announced, recipe.from)
    const picture = await pipeline(bitmap, recipe)
    const { width, height } = picture
    if (width !== recipe.width || height !== recipe.height)
      throw new MediaError('INTERNAL', undefined, { cause: `made ${width}x${height}` })
    const body = await encode(picture, {
      ...(recipe.quality === undefined ? {} : { quality: recipe.quality }),
      lossless: recipe.lossless ?? false,
    })
    return { body: body as Uint8Array<ArrayBuffer>, width, height }
  }
}

/** As stored. The header is read again from the whole file: what passed the limits must be what is decoded. */
function announcedSize(recipe: ImageRecipe, bytes: Uint8Array, most: number) {
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
