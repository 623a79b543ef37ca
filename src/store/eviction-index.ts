/**
 * Keeps the books of the store and keeps it within its size. Every writing is noted before its first byte and
 * confirmed after its last, so that a crash at any moment leaves no bytes without a row. Evicting and sweeping run
 * beside the requests, a page of rows at a time.
 */
import type { PurgeTarget } from './cache.ts'
import type { BlobStore, Draft } from './blob-store.ts'
import { createIndexRows, PAGE, type BlobRow, type PlanLink, type PlanRow } from './index-rows.ts'
import type { Sql } from '../platform.ts'

export interface EvictionIndexOptions {
  readonly sql: Sql
  readonly store: BlobStore
  /** Bytes the blobs may take, manifests included. Never exceeded. */
  readonly maxBytes: number
  now(): number
  /** Told of keys that are no longer in the store. */
  onGone(keys: readonly string[]): void
  onFault(what: string, error: unknown): void
  /** Keeps work alive that no request waits for. */
  background(work: Promise<unknown>): void
}

export interface EvictionIndex {
  /** Before writing. @throws when the database fails, or no room can be made */
  begin(draft: Draft, plan?: PlanRow): Promise<void>
  /** After writing: confirms it and clears away what it replaced. */
  finish(draft: Draft): Promise<void>
  /** After a failed writing: takes back what there is of it. */
  abandon(draft: Draft): Promise<void>
  touch(key: string): void
  /** The blob was found broken: clears away what is left of it. */
  lose(key: string): Promise<void>
  /** Returns how many plans were forgotten. */
  purge(target: PurgeTarget): Promise<number>
  /** Resolves abandoned writings older than `ageMs`; returns how many. */
  sweep(ageMs: number): Promise<number>
  /** Sum of the bytes on the books. */
  total(): Promise<number>
  /** Writes down what is only in memory. */
  close(): Promise<void>
}

/** Evicting starts above the first and stops below the second, as parts of `maxBytes`. */
const HIGH_WATER = 0.95
const LOW_WATER = 0.9
const EVICT_PAGE = 32
/** Uses are written down when there are so many, or when the last time was so long ago. */
const TOUCHES = 400
const TOUCH_MS = 10_000
/** A writing that takes longer than this belongs to a process that died. */
export const ABANDONED_MS = 600_000
/** How often a writer that finds no room makes some itself. */
const ROUNDS = 50

export function createEvictionIndex(options: EvictionIndexOptions): EvictionIndex {
  const { sql, store, maxBytes, now, onGone, onFault, background } = options
  const rows = createIndexRows(sql)
  let touched = new Set<string>()
  let touchedAt = now()
  let sweptAt = Number.NEGATIVE_INFINITY
  let isEvicting = false
  let isClosing = false

  /** Marked first, then the bytes, then the books: a crash in between leaves a mark that the next sweep resolves. */
  async function removeBlobs(blobs: readonly BlobRow[]): Promise<void> {
    await rows.retire(blobs)
    for (const { key, generation, bytes } of blobs) await store.remove(key, generation, bytes)
    onGone(blobs.map(({ key }) => key))
    await rows.forget(blobs)
  }

  /** Writings in progress too: their writers then find their rows gone, and take back what they wrote. */
  async function removeKeys(keys: Iterable<string>): Promise<void> {
    for (const key of keys) await removeBlobs(await rows.generations(key, 'all'))
  }

  async function removePlans(plans: readonly PlanLink[]): Promise<void> {
    const keys = plans.map(({ key }) => key)
    await removeKeys(keys)
    await rows.forgetPlans(keys)
    // Renditions go with the last plan that led to them.
    const renditions = new Set(plans.flatMap(({ rendition }) => rendition ?? []))
    for (const { rendition } of await rows.plansOf([...renditions])) renditions.delete(rendition ?? '')
    await removeKeys(renditions)
  }

  /** Plans and the renditions they lead to leave together, so that a later purge misses neither. */
  async function evictPage(limit: number): Promise<number> {
    const blobs = await rows.oldest(limit)
    await removePlans(await rows.plansOf(blobs.map(({ key }) => key)))
    await removeBlobs(blobs)
    return blobs.length
  }

  async function evict(): Promise<void> {
    for (;;) {
      if (isClosing || (await rows.total()) <= maxBytes * LOW_WATER) return
      if ((await evictPage(EVICT_PAGE)) === 0) return
    }
  }

  async function maintain(): Promise<void> {
    if (isEvicting) return
    isEvicting = true
    try {
      if (now() - sweptAt > ABANDONED_MS) {
        sweptAt = now()
        await sweep(ABANDONED_MS)
      }
      if ((await rows.total()) > maxBytes * HIGH_WATER) await evict()
    } finally {
      isEvicting = false
    }
  }

  async function flushTouches(): Promise<void> {
    const keys = [...touched]
    touched = new Set()
    touchedAt = now()
    if (keys.length > 0) await rows.touch(keys, now())
  }

  async function sweep(ageMs: number): Promise<number> {
    let swept = 0
    for (;;) {
      const blobs = await rows.abandoned(now() - ageMs, PAGE)
      for (const blob of blobs) {
        await resolveAbandoned(blob)
      }
      swept += blobs.length
      if (blobs.length < PAGE) break
    }
    for (const key of await rows.replaced(PAGE)) await clearReplaced(key)
    await rows.recount()
    return swept
  }

  /** It died between its last byte and the confirmation, or before; or while it was removed, which is done again. */
  async function resolveAbandoned(blob: BlobRow): Promise<void> {
    const visible = await store.get(blob.key)
    const isVisible = visible?.generation === blob.generation
    if (isVisible && (await rows.commit(blob))) return clearReplaced(blob.key)
    await removeBlobs([blob])
    if (!visible || isVisible) await rows.forgetPlans([blob.key])
  }

  /**
   * A page of what was used least, or else of what others are about to remove: they may be slow, or dead. Removing
   * twice is removing once.
   */
  async function makeRoom(): Promise<boolean> {
    if ((await evictPage(EVICT_PAGE)) > 0) return true
    const leaving = await rows.leaving(EVICT_PAGE)
    await removeBlobs(leaving)
    return leaving.length > 0
  }

  /**
   * A finished writing that is not the visible one can never become visible again, whoever wrote last. Writings in
   * progress are not finished and so not touched.
   */
  async function clearReplaced(key: string): Promise<void> {
    const finished = await rows.generations(key, 'finished')
    if (finished.length < 2) return
    const visible = await store.get(key)
    const replaced = finished.filter(({ generation }) => generation !== visible?.generation)
    await rows.retire(replaced)
    for (const { generation, bytes } of replaced) await store.remove(key, generation, bytes)
    await rows.forget(replaced)
  }

  const quietly = (what: string, work: Promise<unknown>) => {
    background(work.catch((error: unknown) => onFault(what, error)))
  }

  return {
    async begin(draft, plan) {
      const fits = () => rows.reserve(draft, now(), maxBytes)
      let isReserved = await fits()
      for (let round = 0; !isReserved && round < ROUNDS && draft.bytes <= maxBytes; round++) {
        if (!(await makeRoom())) break
        isReserved = await fits()
      }
      if (!isReserved) throw new Error(`No room for ${draft.bytes} bytes below the limit of ${maxBytes}`)
      if (plan) await rows.filePlan(plan)
    },

    async finish(draft) {
      if (!(await rows.commit(draft))) {
        await store.remove(draft.key, draft.generation, draft.bytes)
        throw new Error('The entry was purged, or taken for abandoned, while it was written')
      }
      quietly('replaced blobs not cleared', clearReplaced(draft.key))
      quietly('eviction failed', maintain())
    },

    async abandon(draft) {
      await store.remove(draft.key, draft.generation, draft.bytes)
      await rows.forget([draft])
    },

    touch(key) {
      touched.add(key)
      if (touched.size < TOUCHES && now() - touchedAt < TOUCH_MS) return
      quietly('uses not written down', flushTouches())
    },

    lose: async (key) => removeBlobs(await rows.generations(key, 'finished')),

    async purge(target) {
      let forgotten = 0
      let after = ''
      for (;;) {
        // By ascending keys, so that it ends although others go on filing.
        const plans = await rows.matching(target, after)
        await removePlans(plans)
        forgotten += plans.length
        after = plans.at(-1)?.key ?? ''
        if (plans.length < PAGE) break
      }
      if ('everything' in target) {
        while ((await evictPage(PAGE)) === PAGE);
        await removeBlobs(await rows.abandoned(now() + 1, PAGE))
      }
      return forgotten
    },

    sweep,
    total: () => rows.total(),
    async close() {
      isClosing = true
      await flushTouches()
    },
  }
}
