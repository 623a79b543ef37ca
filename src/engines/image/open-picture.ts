/** A picture file that was checked and lies ready to be looked at: by the core where it can, else by its own codec. */
import { isMediaError, limitError, MediaError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import { embeddedProfile } from '../../media/color/embedded.ts'
import { readMatrixProfile } from '../../media/color/icc.ts'
import { createConversionToSrgb, type ToSrgb } from '../../media/color/to-srgb.ts'
import type { FormatName } from '../../media/format.ts'
import { displaySize } from '../../media/headers/exif.ts'
import { corrupt } from '../../media/headers/reader.ts'
import type { Orientation } from '../../media/info.ts'
import { readWholeInfo } from '../../media/read-info.ts'
import type { Size } from '../../plan/recipe.ts'
import type { CodecContext } from './codec.ts'
import type { Codecs } from './codecs/codecs.ts'
import type { PictureCore } from './core/picture.ts'
import { readsInCore, type CoreSource } from './core/sources.ts'
import type { View } from './view.ts'

export interface PictureFile {
  readonly from: FormatName
  /** What was probed. */
  readonly orient: Orientation
  readonly bytes: Uint8Array
  /** Most pixels; nothing larger is decoded, whatever was probed before. */
  readonly pixels: number
}

export interface OpenPicture {
  /** As it is stored, not as it stands. */
  readonly stored: Size
  /** Absent: its colours are those of sRGB. */
  readonly toSrgb: ToSrgb | undefined
  /** The view, in the file's own colours. */
  see(view: View): Promise<Bitmap>
  /** The view, in sRGB. */
  show(view: View): Promise<Bitmap>
  /** `work` on what the core reads by itself; undefined when it leaves this file to a codec. */
  inCore<T>(view: View, work: (source: CoreSource) => Promise<T>): Promise<T | undefined>
}

/** @throws CORRUPT_MEDIA, LIMIT_EXCEEDED; so do its functions, and UNSUPPORTED_CODEC */
export type OpenFile = (file: PictureFile) => Promise<OpenPicture>

export function createOpenFile(context: CodecContext, core: PictureCore, codecs: Codecs): OpenFile {
  const toConversion = createConversionToSrgb()

  return async (file) => {
    const { from, bytes } = file
    const stored = announcedSize(file)
    const embedded = await embeddedProfile(from, bytes)
    const profile = embedded && readMatrixProfile(embedded)
    const toSrgb = profile && toConversion(profile)
    let isForeign = false
    let whole: Promise<Bitmap> | undefined

    async function inCore<T>(view: View, work: (source: CoreSource) => Promise<T>): Promise<T | undefined> {
      if (isForeign || !readsInCore(from)) return undefined
      try {
        return await work({ format: from, bytes, stored, view })
      } catch (error) {
        isForeign = isMediaError(error) && error.code === 'UNSUPPORTED_CODEC' && codecs.has(from)
        if (!isForeign) throw error
        return undefined
      }
    }

    async function see(view: View): Promise<Bitmap> {
      const seen = await inCore(view, core.decode)
      return seen ?? core.see(await (whole ??= decodeWhole(codecs, file, stored)), view)
    }

    return {
      stored,
      toSrgb,
      see,
      inCore,
      async show(view) {
        const seen = await see(view)
        return toSrgb ? toSrgb(seen, () => context.tick()) : seen
      },
    }
  }
}

async function decodeWhole(codecs: Codecs, { from, bytes }: PictureFile, stored: Size): Promise<Bitmap> {
  const { decode } = codecs.get(from) ?? {}
  if (!decode) throw new MediaError('UNSUPPORTED_CODEC', `Cannot decode ${from}: there is no decoder`)
  const bitmap = await decode(bytes)
  const fits = bitmap.width === stored.width && bitmap.height === stored.height
  if (!fits || bitmap.data.length !== bitmap.width * bitmap.height * 4)
    throw corrupt(from, 'its pixels are not what its header announced')
  return bitmap
}

/** As stored. The header is read again from the whole file: what passed the limits must be what is decoded. */
function announcedSize({ from, orient, bytes, pixels: most }: PictureFile): Size {
  const info = readWholeInfo(from, bytes)
  if (info.class !== 'image' || info.orientation !== orient)
    throw corrupt(from, 'it is not what its header announced')
  const pixels = info.width * info.height
  if (pixels > most) throw limitError('pixels', pixels, most)
  return displaySize(info.width, info.height, info.orientation)
}
