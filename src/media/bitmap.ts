/** Decoded pixels: 8-bit RGBA, not premultiplied, sRGB, row by row from the top left. `data.length === width * height * 4`. */
export interface Bitmap {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

/** Decoded pixels of four inks, 8 bits each: cyan, magenta, yellow, black; 0 is none of it, 255 all. Rows as those of a bitmap. */
export interface Inks {
  readonly inks: Uint8ClampedArray
  /** One byte a pixel; absent: all are opaque. */
  readonly alpha?: Uint8ClampedArray
  readonly width: number
  readonly height: number
}

/** In place: from 255 for none of an ink to 0 for it, or back. */
export function invertInks(inks: Uint8ClampedArray): Uint8ClampedArray {
  for (let at = 0; at < inks.length; at++) inks[at] = 255 - (inks[at] as number)
  return inks
}
