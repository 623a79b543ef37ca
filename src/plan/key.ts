/** Keys of the cache: hashes of canonical text. */
import { sha256Hex } from '../lib/hash.ts'
import { canonicalJson } from './canonical.ts'
import type { Plan } from './plan.ts'
import type { Recipe } from './recipe.ts'

/** Raised whenever the same recipe would give other bytes: old renditions are then never found again. */
export const ENGINE_VERSION = '9'

/** What was asked, without any source bytes. */
export function planKey(plan: Plan): Promise<string> {
  return sha256Hex(`plan ${ENGINE_VERSION}\n${plan.text}`)
}

/** `planKey`, hashed once for each plan that somebody still holds. */
export function createPlanKeys(): (plan: Plan) => Promise<string> {
  const known = new WeakMap<Plan, string>()
  return async (plan) => {
    const key = known.get(plan) ?? (await planKey(plan))
    known.set(plan, key)
    return key
  }
}

/**
 * What is made, of which version of which original. `source` tells originals of equal validators apart.
 *
 * @param judged how they were judged and what was found, where somebody looked
 */
export function recipeKey(recipe: Recipe, source: string, validator: string, judged = ''): Promise<string> {
  return sha256Hex(`recipe ${ENGINE_VERSION}\n${source}\n${validator}\n${canonicalJson(recipe)}${judged}`)
}
