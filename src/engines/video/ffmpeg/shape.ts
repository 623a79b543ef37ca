/** The steps of a picture that change its shape, as filters: what is scaled down much is so before anything is handed on. Pure. */
import type { VideoTrack } from '../../../media/info.ts'
import type { ImageRecipe, PictureRecipe, Size } from '../../../plan/recipe.ts'
import { exactScale } from './arguments.ts'
import { cropFilter, FLIPS, QUARTERS } from './filters.ts'

/** In this order. */
const STEPS = ['crop', 'rotate', 'flip', 'cut', 'resize'] as const
export type Shape = Pick<ImageRecipe, (typeof STEPS)[number]>

/**
 * Where so many pixels become one they are scaled from the stored colours, which is quicker and nearer to what was filmed
 * than by way of as many RGB pixels.
 */
const MUCH = 2

/** What an ffmpeg does of a picture of a frame, and what remains to be done of it. */
export function splitShape(
  picture: PictureRecipe,
  track: VideoTrack,
): { readonly shape: Shape; readonly picture: PictureRecipe } {
  if (picture.kind === 'metadata' && picture.sample) {
    const { shape, rest } = split(picture.sample, track)
    return { shape, picture: { ...picture, sample: rest } }
  }
  if (picture.kind !== 'image') return { shape: {}, picture }
  const { shape, rest } = split(picture, track)
  return { shape, picture: rest }
}

function split(picture: ImageRecipe, track: VideoTrack): { shape: Shape; rest: ImageRecipe } {
  // Edges of what shows through are scaled with their weight, and a veil comes before all else.
  if (!isMuchIn(picture, track) || track.hasAlpha || picture.veil) return { shape: {}, rest: picture }
  const steps = Object.entries(picture)
  const isStep = (name: string) => (STEPS as readonly string[]).includes(name)
  return {
    shape: Object.fromEntries(steps.filter(([name]) => isStep(name))) as Shape,
    rest: Object.fromEntries(steps.filter(([name]) => !isStep(name))) as unknown as ImageRecipe,
  }
}

const isMuchIn = (shape: Shape, size: Size): boolean => shrinkage(shape, size) >= MUCH

/** How many pixels become one. */
function shrinkage({ crop, cut, resize }: Shape, size: Size): number {
  const { width, height } = cut ?? crop ?? size
  return resize ? (width * height) / (resize.width * resize.height) : 1
}

/** Of a frame that is displayed at the size of `track`; scaling keeps what shows through apart. */
export function shapeFilters(shape: Shape, track: VideoTrack): string[] {
  const { crop, rotate, flip, cut, resize } = shape
  const scale = resize ? [exactScale(resize)] : []
  const before = track.hasAlpha ? ['format=gbrap'] : isMuchIn(shape, track) ? [] : ['format=rgb24']
  return [
    ...before,
    ...cropFilter(crop),
    ...(QUARTERS[rotate ?? 0] ?? []),
    ...FLIPS[flip ?? ''],
    ...cropFilter(cut),
    ...(track.hasAlpha ? weighted(scale) : scale),
  ]
}

/** What is transparent has no colour that could run into its neighbours. */
function weighted(filters: readonly string[]): readonly string[] {
  if (filters.length === 0) return filters
  return ['premultiply=inplace=1', ...filters, 'unpremultiply=inplace=1']
}
