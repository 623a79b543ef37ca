/** The codecs' glue hands pixels over as `ImageData`, a browser's class; servers get the little of it that is used. */
export function ensureImageData(): void {
  const scope = globalThis as { ImageData?: unknown }
  scope.ImageData ??= PlainImageData
}

class PlainImageData {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data
    this.width = width
    this.height = height
  }
}
