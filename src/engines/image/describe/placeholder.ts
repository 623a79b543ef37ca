/** What a page shows until the picture is there: ThumbHash, BlurHash, colours. */
import { encode as encodeBlurHash } from 'blurhash'
import { rgbaToThumbHash } from 'thumbhash'
import type { Bitmap } from '../../../media/bitmap.ts'
import { paletteOf } from './palette.ts'

export interface Placeholder {
  /** Base64. */
  readonly thumbhash: string
  /** Of 4 x 3 components. */
  readonly blurhash: string
  /** `#rrggbb`; null when nothing is visible. */
  readonly dominant: string | null
  /** Up to six colours, the commonest first. */
  readonly palette: readonly string[]
}

/** Longest side of the picture that is asked for: ThumbHash takes no more. */
export const SAMPLE_SIDE = 100
/** BlurHash's cost grows with every pixel, and twelve components have no use for more. */
const BLUR_SIDE = 32
const COLORS = 6

/** @param sample no side longer than SAMPLE_SIDE */
export function placeholderOf(sample: Bitmap): Placeholder {
  const palette = paletteOf(sample, COLORS).map(({ color }) => toHex(color))
  const { data, width, height } = onMeanColor(shrunk(sample, BLUR_SIDE))
  return {
    thumbhash: toBase64(rgbaToThumbHash(sample.width, sample.height, sample.data)),
    blurhash: encodeBlurHash(data, width, height, 4, 3),
    dominant: palette[0] ?? null,
    palette,
  }
}

const toHex = (color: readonly number[]) =>
  `#${color.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`

const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))

/** Each pixel the mean of those it stands for, alpha multiplied in. */
function shrunk(bitmap: Bitmap, most: number): Bitmap {
  const { width, height } = bitmap
  const scale = Math.min(1, most / Math.max(width, height))
  const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  if (columns === width && rows === height) return bitmap
  const result = { data: new Uint8ClampedArray(columns * rows * 4), width: columns, height: rows }
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const [left, right] = [Math.floor((x * width) / columns), Math.floor(((x + 1) * width) / columns)]
      const [top, bottom] = [Math.floor((y * height) / rows), Math.floor(((y + 1) * height) / rows)]
      result.data.set(meanOf(bitmap, left, top, right, bottom), (y * columns + x) * 4)
    }
  return result
}

function meanOf({ data, width }: Bitmap, left: number, top: number, right: number, bottom: number): number[] {
  let [r, g, b, alpha] = [0, 0, 0, 0]
  for (let y = top; y < bottom; y++)
    for (let at = (y * width + left) * 4; at < (y * width + right) * 4; at += 4) {
      const a = data[at + 3] as number
      r += (data[at] as number) * a
      g += (data[at + 1] as number) * a
      b += (data[at + 2] as number) * a
      alpha += a
    }
  const share = alpha || 1
  return [r / share, g / share, b / share, alpha / ((right - left) * (bottom - top))]
}

/** BlurHash knows no alpha: what is transparent takes the mean of what is seen, as ThumbHash does it. */
function onMeanColor(bitmap: Bitmap): Bitmap {
  const { width, height } = bitmap
  const mean = meanOf(bitmap, 0, 0, width, height)
  const data = Uint8ClampedArray.from(bitmap.data, (value, at) => {
    const channel = at % 4
    if (channel === 3) return 255
    const alpha = (bitmap.data[at - channel + 3] as number) / 255
    return value * alpha + (mean[channel] as number) * (1 - alpha)
  })
  return { data, width, height }
}
