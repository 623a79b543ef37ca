/** Small pictures made on the spot, photographic enough to be told apart. */
import sharp, { type Sharp } from 'sharp'

export interface PictureOptions {
  readonly width?: number
  readonly height?: number
  readonly alpha?: boolean
  /** Changes the content. */
  readonly seed?: number
}

/** Raw RGB(A): soft gradients, a disc and fine stripes, all positioned so that no flip or rotation maps it onto itself. */
export function rawPicture({ width = 320, height = 240, alpha = false, seed = 0 }: PictureOptions = {}) {
  const channels = alpha ? 4 : 3
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      data.set(pixel(x / width, y / height, alpha, seed), (y * width + x) * channels)
  }
  return { data, width, height, channels } as const
}

function pixel(x: number, y: number, alpha: boolean, seed: number): number[] {
  const inDisc = (x - 0.3) ** 2 + (y - 0.35) ** 2 < 0.03
  const stripe = y > 0.75 && Math.sin(x * 80) > 0 ? 40 : 0
  const rgb = inDisc
    ? [220, 60, 40]
    : [40 + 160 * x + stripe, 60 + 120 * y, (90 + 100 * x * y + seed * 40) % 256]
  return alpha ? [...rgb, inDisc ? 255 : Math.round(255 * y)] : rgb
}

export function picture(options: PictureOptions = {}): Sharp {
  const { data, width, height, channels } = rawPicture(options)
  return sharp(data, { raw: { width, height, channels } })
}

export async function jpegPicture(
  options: PictureOptions & { quality?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(
    await picture(options)
      .jpeg({ quality: options.quality ?? 90 })
      .toBuffer(),
  )
}

/** As classifiers take them. */
const NET_SIDE = 224

/** Raw RGB of 224x224 pixels, none of which has to do with the next. */
export function rawNoise() {
  const data = new Uint8Array(NET_SIDE * NET_SIDE * 3)
  for (let at = 0; at < NET_SIDE * NET_SIDE; at++) {
    const word = (Math.imul(at + 1, 2654435761) >>> 8) & 0xffffff
    data.set([word & 255, (word >> 8) & 255, word >> 16], at * 3)
  }
  return { data, width: NET_SIDE, height: NET_SIDE, channels: 3 } as const
}

/** What the classifier that comes along finds in it: docs/decisions/nsfw.md. */
export const NOISE_PREDICTIONS = {
  drawing: 0.728041,
  hentai: 0,
  neutral: 0.235992,
  porn: 0.008672,
  sexy: 0.002867,
}

export async function noisePicture(): Promise<Uint8Array<ArrayBuffer>> {
  const { data, width, height, channels } = rawNoise()
  return Uint8Array.from(await sharp(data, { raw: { width, height, channels } }).png().toBuffer())
}
