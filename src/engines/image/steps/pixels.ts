/** Whole-pixel moves: one 32-bit word a pixel, so that nothing here knows of channels. */
import type { Bitmap } from '../../../media/bitmap.ts'

export function wordsOf({ data }: Bitmap): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4)
}

/** An empty (transparent black) picture. */
export function blank(width: number, height: number): Bitmap {
  return { data: new Uint8ClampedArray(width * height * 4), width, height }
}
