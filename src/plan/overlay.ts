/** An overlay meets the result: how large it is, and where it stands. Pure. */
import { MediaError, overlayError } from '../error.ts'
import type { ImageInfo, MediaInfo } from '../media/info.ts'
import { faultOf, type SourceLimits } from './fault.ts'
import { lengthIn } from './geometry.ts'
import type { OverlayAsk } from './plan.ts'
import type { OverlayRecipe, Rect, Size } from './recipe.ts'

/** The first frame of an animation. @throws UNSUPPORTED_MEDIA, LIMIT_EXCEEDED, UNSUPPORTED_CODEC, NOT_SUPPORTED_HERE */
export function requireOverlay(info: MediaInfo | undefined, limits: SourceLimits): ImageInfo {
  if (!info) throw new MediaError('INTERNAL', undefined, { cause: 'the overlay was not opened' })
  const fault =
    info.class === 'image'
      ? faultOf(info, limits)
      : new MediaError('UNSUPPORTED_MEDIA', `Cannot lay ${info.class} over a picture`)
  if (fault) throw overlayError(fault)
  return info as ImageInfo
}

export function placeOverlay(
  { width, gravity, opacity, margin, veil }: OverlayAsk,
  info: ImageInfo,
  result: Size,
): OverlayRecipe {
  const room = within(result, margin === undefined ? 0 : lengthIn(margin, result.width))
  const asked = width === undefined ? info.width : lengthIn(width, result.width)
  const scale = Math.min(asked / info.width, room.width / info.width, room.height / info.height)
  const resize = { width: toSide(info.width * scale), height: toSide(info.height * scale) }
  const { x, y } = gravity ?? { x: 0.5, y: 0.5 }
  return {
    from: info.format,
    ...(veil ? { veil } : {}),
    orient: info.orientation,
    ...(info.animated ? { page: 0 } : {}),
    resize,
    x: room.x + Math.round((room.width - resize.width) * x),
    y: room.y + Math.round((room.height - resize.height) * y),
    ...(opacity === undefined ? {} : { opacity }),
  }
}

/** What a margin leaves of the result: a pixel at least. */
function within({ width, height }: Size, margin: number): Rect {
  const x = Math.min(margin, Math.floor((width - 1) / 2))
  const y = Math.min(margin, Math.floor((height - 1) / 2))
  return { x, y, width: width - 2 * x, height: height - 2 * y }
}

const toSide = (length: number) => Math.max(1, Math.round(length))
