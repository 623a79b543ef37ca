/** Orientation, crop, rotate, flip, cut: nothing here changes a pixel's colour. */
import { cropBitmap, moveBitmap } from './pixels.ts'
import { FLIPS, ORIENTATIONS, ROTATIONS } from '../view.ts'
import type { Step } from './step.ts'

export const orient: Step = (bitmap, { orient: value }, tick) =>
  value === 1 ? bitmap : moveBitmap(bitmap, ORIENTATIONS[value], tick)
export const crop: Step = (bitmap, { crop: box }) => (box ? cropBitmap(bitmap, box) : bitmap)
export const rotate: Step = (bitmap, { rotate: turn }, tick) =>
  turn ? moveBitmap(bitmap, ROTATIONS[turn], tick) : bitmap
export const flip: Step = (bitmap, { flip: mirror }, tick) =>
  mirror ? moveBitmap(bitmap, FLIPS[mirror], tick) : bitmap
export const cut: Step = (bitmap, { cut: box }) => (box ? cropBitmap(bitmap, box) : bitmap)
