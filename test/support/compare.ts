/** Likeness of pictures. */
import sharp from 'sharp'
import type { Bitmap, Inks } from '../../src/media/bitmap.ts'

export interface Pixels {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** Any file as sharp sees it: 8-bit RGBA. */
export async function rgba(file: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

/** What a decoder gives of a picture that is not of inks. */
export function asBitmap(decoded: Bitmap | Inks): Bitmap {
  if ('inks' in decoded) throw new Error('These are inks')
  return decoded
}

/** Peak signal-to-noise ratio in dB; Infinity for equal data, -Infinity for other lengths. */
export function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return -Infinity
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * a.length) / sum)
}

/** 64-bit difference hash: how brightness changes from cell to cell of a 9x8 grid. Equal looks, equal hashes, whatever the codec. */
export async function differenceHash(file: Uint8Array): Promise<string> {
  const grey = await sharp(file)
    .flatten({ background: '#fff' })
    .greyscale()
    .resize(9, 8, { fit: 'fill' })
    .raw()
    .toBuffer()
  let bits = ''
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++) bits += (grey[y * 9 + x] ?? 0) > (grey[y * 9 + x + 1] ?? 0) ? '1' : '0'
  return BigInt(`0b${bits}`).toString(16).padStart(16, '0')
}

/** Bits in which two hashes differ. */
export function hashDistance(a: string, b: string): number {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '').length
}
