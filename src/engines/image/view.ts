/** Orientation, crop, rotation, flip and cut as one move: which part of the stored picture, and how it is walked. Pure. */
import type { Orientation } from '../../media/info.ts'
import type { ImageRecipe, Rect, Size } from '../../plan/recipe.ts'

/**
 * How a target finds its pixels: target (x, y) is source (x, y), with the axes swapped first and then mirrored in the
 * source. The eight of them are the symmetries of a rectangle.
 */
export interface Walk {
  readonly swaps: boolean
  /** The source column runs against its axis. */
  readonly mirrorsX: boolean
  readonly mirrorsY: boolean
}

export interface View {
  /** In the stored picture. */
  readonly rect: Rect
  /** What was cropped before: pixels beyond are not there for the filter. Absent: all of the picture is. */
  readonly bounds?: Rect
  /** What it is scaled to, still lying as it is stored. */
  readonly size: Size
  /** How the scaled picture is turned at last. */
  readonly walk: Walk
}

const STRAIGHT: Walk = { swaps: false, mirrorsX: false, mirrorsY: false }
/** TIFF 6.0 tag 0x0112: how the stored picture must be walked to stand upright. */
export const ORIENTATIONS: Readonly<Record<Orientation, Walk>> = {
  1: STRAIGHT,
  2: { swaps: false, mirrorsX: true, mirrorsY: false },
  3: { swaps: false, mirrorsX: true, mirrorsY: true },
  4: { swaps: false, mirrorsX: false, mirrorsY: true },
  5: { swaps: true, mirrorsX: false, mirrorsY: false },
  6: { swaps: true, mirrorsX: false, mirrorsY: true },
  7: { swaps: true, mirrorsX: true, mirrorsY: true },
  8: { swaps: true, mirrorsX: true, mirrorsY: false },
}
export const ROTATIONS: Readonly<Record<90 | 180 | 270, Walk>> = {
  90: ORIENTATIONS[6],
  180: ORIENTATIONS[3],
  270: ORIENTATIONS[8],
}
export const FLIPS: Readonly<Record<'h' | 'v' | 'hv', Walk>> = {
  h: ORIENTATIONS[2],
  v: ORIENTATIONS[4],
  hv: ORIENTATIONS[3],
}

interface Place {
  readonly rect: Rect
  readonly walk: Walk
}

type Moves = Pick<ImageRecipe, 'orient' | 'crop' | 'rotate' | 'flip' | 'cut' | 'resize'>

export const isUnscaled = ({ rect, size }: View): boolean =>
  rect.width === size.width && rect.height === size.height

/** Everything, as it is. */
export function wholeView(size: Size): View {
  return { rect: { x: 0, y: 0, ...size }, size, walk: STRAIGHT }
}

/** @param stored the size of the picture as it is stored */
export function viewOf(recipe: Moves, stored: Size): View {
  let place: Place = { rect: { x: 0, y: 0, ...stored }, walk: ORIENTATIONS[recipe.orient] }
  if (recipe.crop) place = cutOut(place, recipe.crop)
  const bounds = recipe.crop ? { bounds: place.rect } : {}
  if (recipe.rotate) place = turn(place, ROTATIONS[recipe.rotate])
  if (recipe.flip) place = turn(place, FLIPS[recipe.flip])
  if (recipe.cut) place = cutOut(place, recipe.cut)
  const { rect, walk } = place
  const { width, height } = recipe.resize ?? walked(rect, walk)
  return { rect, walk, ...bounds, size: walk.swaps ? { width: height, height: width } : { width, height } }
}

/** The same view of the same picture at another size. */
export function viewOnto(other: Size, stored: Size, view: View): View {
  const [across, down] = [other.width / stored.width, other.height / stored.height]
  const moved = ({ x, y, width, height }: Rect): Rect => ({
    x: x * across,
    y: y * down,
    width: width * across,
    height: height * down,
  })
  const { rect, bounds } = view
  return { ...view, rect: moved(rect), ...(bounds ? { bounds: moved(bounds) } : {}) }
}

function walked({ width, height }: Size, { swaps }: Walk): Size {
  return swaps ? { width: height, height: width } : { width, height }
}

/** One walk after another. */
function turn({ rect, walk: first }: Place, second: Walk): Place {
  const [alongX, alongY] = first.swaps
    ? [second.mirrorsY, second.mirrorsX]
    : [second.mirrorsX, second.mirrorsY]
  const walk = {
    swaps: first.swaps !== second.swaps,
    mirrorsX: first.mirrorsX !== alongX,
    mirrorsY: first.mirrorsY !== alongY,
  }
  return { rect, walk }
}

/** A box of the picture as it is seen, found in the stored one. */
function cutOut({ rect, walk }: Place, box: Rect): Place {
  const { x, y, width, height } = walk.swaps
    ? { x: box.y, y: box.x, width: box.height, height: box.width }
    : box
  return {
    walk,
    rect: {
      x: rect.x + (walk.mirrorsX ? rect.width - x - width : x),
      y: rect.y + (walk.mirrorsY ? rect.height - y - height : y),
      width,
      height,
    },
  }
}
