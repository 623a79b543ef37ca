/** Sizes and boxes: pure arithmetic on whole pixels. */
import type { Ask, CropBox, Fit, Gravity, Length } from './plan.ts'
import type { Rect, Size } from './recipe.ts'

const CENTRE: Gravity = { x: 0.5, y: 0.5 }

/** What resizing means for a picture: keep `cut`, scale it to `resize`, stand it on `pad`. */
export interface Layout {
  readonly cut?: Rect
  readonly resize: Size
  readonly pad?: Rect & { readonly canvas: Size }
}

/** The crop box in pixels, clamped into the picture; undefined when it lies outside. */
export function placeCrop(box: CropBox, picture: Size): Rect | undefined {
  const x = lengthIn(box.x, picture.width)
  const y = lengthIn(box.y, picture.height)
  const width = Math.min(Math.max(1, lengthIn(box.width, picture.width)), picture.width - x)
  const height = Math.min(Math.max(1, lengthIn(box.height, picture.height)), picture.height - y)
  return width < 1 || height < 1 ? undefined : { x, y, width, height }
}

/** In whole pixels. */
export function lengthIn(length: Length, side: number): number {
  return 'px' in length ? length.px : Math.round(length.fraction * side)
}

/** How a picture of `size` meets the box that was asked for. */
export function layOut(size: Size, ask: Ask): Layout {
  const { width, height, fit = 'scale-down', gravity: asked = CENTRE, enlarge = false } = ask
  const gravity = asked === 'auto' ? CENTRE : asked
  if (width === undefined || height === undefined) return { resize: within(size, { width, height }, enlarge) }
  return FITS[fit](size, { width, height }, gravity, enlarge)
}

type FitRule = (size: Size, box: Size, gravity: Gravity, enlarge: boolean) => Layout

const inside: FitRule = (size, box, _, enlarge) => ({ resize: within(size, box, enlarge) })

const FITS: Readonly<Record<Fit, FitRule>> = {
  'scale-down': inside,
  contain: inside,
  cover(size, box, gravity, enlarge) {
    const shape = enlarge ? 1 : Math.min(1, size.width / box.width, size.height / box.height)
    const resize = { width: toSide(box.width * shape), height: toSide(box.height * shape) }
    return { ...cutTo(size, resize, gravity), resize }
  },
  crop(size, box, gravity) {
    const scale = Math.min(1, Math.max(box.width / size.width, box.height / size.height))
    const resize = {
      width: Math.min(box.width, toSide(size.width * scale)),
      height: Math.min(box.height, toSide(size.height * scale)),
    }
    return { ...cutTo(size, resize, gravity, scale), resize }
  },
  pad(size, box, gravity, enlarge) {
    const resize = within(size, box, enlarge)
    const x = Math.round((box.width - resize.width) * gravity.x)
    const y = Math.round((box.height - resize.height) * gravity.y)
    const fills = resize.width === box.width && resize.height === box.height
    return fills ? { resize } : { resize, pad: { ...resize, x, y, canvas: box } }
  },
  fill(size, box, _, enlarge) {
    if (enlarge) return { resize: box }
    return { resize: { width: Math.min(box.width, size.width), height: Math.min(box.height, size.height) } }
  },
}

/** The largest size of the same shape inside the box. */
function within(
  size: Size,
  box: { readonly width: number | undefined; readonly height: number | undefined },
  enlarge: boolean,
): Size {
  const fitting = Math.min((box.width ?? Infinity) / size.width, (box.height ?? Infinity) / size.height)
  const scale = Math.min(fitting, enlarge ? Infinity : 1)
  if (scale === Infinity) return size
  return { width: toSide(size.width * scale), height: toSide(size.height * scale) }
}

/** The part of the picture that, scaled, is exactly `target`; absent when that is all of it. */
function cutTo(
  size: Size,
  target: Size,
  gravity: Gravity,
  scale = Math.max(target.width / size.width, target.height / size.height),
): { cut?: Rect } {
  const width = Math.min(size.width, toSide(target.width / scale))
  const height = Math.min(size.height, toSide(target.height / scale))
  if (width === size.width && height === size.height) return {}
  const x = clamp(Math.round(gravity.x * size.width - width / 2), size.width - width)
  const y = clamp(Math.round(gravity.y * size.height - height / 2), size.height - height)
  return { cut: { x, y, width, height } }
}

const toSide = (length: number) => Math.max(1, Math.round(length))
const clamp = (value: number, most: number) => Math.min(Math.max(0, value), most)
