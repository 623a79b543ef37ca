/** What values of parameters mean, once read. */

/** A focal point as fractions of width and height, 0 to 1; compass names are such points too. */
export interface Gravity {
  readonly x: number
  readonly y: number
}

/** `auto`: where most is to be seen. */
export type AskedGravity = Gravity | 'auto'

/** 8-bit sRGB; `a` is 0 to 1. */
export interface Color {
  readonly r: number
  readonly g: number
  readonly b: number
  readonly a: number
}

/** Pixels, or a fraction of a side: for a crop of that of the upright original it runs along, for an overlay of the result's width. */
export type Length = { readonly px: number } | { readonly fraction: number }
export interface CropBox {
  readonly width: Length
  readonly height: Length
  readonly x: Length
  readonly y: Length
}

export type Quality = number | 'low' | 'medium' | 'high' | 'lossless' | 'auto'

/** What of an original's metadata is told or kept. */
export type Metadata = 'none' | 'copyright' | 'keep'
