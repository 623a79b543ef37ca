/** Effects, in the order of their table: pixelate, blur, tones, colours, sharpen. Alpha is kept, but where pixels are mixed. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Effects } from '../../../request/rows/effects.ts'
import { blurBitmap } from './blur.ts'
import type { Step } from './step.ts'

type Effect = (bitmap: Bitmap, effects: Effects, tick: () => void) => Bitmap

const pixelate: Effect = (bitmap, { pixelate: side }, tick) => {
  if (side === undefined) return bitmap
  const { width, height } = bitmap
  const result = copyOf(bitmap)
  for (let top = 0; top < height; top += side) {
    tick()
    for (let left = 0; left < width; left += side)
      fillWithMean(result, left, top, Math.min(left + side, width), Math.min(top + side, height))
  }
  return result
}

function fillWithMean(
  { data, width }: Bitmap,
  left: number,
  top: number,
  right: number,
  bottom: number,
): void {
  const sums = [0, 0, 0]
  let alphas = 0
  for (let y = top; y < bottom; y++)
    for (let at = (y * width + left) * 4, end = (y * width + right) * 4; at < end; at += 4) {
      const alpha = data[at + 3] as number
      for (let i = 0; i < 3; i++) sums[i] = (sums[i] as number) + (data[at + i] as number) * alpha
      alphas += alpha
    }
  const mean = [...sums.map((sum) => sum / (alphas || 1)), alphas / ((right - left) * (bottom - top))]
  for (let y = top; y < bottom; y++)
    for (let at = (y * width + left) * 4, end = (y * width + right) * 4; at < end; at += 4) data.set(mean, at)
}

const blur: Effect = (bitmap, { blur: deviation }, tick) =>
  deviation === undefined ? bitmap : blurBitmap(bitmap, deviation, tick)

/** Brightness, contrast, gamma: each channel for itself, so one table of 256 values is all of them. */
const tones: Effect = (bitmap, { brightness = 1, contrast = 1, gamma = 1 }, tick) => {
  if (brightness === 1 && contrast === 1 && gamma === 1) return bitmap
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => {
    const bright = Math.min(255, value * brightness)
    const far = Math.min(255, Math.max(0, (bright - 127.5) * contrast + 127.5))
    return far >= 255 ? 255 : 255 * (far / 255) ** (1 / gamma)
  })
  return mapColors(bitmap, tick, (data, at) => {
    for (let i = 0; i < 3; i++) data[at + i] = table[data[at + i] as number] as number
  })
}

/** Lightness as BT.709 weighs it, of values as they are stored: that of the filters of CSS. */
const lightness = (r: number, g: number, b: number) => 0.2126 * r + 0.7152 * g + 0.0722 * b

const colors: Effect = (bitmap, { saturation = 1, grayscale = false, tint }, tick) => {
  const keep = grayscale ? 0 : saturation
  if (keep === 1 && !tint) return bitmap
  const own = tint ? lightness(tint.r, tint.g, tint.b) : 0
  const hue = tint ? [tint.r - own, tint.g - own, tint.b - own] : undefined
  return mapColors(bitmap, tick, (data, at) => {
    const [r, g, b] = [data[at] as number, data[at + 1] as number, data[at + 2] as number]
    const grey = lightness(r, g, b)
    for (let i = 0; i < 3; i++)
      data[at + i] = hue ? grey + (hue[i] as number) : grey + ((data[at + i] as number) - grey) * keep
  })
}

/** Of what differs from the picture's surroundings there becomes more. */
const sharpen: Effect = (bitmap, { sharpen: amount }, tick) => {
  if (amount === undefined) return bitmap
  const { data: soft } = blurBitmap(bitmap, 1, tick)
  return mapColors(bitmap, tick, (data, at) => {
    for (let i = at; i < at + 3; i++) {
      const value = data[i] as number
      data[i] = value + amount * (value - (soft[i] as number))
    }
  })
}

function copyOf({ data, width, height }: Bitmap): Bitmap {
  return { data: new Uint8ClampedArray(data), width, height }
}

/** `change` is called for each pixel with the place of its red. */
function mapColors(
  bitmap: Bitmap,
  tick: () => void,
  change: (data: Uint8ClampedArray, at: number) => void,
): Bitmap {
  const result = copyOf(bitmap)
  const { data, width } = result
  for (let row = 0; row < data.length; row += width * 4) {
    tick()
    for (let at = row; at < row + width * 4; at += 4) change(data, at)
  }
  return result
}

const EFFECTS: readonly Effect[] = [pixelate, blur, tones, colors, sharpen]

export const applyEffects: Step = (bitmap, { effects }, tick) =>
  effects ? EFFECTS.reduce((picture, effect) => effect(picture, effects, tick), bitmap) : bitmap
