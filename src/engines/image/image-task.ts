/** One picture from bytes to bytes: decode, steps, encode; or to what is known of it. Runs in a worker; knows no request. */
import { MediaError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import { formatRow } from '../../media/format.ts'
import type { ImageRecipe, Recipe, TrimRecipe } from '../../plan/recipe.ts'
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
  type PictureFile,
} from './open-picture.ts'
import { createPipeline } from './pipeline.ts'
import { findPart } from './trim/find-part.ts'
import { viewOf } from './view.ts'

export interface ImageTask {
  readonly recipe: Recipe
  readonly bytes: Uint8Array
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

  function finish(view: Bitmap, recipe: ImageRecipe): Bitmap {
    const made = pipeline(view, recipe)
    const { width, height } = made
    if (width !== recipe.width || height !== recipe.height)
      throw new MediaError('INTERNAL', undefined, { cause: `made ${width}x${height}` })
    return made
  }

  /** Colours come first: everything after, the background too, is in sRGB. */
  async function make(recipe: ImageRecipe, picture: OpenPicture): Promise<Uint8Array> {
    const view = viewOf(recipe, picture.stored)
    const target = coreTarget(recipe)
    const isEdited = [picture.toSrgb, recipe.pad, recipe.background, recipe.effects].some(
      (step) => step !== undefined,
    )
    if (target && recipe.animated) {
      const edit = isEdited ? (frame: Bitmap) => finish(picture.toTarget(frame), recipe) : undefined
      const moving = await picture.inCore(view, (source) => core.animate(source, target, recipe, edit))
      if (moving) return moving
    }
    const made =
      target && !isEdited && (await picture.inCore(view, (source) => core.transcode(source, target)))
    return made || encode(finish(await picture.show(view), recipe), recipe)
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

  return async ({ recipe, ...original }) => {
    if (recipe.kind === 'metadata') return describedAs(recipe, await describeFile(recipe, original, open))
    const file = fileOf(recipe, original)
    const picture = await open(file)
    const resolved = recipe.kind === 'trim' ? await trimmed(recipe, file, picture) : recipe
    const final = checkFrames(resolved, file, picture.stored)
    const body = await make(final, picture)
    const { to, width, height } = final
    return { body: body as Uint8Array<ArrayBuffer>, type: formatRow(to).mime, width, height }
  }
}

const DEFAULT_QUALITY = 80

function coreTarget(recipe: ImageRecipe): CoreTarget | undefined {
  const { to, quality = DEFAULT_QUALITY, lossless = false, progressive = false, effort } = recipe
  if (!writesInCore(to)) return undefined
  return { format: to, quality, lossless, progressive, ...(effort === undefined ? {} : { effort }) }
}
