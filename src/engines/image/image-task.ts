/** One picture from bytes to bytes: decode, steps, encode; or to what is known of it. Runs in a worker; knows no request. */
import { MediaError, overlayError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import { formatRow } from '../../media/format.ts'
import type { ImageRecipe, OverlayRecipe, Recipe, TrimRecipe } from '../../plan/recipe.ts'
import { resolveTrimmed } from '../../plan/resolve.ts'
import type { CodecContext } from './codec.ts'
import { createCodecs } from './codecs/codecs.ts'
import { createPictureCore } from './core/picture.ts'
import { writesInCore, type CoreTarget } from './core/targets.ts'
import { describeFile } from './describe/describe-task.ts'
import { describedAs } from './describe/description.ts'
import {
  checkFrames,
  createOpenFile,
  fileOf,
  limitFrames,
  type OpenPicture,
  type FileBytes,
  type PictureFile,
} from './open-picture.ts'
import { createPipeline } from './pipeline.ts'
import { findPart } from './trim/find-part.ts'
import { viewOf } from './view.ts'

export interface ImageTask {
  readonly recipe: Recipe
  readonly bytes: Uint8Array
  /** The original of the recipe's overlay. */
  readonly overlay?: Uint8Array
  /** Most pixels of the original; nothing larger is decoded, whatever was probed before. */
  readonly pixels: number
  /** Most frames of the original. */
  readonly frames: number
}

export interface ImageResult {
  readonly body: Uint8Array<ArrayBuffer>
  /** Content-Type. */
  readonly type: string
  /** Of the picture that was made or described, where it is known. */
  readonly width?: number
  readonly height?: number
}

/** @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED, and what `tick` throws */
export function createImageWorker(context: CodecContext): (task: ImageTask) => Promise<ImageResult> {
  const codecs = createCodecs(context)
  const core = createPictureCore(context)
  const open = createOpenFile(context, core, codecs)
  const pipeline = createPipeline(context)

  async function encode(picture: Bitmap, recipe: ImageRecipe): Promise<Uint8Array> {
    const target = coreTarget(recipe)
    if (target) return core.encode(picture, target)
    const codec = codecs.get(recipe.to)
    if (!codec?.encode)
      throw new MediaError('UNSUPPORTED_CODEC', `Cannot write ${recipe.to}: there is no encoder`)
    const { quality, lossless = false, effort } = recipe
    return codec.encode(picture, {
      ...(quality === undefined ? {} : { quality }),
      ...(effort === undefined ? {} : { effort }),
      lossless,
    })
  }

  function finish(view: Bitmap, recipe: ImageRecipe, layer: Bitmap | undefined): Bitmap {
    const made = pipeline(view, recipe, layer)
    const { width, height } = made
    if (width !== recipe.width || height !== recipe.height)
      throw new MediaError('INTERNAL', undefined, { cause: `made ${width}x${height}` })
    return made
  }

  /** Colours come first: everything after, the background too, is in sRGB. */
  async function make(recipe: ImageRecipe, picture: OpenPicture, layer?: Bitmap): Promise<Uint8Array> {
    const view = viewOf(recipe, picture.stored)
    const target = coreTarget(recipe)
    const isEdited = [picture.toSrgb, recipe.pad, recipe.background, recipe.effects, layer].some(
      (step) => step !== undefined,
    )
    if (target && recipe.animated) {
      const edit = isEdited ? (frame: Bitmap) => finish(picture.toTarget(frame), recipe, layer) : undefined
      const moving = await picture.inCore(view, (source) => core.animate(source, target, recipe, edit))
      if (moving) return moving
    }
    const made =
      target && !isEdited && (await picture.inCore(view, (source) => core.transcode(source, target)))
    return made || encode(finish(await picture.show(view), recipe, layer), recipe)
  }

  /** In the colours of the file: a border is one in any. Of an animation, the first frame decides. */
  async function trimmed(recipe: TrimRecipe, file: PictureFile, picture: OpenPicture): Promise<ImageRecipe> {
    const { orient, area, tolerance } = recipe
    limitFrames(recipe, file, picture.stored)
    const part = await findPart({
      area,
      tolerance,
      look: (crop, resize) => picture.see(viewOf({ orient, crop, resize }, picture.stored)),
      tick: () => context.tick(),
    })
    return resolveTrimmed(recipe, part)
  }

  /** Decoded once, for however many frames. */
  async function openLayer(overlay: OverlayRecipe, original: FileBytes): Promise<Bitmap> {
    try {
      const picture = await open(fileOf(overlay, original))
      return await picture.show(viewOf(overlay, picture.stored))
    } catch (error) {
      throw overlayError(error)
    }
  }

  return async ({ recipe, overlay, ...original }) => {
    if (recipe.kind === 'metadata') return describedAs(recipe, await describeFile(recipe, original, open))
    const file = fileOf(recipe, original)
    const picture = await open(file)
    const resolved = recipe.kind === 'trim' ? await trimmed(recipe, file, picture) : recipe
    const final = checkFrames(resolved, file, picture.stored)
    const layer = final.overlay && (await openLayer(final.overlay, { ...original, bytes: given(overlay) }))
    const body = await make(final, picture, layer)
    const { to, width, height } = final
    return { body: body as Uint8Array<ArrayBuffer>, type: formatRow(to).mime, width, height }
  }
}

function given(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes) return bytes
  throw new MediaError('INTERNAL', undefined, { cause: 'the overlay is missing' })
}

const DEFAULT_QUALITY = 80

function coreTarget(recipe: ImageRecipe): CoreTarget | undefined {
  const { to, quality = DEFAULT_QUALITY, lossless = false, progressive = false, effort } = recipe
  if (!writesInCore(to)) return undefined
  return { format: to, quality, lossless, progressive, ...(effort === undefined ? {} : { effort }) }
}
