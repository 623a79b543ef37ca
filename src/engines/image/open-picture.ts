/** A picture file that was checked and lies ready to be looked at: by the core where it can, else by its own codec. */
import { isMediaError, limitError, MediaError } from '../../error.ts'
import type { Bitmap, Inks } from '../../media/bitmap.ts'
import type { ToSrgb } from '../../media/color/to-srgb.ts'
import { formatRow, type FormatName } from '../../media/format.ts'
import { displaySize } from '../../media/headers/exif.ts'
import { iconEntry } from '../../media/headers/ico.ts'
import { corrupt } from '../../media/headers/reader.ts'
import type { ImageInfo, Orientation } from '../../media/info.ts'
import { readWholeInfo } from '../../media/read-info.ts'
import { countFrames } from '../../media/frame-count.ts'
import type { ImageRecipe, Size } from '../../plan/recipe.ts'
import type { CodecContext } from './codec.ts'
import type { Codecs } from './codecs/codecs.ts'
import { createColors } from './color/colors.ts'
import type { PictureCore } from './core/picture.ts'
import { FULL, type Planes, type Samples } from './core/planes.ts'
import { readsInCore, type CoreSource } from './core/sources.ts'
import { isUnscaled, viewOnto, type View } from './view.ts'

export interface PictureFile {
  readonly from: FormatName
  /** Nothing of it may be recognised. */
  readonly veil?: true
  /** What was probed. */
  readonly orient: Orientation
  readonly bytes: Uint8Array
  /** Most pixels; nothing larger is decoded, whatever was probed before. */
  readonly pixels: number
  readonly frames: number
  /** Which of its frames or pages, from 0; absent: it has one, or the first page is meant. */
  readonly page?: number
}

/** A file, and what of it may be decoded. */
export type FileBytes = Pick<PictureFile, 'bytes' | 'pixels' | 'frames'>

/** Which frames of what. */
type Frames = Pick<ImageRecipe, 'from' | 'animated' | 'page'>

/** The file as a recipe wants it. */
export function fileOf(
  { from, orient, page, animated, veil }: Frames & Pick<ImageRecipe, 'orient' | 'veil'>,
  file: FileBytes,
): PictureFile {
  const frame = animated ? 0 : page
  return { from, orient, ...file, ...(frame === undefined ? {} : { page: frame }), ...(veil ? { veil } : {}) }
}

export interface OpenPicture {
  /** As it is stored, not as it stands. */
  readonly stored: Size
  /** Absent: its colours are those of sRGB, or become them when it is decoded. */
  readonly toSrgb: ToSrgb | undefined
  /** From the file's colours to sRGB. */
  toTarget(view: Bitmap): Bitmap
  /** The view, in the file's colours. */
  see(view: View): Promise<Bitmap>
  /** The view, in sRGB. */
  show(view: View): Promise<Bitmap>
  /** The same in the colours of its profile, which then has to go along; absent: it has none that a result can have. */
  readonly own?: { readonly profile: Uint8Array; readonly picture: OpenPicture }
  /** The view in planes, in the file's colours; undefined where its codec has none to give. */
  planes(view: View, samples: Samples): Promise<Planes | undefined>
  /** `work` on what the core reads by itself; undefined when it leaves this file to a codec. */
  inCore<T>(view: View, work: (source: CoreSource) => Promise<T>): Promise<T | undefined>
}

/** @throws CORRUPT_MEDIA, LIMIT_EXCEEDED; so do its functions, and UNSUPPORTED_CODEC */
export type OpenFile = (file: PictureFile) => Promise<OpenPicture>

export function createOpenFile(context: CodecContext, core: PictureCore, codecs: Codecs): OpenFile {
  const readColors = createColors(context)

  return async (file) => {
    const { stored, colorModel } = announced(file)
    const { from, bytes, page } = contentOf(file)
    const { toSrgb, fromInks, profile } = await readColors({ from, bytes, page }, colorModel)
    const asPixels = (decoded: Bitmap | Inks) => ('inks' in decoded ? fromInks(decoded) : decoded)
    const mostDrawn = Math.min(file.pixels, MOST_DRAWN)
    let isForeign = false
    let whole: Promise<Bitmap> | undefined

    async function inCore<T>(view: View, work: (source: CoreSource) => Promise<T>): Promise<T | undefined> {
      if (isForeign || !readsInCore(from)) return undefined
      try {
        return await work({ format: from, bytes, stored, view, ...(page === undefined ? {} : { page }) })
      } catch (error) {
        isForeign = isMediaError(error) && error.code === 'UNSUPPORTED_CODEC' && codecs.has(from)
        if (!isForeign) throw error
        return undefined
      }
    }

    const planes = async (view: View, samples: Samples) => codecs.get(from)?.planes?.(bytes, view, samples)

    async function see(view: View): Promise<Bitmap> {
      const seen = await inCore(view, core.decode)
      if (seen) return seen
      const scaled = isUnscaled(view) ? undefined : await planes(view, FULL)
      if (scaled) return core.show(scaled)
      const { draw } = codecs.get(from) ?? {}
      if (draw) {
        // Larger or smaller than the file says.
        const drawn = await asPixels(await draw(bytes, zoomFor(view, stored, mostDrawn)))
        return core.see(drawn, viewOnto(drawn, stored, view))
      }
      if (!whole) context.memory?.take(stored.width * stored.height * 4)
      return core.see(await (whole ??= decodeWhole(codecs, contentOf(file), stored).then(asPixels)), view)
    }

    const opened = (toSrgb: ToSrgb | undefined): OpenPicture => {
      const toTarget = (view: Bitmap) => (toSrgb ? toSrgb(view, () => context.tick()) : view)
      return {
        stored,
        toSrgb,
        toTarget,
        inCore,
        planes,
        see,
        show: async (view) => toTarget(await see(view)),
      }
    }
    return { ...opened(toSrgb), ...(profile ? { own: { profile, picture: opened(undefined) } } : {}) }
  }
}

/** Most pixels that are drawn to be looked at: beyond, what is drawn is enlarged. */
const MOST_DRAWN = 64_000_000

/** The scale at which the view is drawn as it is wanted. */
function zoomFor({ rect, size }: View, stored: Size, most: number): number {
  const wanted = Math.max(size.width / rect.width, size.height / rect.height)
  return Math.min(wanted, Math.sqrt(most / (stored.width * stored.height)))
}

/** The file, or the one that an icon holds. */
function contentOf(file: PictureFile): PictureFile {
  const { from, bytes } = file
  const entry = from === 'ico' ? iconEntry(bytes) : undefined
  if (entry?.kind !== 'png') return file
  return { ...file, from: 'png', bytes: bytes.subarray(entry.at, entry.at + entry.length) }
}

async function decodeWhole(
  codecs: Codecs,
  { from, bytes, page }: PictureFile,
  stored: Size,
): Promise<Bitmap | Inks> {
  const { decode } = codecs.get(from) ?? {}
  if (!decode) throw new MediaError('UNSUPPORTED_CODEC', `Cannot decode ${from}: there is no decoder`)
  const decoded = await decode(bytes, page)
  const { width, height } = decoded
  const data = 'inks' in decoded ? decoded.inks : decoded.data
  if (width !== stored.width || height !== stored.height || data.length !== width * height * 4)
    throw corrupt(from, 'its pixels are not what its header announced')
  return decoded
}

interface Announced {
  readonly stored: Size
  readonly colorModel: ImageInfo['colorModel']
}

/** The header is read again from the whole file: what passed the limits must be what is decoded. */
function announced({ from, orient, bytes, pixels: most, page }: PictureFile): Announced {
  const info = readWholeInfo(from, bytes, page)
  if (info.class !== 'image' || info.orientation !== orient)
    throw corrupt(from, 'it is not what its header announced')
  const pixels = info.width * info.height
  if (pixels > most) throw limitError('pixels', pixels, most)
  const { width, height, colorModel } = info
  return { stored: displaySize(width, height, info.orientation), colorModel }
}

/**
 * Frames are counted in the whole file, which headers cannot do: all that must be decoded count.
 * @returns how many there are
 * @throws LIMIT_EXCEEDED
 */
export function limitFrames({ from, animated, page }: Frames, file: PictureFile, stored: Size): number {
  if (!animated && !page) return 1
  const count = countFrames(from, file.bytes, file.frames) ?? 1
  if (count > file.frames) throw limitError('frames', count, file.frames)
  // Pages stand for themselves; frames are drawn one over the other.
  const decoded = animated ? count : formatRow(from).hasPages ? 1 : Math.min(count, (page ?? 0) + 1)
  const pixels = decoded * stored.width * stored.height
  if (pixels > file.pixels) throw limitError('pixels', pixels, file.pixels)
  return count
}

/**
 * What was taken for an animation and has one frame is a still. The frames of a result count as those of an original do:
 * enlarging and padding would else multiply what a small file costs. @throws LIMIT_EXCEEDED
 */
export function checkFrames(recipe: ImageRecipe, file: PictureFile, stored: Size): ImageRecipe {
  const count = limitFrames(recipe, file, stored)
  const made = count * recipe.width * recipe.height
  if (recipe.animated && count > 1 && made > file.pixels) throw limitError('pixels', made, file.pixels)
  if (!recipe.animated || count > 1) return recipe
  const { animated: _, ...still } = recipe
  return { ...still, page: 0 }
}
