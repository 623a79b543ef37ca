/** The quality of a rendition where the client has not named one: what a recipe wants, put into trials. */
import type { Bitmap } from '../../../media/bitmap.ts'
import { formatRow } from '../../../media/format.ts'
import type { ImageRecipe } from '../../../plan/recipe.ts'
import { fitBytes, meetTarget, tooManyBytes, type Encode, type Trial } from './search.ts'
import { lumaOf, similarity } from './similarity.ts'

/** What it means to an eye is a matter of taste, not of measurement. */
const SCORE = 0.955
const TOLERANCE = 0.008
const TRIES = 4
export interface Judge {
  /** The picture as it is before it is encoded. */
  original(): Promise<Bitmap>
  decode(bytes: Uint8Array): Promise<Bitmap>
  tick(): void
}

export type QualityChoice = (encode: Encode) => Promise<Trial>

/** Undefined when there is nothing to choose. @throws LIMIT_EXCEEDED when no file is small enough */
export function choiceFor(recipe: ImageRecipe, judge: Judge): QualityChoice | undefined {
  const { perceptual, maxBytes, quality } = recipe
  if (perceptual)
    return async (encode) => {
      const found = await byLooks(recipe, encode, judge)
      if (maxBytes === undefined || found.bytes.length <= maxBytes) return found
      return fitBytes(encode, found.quality - 1, maxBytes)
    }
  if (maxBytes === undefined) return undefined
  if (recipe.lossless || quality === undefined) return (encode) => onlyOne(encode, maxBytes)
  return (encode) => fitBytes(encode, quality, maxBytes)
}

/** Whether the quality that was taken is worth telling. */
export function hasChoice({ perceptual, maxBytes, quality, lossless }: ImageRecipe): boolean {
  return perceptual === true || (maxBytes !== undefined && quality !== undefined && !lossless)
}

async function byLooks({ to }: ImageRecipe, encode: Encode, judge: Judge): Promise<Trial> {
  const original = lumaOf(await judge.original())
  const scoreOf = async (bytes: Uint8Array) =>
    similarity(original, lumaOf(await judge.decode(bytes)), () => judge.tick())
  const start = formatRow(to).levels?.medium ?? 50
  return meetTarget(encode, scoreOf, { score: SCORE, tolerance: TOLERANCE, tries: TRIES, start })
}

/** Formats without a quality, and files without loss. */
async function onlyOne(encode: Encode, most: number): Promise<Trial> {
  const quality = 100
  const bytes = await encode(quality)
  if (bytes.length > most) throw tooManyBytes(bytes.length, most)
  return { quality, bytes }
}
