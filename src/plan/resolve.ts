/** The plan meets the facts of the original: everything is decided here, and every limit checked. Pure. */
import { MediaError } from '../error.ts'
import type { ImageInfo, MediaInfo, TimedInfo } from '../media/info.ts'
import { formatRow, type FormatName } from '../media/format.ts'
import { faultOf, type SourceLimits } from './fault.ts'
import { missingWriter } from './formats.ts'
import { checkOutput, coversAll, requireCrop, stepsOf } from './bounds.ts'
import { layOut } from './geometry.ts'
import { askedFormat, chooseFormat, encoding, metadataFor } from './output.ts'
import { placeOverlay, requireOverlay } from './overlay.ts'
import type { Ask, Color, Gravity, Plan, Question } from './plan.ts'
import type {
  ImageRecipe,
  MetadataRecipe,
  OutputLimits,
  PictureRecipe,
  Recipe,
  Rect,
  Size,
  LookRecipe,
} from './recipe.ts'
import type { TimedRecipe } from './timed/recipe.ts'
import { resolveTimed } from './timed/resolve.ts'

export type ResolveLimits = OutputLimits & SourceLimits

/**
 * @param overlay what the plan lays over the result
 * @throws INVALID_PARAMETER (does not fit this class of media), LIMIT_EXCEEDED, UNSUPPORTED_CODEC, NOT_SUPPORTED_HERE,
 * and of the overlay UNSUPPORTED_MEDIA
 */
export function resolve(
  plan: Plan,
  info: ImageInfo,
  limits: ResolveLimits,
  overlay?: MediaInfo,
): PictureRecipe
export function resolve(plan: Plan, info: MediaInfo, limits: ResolveLimits, overlay?: MediaInfo): Recipe
export function resolve(plan: Plan, info: MediaInfo, limits: ResolveLimits, overlay?: MediaInfo): Recipe {
  if (info.class !== 'image') return resolveVideoOrAudio(plan, info, limits)
  if (plan.ask.format === 'json') return resolveMetadata(plan.ask, info, limits)
  return resolvePicture(plan, info, limits, overlay)
}

/** A fault names the class of the original: who wanted a picture alone then knows that it is none. */
function resolveVideoOrAudio(plan: Plan, info: TimedInfo, limits: ResolveLimits): TimedRecipe {
  if (plan.ask.overlay)
    throw new MediaError('INVALID_PARAMETER', 'Parameter "overlay" is wrong: it is for pictures', {
      details: [{ parameter: 'overlay', expected: 'a picture below it' }],
    })
  return resolveTimed(plan, info, {
    picture: (question, still) => resolvePicture(question, still, limits),
    facts: (still) => resolveMetadata(veilOf(plan.ask), still, limits),
    limits,
  })
}

function resolvePicture(
  plan: Question,
  info: ImageInfo,
  limits: ResolveLimits,
  overlay?: MediaInfo,
): ImageRecipe | LookRecipe {
  const fault = faultOf(info, limits)
  if (fault) throw fault
  const crop = plan.ask.crop && requireCrop(plan.ask, info)
  const asked = askedFormat(plan.ask)
  const lack = asked && missingWriter(asked, limits.formats)
  if (lack) throw lack
  const pictures = { info, ...(plan.ask.overlay ? { overlay: requireOverlay(overlay, limits) } : {}) }
  const mustLook = plan.ask.trim !== undefined || plan.ask.gravity === 'auto'
  return mustLook ? resolveLook(plan, pictures, crop, limits) : resolveImage(plan, pictures, crop, limits)
}

/** What is known of the originals that a result is made of. */
type Pictures = Pick<LookRecipe, 'info' | 'overlay'>

/** Whatever can be refused before the picture was looked at is refused here. */
function resolveLook(
  { ask, accepts }: Question,
  pictures: Pictures,
  crop: Rect | undefined,
  { outputSide, outputPixels, avifPixels }: ResolveLimits,
): LookRecipe {
  const { trim: tolerance, crop: _, v: __, timed: ___, ...rest } = ask
  const { info } = pictures
  quarterTurn(ask)
  return {
    kind: 'look',
    from: info.format,
    ...veilOf(ask),
    orient: info.orientation,
    ...framesOf(ask, info, false),
    area: crop ?? { x: 0, y: 0, width: info.width, height: info.height },
    ...(tolerance === undefined ? {} : { tolerance }),
    question: { ask: rest, accepts },
    ...pictures,
    limits: { outputSide, outputPixels, avifPixels },
  }
}

/**
 * @param part what remains of the upright original
 * @param gravity the point to keep in view, where it was left to us
 */
export function resolveSeen(
  { question, limits, ...pictures }: LookRecipe,
  part: Rect,
  gravity?: Gravity,
): ImageRecipe {
  const ask = gravity ? { ...question.ask, gravity } : question.ask
  return resolveImage({ ...question, ask }, pictures, part, limits)
}

/** ThumbHash takes no larger picture. */
const SAMPLE: Ask = { width: 100, height: 100, format: 'png', page: 0 }

/** Nothing but the EXIF is a matter of choice: other parameters cannot multiply stored answers. */
function resolveMetadata(ask: Ask, info: ImageInfo, limits: ResolveLimits): MetadataRecipe {
  const isDecodable = faultOf(info, limits) === undefined
  const sample = { ...SAMPLE, ...veilOf(ask) }
  return {
    kind: 'metadata',
    from: info.format,
    to: 'json',
    info,
    ...(isDecodable
      ? { sample: resolveImage({ ask: sample, accepts: [] }, { info }, undefined, limits) }
      : {}),
    exif: ask.metadata ?? 'none',
  }
}

/** @param crop the part of the upright original that counts */
function resolveImage(
  question: Question,
  { info, overlay }: Pictures,
  crop: Rect | undefined,
  limits: OutputLimits,
): ImageRecipe {
  const { ask } = question
  const turn = quarterTurn(ask)
  const upright: Size = crop ?? info
  const turned: Size =
    turn === 90 || turn === 270 ? { width: upright.height, height: upright.width } : upright
  const layout = layOut(turned, ask)
  const output = layout.pad?.canvas ?? layout.resize
  const animates = canAnimate(ask, info)
  const to = chooseFormat(question, info, output, limits.avifPixels, animates)
  const animated = animates && formatRow(to).animates
  checkOutput(output, to, limits)
  const showsThrough = info.hasAlpha || layout.pad !== undefined
  const background = showsThrough ? backgroundFor(ask.background, to) : undefined
  return {
    kind: 'image',
    from: info.format,
    ...veilOf(ask),
    ...framesOf(ask, info, animated),
    orient: info.orientation,
    ...(crop && !coversAll(crop, info) ? { crop } : {}),
    ...(turn === undefined ? {} : { rotate: turn }),
    ...(ask.flip === undefined ? {} : { flip: ask.flip }),
    ...stepsOf(layout, turned),
    ...(background === undefined ? {} : { background }),
    ...(ask.effects === undefined ? {} : { effects: ask.effects }),
    ...(ask.overlay && overlay ? { overlay: placeOverlay(ask.overlay, overlay, output) } : {}),
    to,
    ...encoding(ask, to, animated),
    ...metadataFor(ask, info.format, to),
    width: output.width,
    height: output.height,
  }
}

/** Present only where it does something. */
const veilOf = ({ veil }: Ask): Pick<ImageRecipe, 'veil'> => (veil ? { veil } : {})

function canAnimate(ask: Ask, info: ImageInfo): boolean {
  return info.animated && ask.animated !== false && ask.page === undefined && formatRow(info.format).animates
}

/** All frames, one of them, or nothing for what has only one. */
function framesOf(ask: Ask, info: ImageInfo, animated: boolean): Pick<ImageRecipe, 'animated' | 'page'> {
  if (animated) return { animated }
  const { page = 0 } = ask
  const { animates, hasPages } = formatRow(info.format)
  if ((animates && (info.animated || page > 0)) || (hasPages && page > 0)) return { page }
  if (page === 0) return {}
  throw new MediaError('INVALID_PARAMETER', 'Parameter "page" is wrong: the picture has one', {
    details: [{ parameter: 'page', value: String(page), expected: '0' }],
  })
}

function quarterTurn({ rotate }: Ask): 90 | 180 | 270 | undefined {
  if (rotate === undefined || rotate === 90 || rotate === 180 || rotate === 270) return rotate
  throw new MediaError('INVALID_PARAMETER', 'Parameter "rotate" is wrong: pictures turn by multiples of 90', {
    details: [{ parameter: 'rotate', value: String(rotate), expected: 'a multiple of 90' }],
  })
}

/** What lies under alpha and padding; undefined = nothing, the result stays transparent. Without alpha it is opaque, white by default. */
function backgroundFor(asked: Color | undefined, to: FormatName): Color | undefined {
  if (formatRow(to).hasAlpha) return asked === undefined || asked.a === 0 ? undefined : asked
  const { r, g, b, a } = asked ?? { r: 255, g: 255, b: 255, a: 1 }
  const over = (channel: number) => Math.round(channel * a + 255 * (1 - a))
  return { r: over(r), g: over(g), b: over(b), a: 1 }
}
