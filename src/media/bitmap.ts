/** Decoded pixels: 8-bit RGBA, not premultiplied, sRGB, row by row from the top left. `data.length === width * height * 4`. */
export interface Bitmap {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}
