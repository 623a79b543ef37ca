/** Servers have neither of what the codecs' glue hands pixels over by: a browser's class, and a function of icodec. */
const ICODEC = '_icodec_ImageData'

export function ensureImageData(): void {
  const scope = globalThis as { ImageData?: unknown; [ICODEC]?: unknown }
  scope.ImageData ??= PlainImageData
  scope[ICODEC] ??= (data: Uint8ClampedArray, width: number, height: number) =>
    new PlainImageData(data, width, height)
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
