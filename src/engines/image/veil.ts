/**
 * Pictures of which nothing may be recognised. The whole of one becomes a small blurred one before anything is cut out of
 * it: whatever is asked for, and however many pieces are put together, there is no more to be had than that.
 */
import type { Size } from '../../plan/recipe.ts'
import type { PictureCore } from './core/picture.ts'
import type { OpenFile, OpenPicture } from './open-picture.ts'
import { blurBitmap } from './steps/blur.ts'
import { viewOnto, wholeView, type View } from './view.ts'

/** Longest side of the small picture, which is blurred by a twelfth of that. */
const SIDE = 48
const DEVIATION = 1 / 12

/** Opens files that want no veil as they are. */
export function veiled(open: OpenFile, core: PictureCore, tick: () => void): OpenFile {
  return async (file) => {
    const picture = await open(file)
    return file.veil ? cover(picture, core, tick) : picture
  }
}

async function cover(
  { stored, show }: OpenPicture,
  core: PictureCore,
  tick: () => void,
): Promise<OpenPicture> {
  const size = within(stored, SIDE)
  const small = await show({ ...wholeView(stored), size })
  const deviation = Math.max(size.width, size.height) * DEVIATION
  const blurred = blurBitmap(small, Math.max(deviation, LEAST), tick)
  const see = (view: View) => core.see(blurred, viewOnto(blurred, stored, view))
  return {
    stored,
    toSrgb: undefined,
    toTarget: (view) => view,
    see,
    show: see,
    planes: async () => undefined,
    inCore: async () => undefined,
  }
}

/** Pictures of a few pixels are blurred too. */
const LEAST = 0.6

function within({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
