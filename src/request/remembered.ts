/**
 * What addresses meant the last time they were asked: parsing is pure, so the same address with the same values of those
 * headers that were consulted means the same. What hangs on a request (its plan, its key) is then found by its identity.
 */
import { createLru } from '../lib/lru.ts'
import { parseRequest, type MediaRequest, type RequestInput } from './request.ts'
import type { RequestRules } from './rules.ts'

export interface RememberedOptions {
  /** Addresses that are remembered; default 1,000. */
  readonly most?: number
}

/** One meaning of an address, and what the headers said that decided it. */
interface Meaning {
  readonly media: MediaRequest
  readonly consulted: ReadonlyArray<readonly [name: string, value: string | null]>
}

/** Longer addresses are rare, and could fill the memory. */
const LONGEST = 1024
/** Meanings of one address: browsers differ in `Accept` and hints. */
const VARIANTS = 4

/** @returns `parseRequest` for these rules: throws as that does, and remembers no failure */
export function createParser(
  rules: RequestRules,
  { most = 1_000 }: RememberedOptions = {},
): (input: RequestInput) => MediaRequest {
  const known = createLru<readonly Meaning[]>(most)
  return (input) => {
    const { url, headers } = input
    const address = url.pathname + url.search
    const meanings = known.get(address) ?? []
    const same = meanings.find(({ consulted }) =>
      consulted.every(([name, value]) => headers.get(name) === value),
    )
    if (same) return same.media
    const media = parseRequest(input, rules)
    if (address.length <= LONGEST) {
      const consulted = media.vary.map((name) => [name, headers.get(name)] as const)
      known.set(address, [{ media, consulted }, ...meanings.slice(0, VARIANTS - 1)], 1)
    }
    return media
  }
}
