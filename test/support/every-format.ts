/** A small file of every format that is read, of the picture that pictures.ts makes. */
import type { FormatName } from '../../src/media/format.ts'
import { buildBmp, buildDib, buildIcon } from './bmp.ts'
import { picture, rawPicture } from './pictures.ts'

export const READ = ['jpeg', 'png', 'webp', 'avif', 'gif', 'svg', 'bmp', 'ico', 'tiff'] as const
export type ReadFormat = (typeof READ)[number]
export const WRITTEN = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const

export interface FileOptions {
  readonly width: number
  readonly height: number
  readonly alpha: boolean
}

/** JPEG has no alpha; an icon and a GIF always may have some. */
export const canHaveAlpha = (format: FormatName): boolean => format !== 'jpeg'

export async function fileOf(format: ReadFormat, options: FileOptions): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(await MAKERS[format](options))
}

const MAKERS: Readonly<Record<ReadFormat, (options: FileOptions) => Uint8Array | Promise<Uint8Array>>> = {
  jpeg: (options) => picture(options).jpeg({ quality: 95 }).toBuffer(),
  png: (options) => picture(options).png().toBuffer(),
  webp: (options) => picture(options).webp({ quality: 95 }).toBuffer(),
  avif: (options) => picture(options).avif({ quality: 80, effort: 0 }).toBuffer(),
  gif: (options) => picture(options).gif().toBuffer(),
  tiff: (options) => picture(options).tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer(),
  svg: drawing,
  bmp: (options) => {
    const { width, height, alpha } = options
    const stored = alpha
      ? { bits: 32, size: 108, compression: 3, masks: [0xff0000, 0xff00, 0xff, 0xff000000] }
      : { bits: 24 }
    return buildBmp({ width, height, ...stored, rows: bottomUp(options) })
  },
  ico: ({ width, height, alpha }) => {
    const rows = bottomUp({ width, height, alpha: true }, alpha)
    const mask = new Uint8Array(Math.ceil(width / 32) * 4 * height)
    const file = buildDib({ width, height: height * 2, bits: 32, rows, tail: mask })
    return buildIcon([{ width, height, file }])
  },
}

/** Rows from the bottom up, blue first, each of whole words. */
function bottomUp({ width, height, alpha }: FileOptions, isSeenThrough = true): Uint8Array {
  const { data, channels } = rawPicture({ width, height, alpha })
  const stride = Math.ceil((width * channels) / 4) * 4
  const rows = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [red = 0, green = 0, blue = 0, a = 255] = data.subarray((y * width + x) * channels)
      const pixel = [blue, green, red, ...(alpha ? [isSeenThrough ? a : 255] : [])]
      rows.set(pixel, (height - 1 - y) * stride + x * channels)
    }
  return rows
}

/** Edges on even pixels: at half its size they are still sharp. */
function drawing({ width, height, alpha }: FileOptions): Uint8Array {
  const ground = alpha ? '' : `<rect width="${width}" height="${height}" fill="#9ab"/>`
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${ground}` +
      `<defs><linearGradient id="g"><stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient></defs>` +
      `<rect x="4" y="8" width="20" height="12" fill="url(#g)"/><rect x="16" y="14" width="24" height="18" fill="#0a0" fill-opacity="0.5"/></svg>`,
  )
}
