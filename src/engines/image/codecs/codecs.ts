/** Every codec by its format. A new one is a row here. */
import { isMediaError } from '../../../error.ts'
import type { FormatName } from '../../../media/format.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { createPictureCore, type PictureCore } from '../core/picture.ts'
import type { DecodeJpeg } from '../tiff/jpeg.ts'
import { wholeView } from '../view.ts'
import { createAvifCodec } from './avif.ts'
import { createBmpCodec } from './bmp.ts'
import { createHeicCodec } from './heic.ts'
import { createIcoCodec } from './ico.ts'
import { createJpegCodec } from './jpeg.ts'
import { createJxlCodec } from './jxl.ts'
import { createSvgCodec } from './svg.ts'
import { createTiffCodec } from './tiff.ts'

export type Codecs = ReadonlyMap<FormatName, Codec>

/** Modules load on first use. `core` reads what it can of the JPEGs inside of other files. */
export function createCodecs(context: CodecContext, core: PictureCore = createPictureCore(context)): Codecs {
  const jpeg = createJpegCodec(context)
  const tiff = createTiffCodec(context, jpegDecoder(core, jpeg))
  const makers = [
    createAvifCodec,
    createSvgCodec,
    createBmpCodec,
    createIcoCodec,
    createJxlCodec,
    createHeicCodec,
  ]
  const all = [jpeg, tiff, ...makers.map((create) => create(context))]
  return new Map(all.map((codec) => [codec.format, codec]))
}

function jpegDecoder(core: PictureCore, other: Codec): DecodeJpeg {
  return async (bytes, stored) => {
    try {
      return await core.decode({ format: 'jpeg', bytes, stored, view: wholeView(stored) })
    } catch (error) {
      if (!isMediaError(error) || error.code !== 'UNSUPPORTED_CODEC' || !other.draw) throw error
      return other.draw(bytes, 1)
    }
  }
}
