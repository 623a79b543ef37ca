/** One picture from bytes to bytes: decode, steps, encode; or to what is known of it. Runs in a worker; knows no request. */
import { MediaError, overlayError } from '../../error.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import { formatRow } from '../../media/format.ts'
import type { ImageRecipe, LookRecipe, OverlayRecipe, PictureRecipe, Rect, Size } from '../../plan/recipe.ts'
import { resolveSeen } from '../../plan/resolve.ts'
import type { CodecContext } from './codec.ts'
import { createCodecs } from './codecs/codecs.ts'
import { createPictureCore, type Choose } from './core/picture.ts'
import { samplesFor, writesInCore, type CoreTarget } from './core/targets.ts'
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
import { createAccount, MOST_BYTES } from './memory.ts'
import { createPipeline } from './pipeline.ts'
import { alongWith, type AddMetadata } from './along.ts'
import { choiceFor, hasChoice } from './quality/choose.ts'
import type { Trial } from './quality/search.ts'
import { focusOf, smallSize } from './look/focus.ts'
import { findPart } from './look/find-part.ts'
import { veiled } from './veil.ts'
import { viewOf, type View } from './view.ts'

export interface ImageTask {
  readonly recipe: PictureRecipe
  readonly bytes: Uint8Array
  /** The original of the recipe's overlay. */
  readonly overlay?: Uint8Array
  /** Most pixels of the original; nothing larger is decoded, whatever was probed before. */
  readonly pixels: number
  /** Most frames of the original. */
  readonly frames: number
  /** Most bytes of memory that the work may take. */
  readonly memory?: number
}

export interface ImageResult {
  readonly body: Uint8Array<ArrayBuffer>
  /** Content-Type. */
  readonly type: string
  /** Of the picture that was made or described, where it is known. */
  readonly width?: number
  readonly height?: number
  /** That was chosen for the client. */
  readonly quality?: number
}

type Bytes = Uint8Array<ArrayBuffer>

/** Both throw CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED, and what `tick` throws. */
export interface ImageWorker {
  (task: ImageTask): Promise<ImageResult>
  /** The picture itself, before it is encoded. */
  see(task: ImageTask & { readonly recipe: ImageRecipe }): Promise<Bitmap>
}

export function createImageWorker(given: CodecContext): ImageWorker {
  const account = createAccount()
  const context: CodecContext = { ...given, memory: account }
  const core = createPictureCore(context)
  const codecs = createCodecs(context, core)
  const open = veiled(createOpenFile(context, core, codecs), core, () => context.tick())
  /** Beside the first, which holds the picture while its trials are looked at. */
  const openOwn = createOpenFile(context, createPictureCore(context), codecs)
  const pipeline = createPipeline(context)

  function encode(picture: Bitmap, recipe: ImageRecipe, choose?: Choose): Promise<Bytes> {
    const target = coreTarget(recipe)
    if (target) return core.encode(picture, target, choose)
    const codec = codecs.get(recipe.to)
    if (!codec?.encode)
      throw new MediaError('UNSUPPORTED_CODEC', `Cannot write ${recipe.to}: there is no encoder`)
    const write = codec.encode
    const { quality, lossless = false, effort } = recipe
    const options = { ...(effort === undefined ? {} : { effort }), lossless }
    const encodeAt = async (at: number | undefined) =>
      (await write(picture, { ...options, ...(at === undefined ? {} : { quality: at }) })) as Bytes
    return choose ? choose(encodeAt) : encodeAt(quality)
  }

  function finish(view: Bitmap, recipe: ImageRecipe, layer: Bitmap | undefined): Bitmap {
    const made = pipeline(view, recipe, layer)
    const { width, height } = made
    if (width !== recipe.width || height !== recipe.height)
      throw new MediaError('INTERNAL', undefined, { cause: `made ${width}x${height}` })
    return made
  }

  /** Colours come first: everything after, the background too, is in sRGB. */
  async function make(
    recipe: ImageRecipe,
    picture: OpenPicture,
    layer: Bitmap | undefined,
    choose?: Choose,
  ): Promise<Bytes> {
    const view = viewOf(recipe, picture.stored)
    const target = coreTarget(recipe)
    const isEdited = [picture.toSrgb, recipe.pad, recipe.background, recipe.effects, layer].some(
      (step) => step !== undefined,
    )
    if (target && recipe.animated) {
      const edit = isEdited ? (frame: Bitmap) => finish(picture.toTarget(frame), recipe, layer) : undefined
      const moving = await picture.inCore(view, (source) => {
        const encodeAt = (quality: number) => core.animate(source, { ...target, quality }, recipe, edit)
        return choose ? choose(encodeAt) : encodeAt(target.quality)
      })
      if (moving) return moving
    }
    const made = target && !isEdited && (await transcode(picture, view, target, choose))
    return made || encode(finish(await picture.show(view), recipe, layer), recipe, choose)
  }

  /** In planes where both have them; undefined where the file must become pixels first. */
  async function transcode(
    picture: OpenPicture,
    view: View,
    target: CoreTarget,
    choose?: Choose,
  ): Promise<Bytes | undefined> {
    const samples = samplesFor(target)
    const planes = samples && (await picture.planes(view, samples))
    if (planes) return core.encodePlanes(planes, target, choose)
    return picture.inCore(view, (source) => core.transcode(source, target, choose))
  }

  /** With the quality that was chosen, where it was for us to choose. */
  async function makeChosen(
    recipe: ImageRecipe,
    picture: OpenPicture,
    layer: Bitmap | undefined,
    add: AddMetadata,
  ): Promise<Trial | { bytes: Bytes }> {
    const choice = choiceFor(recipe, {
      original: async () => finish(await picture.show(viewOf(recipe, picture.stored)), recipe, layer),
      decode: (bytes) => decodeOwn(recipe, bytes),
      tick: () => context.tick(),
    })
    if (!choice) return { bytes: add(await make(recipe, picture, layer)) }
    let chosen: Trial | undefined
    const bytes = await make(recipe, picture, layer, async (encodeAt) => {
      chosen = await choice(async (quality) => add(await encodeAt(quality)))
      return chosen.bytes
    })
    return chosen && hasChoice(recipe) ? chosen : { bytes }
  }

  /** What we have just made, as others will see it. */
  async function decodeOwn({ to, width, height }: ImageRecipe, bytes: Uint8Array): Promise<Bitmap> {
    const mark = account.mark()
    const { own, ...other } = await openOwn({ from: to, orient: 1, bytes, pixels: width * height, frames: 1 })
    // A profile that went along is no reason to convert.
    const picture = own?.picture ?? other
    const made = await picture.show(viewOf({ orient: 1 }, picture.stored))
    account.release(mark)
    return made
  }

  /** Of an animation, the first frame decides. */
  async function lookAt(recipe: LookRecipe, file: PictureFile, picture: OpenPicture): Promise<ImageRecipe> {
    limitFrames(recipe, file, picture.stored)
    const part = await partOf(recipe, picture)
    const centred = resolveSeen(recipe, part)
    if (recipe.question.ask.gravity !== 'auto' || !centred.cut) return centred
    const { rotate } = centred
    const isTurned = rotate === 90 || rotate === 270
    const size = isTurned ? { width: part.height, height: part.width } : part
    const { crop, flip, orient } = centred
    const moves = {
      orient,
      ...(crop ? { crop } : {}),
      ...(rotate ? { rotate } : {}),
      ...(flip ? { flip } : {}),
    }
    const small = await picture.show(viewOf({ ...moves, resize: smallSize(size) }, picture.stored))
    return resolveSeen(recipe, part, focusOf(small, size, centred.cut))
  }

  /** In the colours of the file: a border is one in any. */
  async function partOf({ orient, area, tolerance }: LookRecipe, picture: OpenPicture): Promise<Rect> {
    if (tolerance === undefined) return area
    const look = (crop: Rect, resize: Size) => picture.see(viewOf({ orient, crop, resize }, picture.stored))
    return findPart({ area, tolerance, look, tick: () => context.tick() })
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

  async function work({ recipe, overlay, ...original }: ImageTask): Promise<ImageResult> {
    if (recipe.kind === 'metadata') return describedAs(recipe, await describeFile(recipe, original, open))
    const file = fileOf(recipe, original)
    const picture = await open(file)
    const resolved = recipe.kind === 'look' ? await lookAt(recipe, file, picture) : recipe
    const final = checkFrames(resolved, file, picture.stored)
    const layer = final.overlay && (await openLayer(final.overlay, { ...original, bytes: required(overlay) }))
    const along = await alongWith(final, original.bytes, picture)
    const { bytes: body, ...chosen } = await makeChosen(final, along.picture, layer, along.add)
    const { to, width, height } = final
    return { body, type: formatRow(to).mime, width, height, ...chosen }
  }

  async function see({ recipe, ...original }: Parameters<ImageWorker['see']>[0]): Promise<Bitmap> {
    const picture = await open(fileOf(recipe, original))
    return finish(await picture.show(viewOf(recipe, picture.stored)), recipe, undefined)
  }

  const accounted =
    <T extends ImageTask, R>(act: (task: T) => Promise<R>) =>
    async (task: T): Promise<R> => {
      account.open(task.memory ?? MOST_BYTES)
      try {
        return await act(task)
      } finally {
        const garbage = account.close()
        given.leave?.(garbage)
      }
    }
  return Object.assign(accounted(work), { see: accounted(see) })
}

function required(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes) return bytes
  throw new MediaError('INTERNAL', undefined, { cause: 'the overlay is missing' })
}

const DEFAULT_QUALITY = 80

function coreTarget(recipe: ImageRecipe): CoreTarget | undefined {
  const { to, quality = DEFAULT_QUALITY, lossless = false, progressive = false, effort } = recipe
  const { leastEffort } = formatRow(to)
  // From there on it is another encoder's.
  const isSlow = leastEffort !== undefined && effort !== undefined && effort >= leastEffort
  if (!writesInCore(to) || isSlow) return undefined
  return { format: to, quality, lossless, progressive, ...(effort === undefined ? {} : { effort }) }
}
