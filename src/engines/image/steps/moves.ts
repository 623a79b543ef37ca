/** Orientation, crop, rotate, flip, cut: nothing here changes a pixel's colour. */
import type { Orientation } from '../../../media/info.ts'
import { cropBitmap, moveBitmap, type Walk } from './pixels.ts'
import type { Step } from './step.ts'

/** TIFF 6.0 tag 0x0112: how the stored picture must be walked to stand upright. */
const ORIENTATIONS: Readonly<Record<Exclude<Orientation, 1>, Walk>> = {
  2: { swaps: false, mirrorsX: true, mirrorsY: false },
  3: { swaps: false, mirrorsX: true, mirrorsY: true },
  4: { swaps: false, mirrorsX: false, mirrorsY: true },
  5: { swaps: true, mirrorsX: false, mirrorsY: false },
  6: { swaps: true, mirrorsX: false, mirrorsY: true },
  7: { swaps: true, mirrorsX: true, mirrorsY: true },
  8: { swaps: true, mirrorsX: true, mirrorsY: false },
}
const ROTATIONS: Readonly<Record<90 | 180 | 270, Walk>> = {
  90: ORIENTATIONS[6],
  180: ORIENTATIONS[3],
  270: ORIENTATIONS[8],
}
const FLIPS: Readonly<Record<'h' | 'v' | 'hv', Walk>> = {
  h: ORIENTATIONS[2],
  v: ORIENTATIONS[4],
  hv: ORIENTATIONS[3],
}

export const orient: Step = (bitmap, { orient: value }, tick) =>
  value === 1 ? bitmap : moveBitmap(bitmap, ORIENTATIONS[value], tick)
export const crop: Step = (bitmap, { crop: box }) => (box ? cropBitmap(bitmap, box) : bitmap)
export const rotate: Step = (bitmap, { rotate: turn }, tick) =>
  turn ? moveBitmap(bitmap, ROTATIONS[turn], tick) : bitmap
export const flip: Step = (bitmap, { flip: mirror }, tick) =>
  mirror ? moveBitmap(bitmap, FLIPS[mirror], tick) : bitmap
export const cut: Step = (bitmap, { cut: box }) => (box ? cropBitmap(bitmap, box) : bitmap)
