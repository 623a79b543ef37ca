/** sharp at our quality: its setting whose SSIM is ours, and what its file would have there. */
import sharp from 'sharp'
import type { ImageRecipe } from '../../../src/plan/recipe.ts'
import { lumaOf, lumaPsnr, ssim, type Luma } from './likeness.ts'
import type { Make } from './ours.ts'

export interface Encoded {
  readonly bytes: number
  readonly ssim: number
  readonly psnr: number
}
export interface Match {
  readonly ours: Encoded
  /** At the same number. */
  readonly same: Encoded
  /** sharp's setting that comes nearest to our SSIM. */
  readonly nearest: number
  readonly atNearest: Encoded
  /** Bytes of sharp at exactly our SSIM, interpolated between two settings; absent where none of 1 to 100 reaches it. */
  readonly equalBytes: number | undefined
}

export interface MatchOptions {
  /** A PNG; it is encoded at its own size, so that nobody's scaling is judged. */
  readonly png: Buffer
  readonly to: 'jpeg' | 'webp' | 'avif'
  readonly quality: number
  readonly rival?: Readonly<Record<string, unknown>>
}

export async function match(make: Make, { png, to, quality, rival = {} }: MatchOptions): Promise<Match> {
  const original = await lumaOfFile(png)
  const { width, height } = original
  const judge = async (file: Uint8Array): Promise<Encoded> => {
    const seen = await lumaOfFile(file)
    return { bytes: file.length, ssim: ssim(original, seen), psnr: lumaPsnr(original, seen) }
  }
  const known = new Map<number, Promise<Encoded>>()
  const theirs = (at: number) => {
    const result =
      known.get(at) ??
      sharp(png)
        .toFormat(to, { ...rival, quality: at })
        .toBuffer()
        .then(judge)
    known.set(at, result)
    return result
  }
  const recipe: ImageRecipe = { kind: 'image', from: 'png', orient: 1, to, quality, width, height }
  const ours = await judge(await make(recipe, png))
  const same = await theirs(quality)
  const [below, above] = await bracket(theirs, ours.ssim, quality)
  const [low, high] = [await theirs(below), await theirs(above)]
  const isLow = Math.abs(low.ssim - ours.ssim) < Math.abs(high.ssim - ours.ssim)
  return {
    ours,
    same,
    nearest: isLow ? below : above,
    atNearest: isLow ? low : high,
    equalBytes: low.ssim <= ours.ssim && ours.ssim <= high.ssim ? between(low, high, ours.ssim) : undefined,
  }
}

/** Two neighbouring settings, the wanted likeness between them; or twice the end of the scale. */
async function bracket(
  at: (quality: number) => Promise<Encoded>,
  wanted: number,
  from: number,
): Promise<readonly [number, number]> {
  let quality = from
  const isBelow = async () => (await at(quality)).ssim <= wanted
  if (await isBelow()) {
    while (quality < 100 && (await isBelow())) quality++
    return [quality - 1, quality]
  }
  while (quality > 1 && !(await isBelow())) quality--
  return [quality, quality + 1]
}

/** Bytes grow by a factor from setting to setting. */
function between(low: Encoded, high: Encoded, wanted: number): number {
  const share = high.ssim === low.ssim ? 0 : (wanted - low.ssim) / (high.ssim - low.ssim)
  return low.bytes * (high.bytes / low.bytes) ** share
}

async function lumaOfFile(file: Uint8Array): Promise<Luma> {
  const { data, info } = await sharp(file)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return lumaOf(data, info.width, info.height)
}
