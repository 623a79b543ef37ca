/** Pixels as networks take them: 224x224x3 floats, row by row. */
import type { Bitmap } from '../../media/bitmap.ts'
import type { Ask } from '../../plan/plan.ts'

export const NET_SIDE = 224

/** What is made of a picture for a network: the whole of it, whatever its shape, on white. */
export const NET_ASK: Ask = {
  width: NET_SIDE,
  height: NET_SIDE,
  fit: 'fill',
  enlarge: true,
  format: 'png',
  background: { r: 255, g: 255, b: 255, a: 1 },
}

/** `rgb`: red, green, blue, 0 to 1. `bgr`: blue, green, red, 0 to 255, less the means that ImageNet's pictures have. */
export type PixelOrder = 'rgb' | 'bgr'

interface Order {
  /** Where each of three channels is in a pixel. */
  readonly from: readonly [number, number, number]
  readonly less: readonly [number, number, number]
  readonly scale: number
}

const ORDERS: Readonly<Record<PixelOrder, Order>> = {
  rgb: { from: [0, 1, 2], less: [0, 0, 0], scale: 1 / 255 },
  bgr: { from: [2, 1, 0], less: [104, 117, 123], scale: 1 },
}

/** Alpha counts for nothing. */
export function toFloats({ data }: Bitmap, order: PixelOrder): Float32Array<ArrayBuffer> {
  const { from, less, scale } = ORDERS[order]
  const floats = new Float32Array((data.length / 4) * 3)
  for (let pixel = 0, at = 0; pixel < data.length; pixel += 4)
    for (let channel = 0; channel < 3; channel++)
      floats[at++] = ((data[pixel + (from[channel] as number)] as number) - (less[channel] as number)) * scale
  return floats
}
