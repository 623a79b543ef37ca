/** The steps of a picture that change its shape, as filters: what is scaled down much is so before anything is handed on. Pure. */
import type { VideoTrack } from '../../../media/info.ts'
import type { ImageRecipe, PictureRecipe, Size } from '../../../plan/recipe.ts'
import { exactScale } from './arguments.ts'
import { cropFilter, FLIPS, QUARTERS } from './filters.ts'

/** In this order. */
const STEPS = ['crop', 'rotate', 'flip', 'cut', 'resize'] as const
export type Shape = Pick<ImageRecipe, (typeof STEPS)[number]>

/** So many pixels that become one make it worth while. */
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
  const isMuch = shrinkage(picture, track) >= MUCH && !track.hasAlpha && !picture.veil
  if (!isMuch) return { shape: {}, rest: picture }
  const steps = Object.entries(picture)
  const isStep = (name: string) => (STEPS as readonly string[]).includes(name)
  return {
    shape: Object.fromEntries(steps.filter(([name]) => isStep(name))) as Shape,
    rest: Object.fromEntries(steps.filter(([name]) => !isStep(name))) as unknown as ImageRecipe,
  }
}

/** How many pixels become one. */
export function shrinkage({ crop, cut, resize }: Shape, size: Size): number {
  const { width, height } = cut ?? crop ?? size
  return resize ? (width * height) / (resize.width * resize.height) : 1
}

/**
 * Of a frame that is displayed at the size of `track`; scaling keeps what shows through apart.
 * @param isDirect colour, which is stored for two pixels by two, is scaled from there
 */
export function shapeFilters(shape: Shape, track: VideoTrack, isDirect: boolean): string[] {
  const { crop, rotate, flip, cut, resize } = shape
  const scale = resize ? [exactScale(resize)] : []
  const before = track.hasAlpha ? ['format=gbrap'] : isDirect ? [] : ['format=rgb24']
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
