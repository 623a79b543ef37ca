/** Pictures in planes, on their way from a module of ours to the core: `picture.c` and `view.c` lie in each of them. */
import type { Rect, Size } from '../../../plan/recipe.ts'
import type { View, Walk } from '../view.ts'
import type { OwnExports, OwnInstance } from './instance.ts'

/** YCbCr as JFIF has it (BT.601), or grey alone; rows as `picture.c` lays them out. */
export interface Planes extends Size, Samples {
  readonly planes: readonly Uint8Array[]
}

/** How planes are wanted, where a file has them. */
export interface Samples {
  /** 4:2:0 instead of 4:4:4. */
  readonly isSubsampled: boolean
  /** BT.601's range instead of JPEG's full one. */
  readonly isLimited: boolean
}

/** Planes that become pixels again. */
export const FULL: Samples = { isSubsampled: false, isLimited: false }

/** Pointers are numbers. Booleans are 0 and 1. */
export interface PlaneExports extends OwnExports {
  view_set(
    x: number,
    y: number,
    width: number,
    height: number,
    targetWidth: number,
    targetHeight: number,
  ): void
  view_set_bounds(left: number, top: number, right: number, bottom: number): void
  view_set_planes(isSubsampled: number, isLimited: number, chromaX: number, chromaY: number): void
  picture_new(width: number, height: number, components: number, isSubsampled: number): void
  picture_turn(walk: number): void
  picture_components(): number
  picture_plane(component: number): number
  picture_plane_bytes(component: number): number
}

export function setView(core: PlaneExports, { rect, size, bounds }: View): void {
  const { x, y, width, height } = evenly(rect, size)
  core.view_set(x, y, width, height, size.width, size.height)
  if (bounds) core.view_set_bounds(bounds.x, bounds.y, bounds.x + bounds.width, bounds.y + bounds.height)
}

/** After `setView`, before planes are read. */
export function setPlanes(core: PlaneExports, { size, walk }: View, samples: Samples): void {
  const [chromaX, chromaY] = [chromaStart(walk.mirrorsX, size.width), chromaStart(walk.mirrorsY, size.height)]
  core.view_set_planes(samples.isSubsampled ? 1 : 0, samples.isLimited ? 1 : 0, chromaX, chromaY)
}

/** What was read into the picture, turned as the view wants it. */
export function takePlanes(
  { exports, copy }: Pick<OwnInstance<PlaneExports>, 'exports' | 'copy'>,
  { size, walk }: View,
  samples: Samples,
): Planes {
  exports.picture_turn(walkNumber(walk))
  const planes = Array.from({ length: exports.picture_components() }, (_, i) =>
    copy(exports.picture_plane(i), exports.picture_plane_bytes(i)),
  )
  const { width, height } = size
  return { ...samples, ...(walk.swaps ? { width: height, height: width } : { width, height }), planes }
}

/** Into the picture of the core. */
export function putPlanes(
  { exports, write }: Pick<OwnInstance<PlaneExports>, 'exports' | 'write'>,
  { width, height, planes, isSubsampled }: Planes,
): void {
  exports.picture_new(width, height, planes.length, isSubsampled ? 1 : 0)
  for (const [i, plane] of planes.entries()) write(exports.picture_plane(i), plane)
}

/**
 * Where the target's shape is the source's but for rounding, both directions are scaled alike, about the centre:
 * stretching would move pixels by up to half of one.
 */
function evenly(rect: Rect, size: Size): Rect {
  const scale = rect.width / size.width
  const height = size.height * scale
  if (Math.abs(height - rect.height) >= scale) return rect
  return { ...rect, y: rect.y + (rect.height - height) / 2, height }
}

/** Halved planes pair pixels from the start: mirrored, a side of odd length would be paired from the wrong end. */
const chromaStart = (mirrors: boolean, side: number) => (mirrors && side % 2 === 1 ? -1 : 0)

export const walkNumber = ({ swaps, mirrorsX, mirrorsY }: Walk): number =>
  (swaps ? 1 : 0) | (mirrorsX ? 2 : 0) | (mirrorsY ? 4 : 0)
