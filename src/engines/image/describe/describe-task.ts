/** What a whole file tells beyond its header: frames, EXIF, and a placeholder where its pixels can be had. */
import { isMediaError, type ErrorCode } from '../../../error.ts'
import { countFrames } from '../../../media/frame-count.ts'
import { findExif } from '../../../media/exif/find.ts'
import { readExif } from '../../../media/exif/read.ts'
import type { MetadataRecipe } from '../../../plan/recipe.ts'
import { fileOf, type OpenFile, type PictureFile } from '../open-picture.ts'
import { viewOf } from '../view.ts'
import { describe } from './description.ts'
import { placeholderOf, type Placeholder } from './placeholder.ts'

type File = Pick<PictureFile, 'bytes' | 'pixels' | 'frames'>

export async function describeFile(
  recipe: MetadataRecipe,
  file: File,
  open: OpenFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes } = file
  const { from, exif } = recipe
  const tiff = exif === 'none' ? undefined : findExif(from, bytes)
  return describe(recipe, {
    size: bytes.length,
    frames: countFrames(from, bytes, Infinity),
    exif: tiff && exif !== 'none' ? readExif(tiff, exif) : undefined,
    placeholder: await tryPlaceholder(recipe, file, open),
  })
}

/** The facts of a header hold whatever follows it: pixels that cannot be had cost the placeholder alone. */
async function tryPlaceholder(
  { sample }: MetadataRecipe,
  file: File,
  open: OpenFile,
): Promise<Placeholder | undefined> {
  if (!sample) return undefined
  try {
    const picture = await open(fileOf(sample, file))
    return placeholderOf(await picture.show(viewOf(sample, picture.stored)))
  } catch (error) {
    if (isMediaError(error) && PICTURES_FAULT.has(error.code)) return undefined
    throw error
  }
}

const PICTURES_FAULT: ReadonlySet<ErrorCode> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'LIMIT_EXCEEDED',
  // A package is missing.
  'NOT_SUPPORTED_HERE',
])
