/** Padding, and what lies under alpha. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Color } from '../../../plan/plan.ts'
import type { Step } from './step.ts'
import { blank, wordsOf } from './pixels.ts'

/** Stands the picture on a larger, transparent canvas. */
export const pad: Step = (bitmap, { pad: place }) => {
  if (!place) return bitmap
  const canvas = blank(place.canvas.width, place.canvas.height)
  const [source, target] = [wordsOf(bitmap), wordsOf(canvas)]
  for (let row = 0; row < bitmap.height; row++) {
    const from = row * bitmap.width
    target.set(source.subarray(from, from + bitmap.width), (place.y + row) * canvas.width + place.x)
  }
  return canvas
}

/** Composes the picture over the background ("over" of Porter and Duff), which may itself be translucent. */
export const flatten: Step = (bitmap, { background }, tick) => {
  if (!background) return bitmap
  const { width, height } = bitmap
  const result = { data: new Uint8ClampedArray(bitmap.data), width, height }
  const rowBytes = width * 4
  for (let row = 0; row < result.data.length; row += rowBytes) {
    tick()
    for (let at = row; at < row + rowBytes; at += 4)
      if (result.data[at + 3] !== 255) compose(result, at, background)
  }
  return result
}

function compose({ data }: Bitmap, at: number, under: Color): void {
  const over = (data[at + 3] ?? 0) / 255
  const alpha = over + under.a * (1 - over)
  const mix = (channel: number, colour: number) =>
    ((data[channel] ?? 0) * over + colour * under.a * (1 - over)) / (alpha || 1)
  data[at] = mix(at, under.r)
  data[at + 1] = mix(at + 1, under.g)
  data[at + 2] = mix(at + 2, under.b)
  data[at + 3] = alpha * 255
}
