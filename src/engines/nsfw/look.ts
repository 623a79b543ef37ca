/** What a classifier is shown of an original: its file, and how each frame of it becomes a picture. */
import { MediaError } from '../../error.ts'
import { formatRow } from '../../media/format.ts'
import type { Original } from '../../media/original.ts'
import type { Ask } from '../../plan/plan.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import { resolve, type ResolveLimits } from '../../plan/resolve.ts'
import { probe } from '../probe.ts'
import { readWhole } from '../read-whole.ts'
import { recipesOf } from './frames.ts'

export interface LookRules extends ResolveLimits {
  /** Bytes of an original. */
  readonly imageBytes: number
  /** Bytes of memory for one picture. */
  readonly memory: number
  /** Milliseconds of work for one original. */
  readonly transformMs: number
  /** Most frames of one original. */
  readonly looks: number
}

export interface Look {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** One at least. */
  readonly recipes: readonly ImageRecipe[]
}

/** @throws what reading and resolving throw; UNSUPPORTED_MEDIA for what is no picture */
export async function lookAt(
  original: Original,
  ask: Ask,
  page: number | undefined,
  rules: LookRules,
): Promise<Look> {
  const info = await probe(original, page)
  if (info.class !== 'image') throw new MediaError('UNSUPPORTED_MEDIA', 'Only pictures are judged')
  const source = { origin: '', path: '', captures: {} }
  const one = { ...ask, page: page ?? 0 }
  const recipe = resolve({ source, ask: one, accepts: [], text: '' }, info, rules) as ImageRecipe
  const bytes = await readWhole(original, rules.imageBytes)
  const isOne = page !== undefined || formatRow(info.format).hasPages === true
  return { bytes, recipes: isOne ? [recipe] : recipesOf(recipe, info, bytes, rules) }
}
