/** What metadata must be true of: the picture that was made. It stands upright. */
export interface Made {
  readonly width: number
  readonly height: number
  /** Its colours became sRGB. */
  readonly isConverted: boolean
}
