/** The evictable half of the store: renditions by recipe key, and the plans that lead to them. See `cache.ts`. */
import { MediaError } from '../error.ts'
import type { Driver, Sql } from '../platform.ts'
import { createBlobStore, type Draft, type StoredBlob } from './blob-store.ts'
import type { Failure, Found, RenditionCache, StoredFacts, StoredRendition } from './cache.ts'
import { etagOf } from './etag.ts'
import { createEvictionIndex } from './eviction-index.ts'
import { createHotBlobs, type HotBlob } from './hot-blobs.ts'
import type { PlanRow } from './index-rows.ts'

export interface RenditionCacheDeps {
  /** Where the bytes go. The cache closes it. */
  readonly driver: Driver
  /** Its index; without one nothing is evicted and nothing can be purged. */
  readonly sql: Sql | undefined
  /** Bytes in the store. */
  readonly maxBytes: number
  /** Bytes in memory. */
  readonly memoryMaxBytes: number
  /** Milliseconds since the epoch. */
  now(): number
  /** Names one writing: hex, never the same twice. Default random. */
  newId?(): string
  /** How long memory is believed without looking at the store, in milliseconds. Default 5000. */
  readonly trustMs?: number
  /** Told of failures that cost no request. */
  onFault?(what: string, error: unknown): void
  /** Keeps work alive that no request waits for. Default: it just runs. */
  background?(work: Promise<unknown>): void
}

export interface EvictableCache extends RenditionCache {
  /** Resolves writings that began more than `ageMs` ago and never finished; returns how many. */
  sweep(ageMs: number): Promise<number>
  /** Bytes on the books; 0 without an index. */
  total(): Promise<number>
  /** Waits for work that no request waits for. */
  settle(): Promise<void>
}

/** What is written down of a plan, as the meta of a blob without a body. */
interface PlanRecord {
  readonly recipeKey?: string
  readonly validator?: string
  readonly failure?: Failure
  readonly at: number
  readonly ttlMs: number
  readonly staleMs: number
}

interface RenditionMeta {
  readonly type: string
  readonly facts: StoredFacts
}

const NOTHING = new Uint8Array()
const TRUST_MS = 5_000
const planBlob = (planKey: string) => `p-${planKey}`
const renditionBlob = (recipeKey: string) => `r-${recipeKey}`

/** @throws Error when the driver cannot write */
export function createRenditionCache(deps: RenditionCacheDeps): EvictableCache {
  const { driver, sql, now, newId = randomId, trustMs = TRUST_MS } = deps
  const onFault = deps.onFault ?? (() => undefined)
  const pending = new Set<Promise<unknown>>()
  function background(work: Promise<unknown>): void {
    const tracked = work.finally(() => pending.delete(tracked))
    pending.add(tracked)
    deps.background?.(tracked)
  }
  async function settle(): Promise<void> {
    while (pending.size > 0) await Promise.allSettled(pending)
  }

  const store = createBlobStore({ driver, onBroken })
  const hot = createHotBlobs({ store, maxBytes: deps.memoryMaxBytes, trustMs, now, onFault })
  const index =
    sql &&
    createEvictionIndex({
      sql,
      store,
      maxBytes: deps.maxBytes,
      now,
      onGone: (keys) => hot.drop(keys),
      onFault,
      background,
    })

  function onBroken(key: string): void {
    onFault('broken entry dropped', new Error(key))
    hot.drop([key])
    if (index)
      background(index.lose(key).catch((error: unknown) => onFault('broken entry not cleared', error)))
  }

  async function write(
    key: string,
    body: Uint8Array<ArrayBuffer>,
    meta: unknown,
    plan?: PlanRow,
  ): Promise<StoredBlob> {
    try {
      const draft = await store.prepare(key, body, meta, newId())
      const blob = index ? await writeOnTheBooks(draft, plan) : await writeOver(draft)
      hot.hold(blob, body)
      return blob
    } catch (cause) {
      throw new MediaError('STORE_FAILED', undefined, { cause })
    }
  }

  async function writeOnTheBooks(draft: Draft, plan: PlanRow | undefined): Promise<StoredBlob> {
    if (!index) return draft.write()
    await index.begin(draft, plan)
    const blob = await draft.write().catch(async (error: unknown) => {
      await index.abandon(draft).catch((fault: unknown) => onFault('failed writing not cleared', fault))
      throw error
    })
    await index.finish(draft)
    return blob
  }

  /** Without an index, what is replaced is cleared at once; two writers of one key may leave blocks of the slower. */
  async function writeOver(draft: Draft): Promise<StoredBlob> {
    const before = await store.get(draft.key).catch(() => undefined)
    const blob = await draft.write()
    if (before) background(store.remove(before.key, before.generation, before.size).catch(() => undefined))
    return blob
  }

  async function get(recipeKey: string): Promise<StoredRendition | undefined> {
    const found = await hot.read(renditionBlob(recipeKey))
    if (!found) return undefined
    index?.touch(found.blob.key)
    return toRendition(recipeKey, found)
  }

  return {
    get,

    async find(planKey) {
      const found = await hot.read(planBlob(planKey))
      const plan = found?.blob.meta as PlanRecord | undefined
      const ageMs = plan ? Math.max(0, now() - plan.at) : 0
      if (!plan || ageMs >= plan.ttlMs + plan.staleMs) return undefined
      index?.touch(planBlob(planKey))
      return toFound(plan, ageMs, get)
    },

    async keep(recipeKey, { type, body, facts }) {
      const own = new Uint8Array(body)
      const meta: RenditionMeta = { type, facts }
      const blob = await write(renditionBlob(recipeKey), own, meta)
      return toRendition(recipeKey, { blob, body: own })
    },

    async remember(planKey, { subject, outcome, ttlMs, staleMs }) {
      const record: PlanRecord = { ...outcome, at: now(), ttlMs, staleMs }
      const rendition = 'recipeKey' in outcome ? renditionBlob(outcome.recipeKey) : undefined
      await write(planBlob(planKey), NOTHING, record, { key: planBlob(planKey), rendition, subject })
    },

    async purge(target) {
      if (!index)
        throw new MediaError('NOT_SUPPORTED_HERE', 'Purging needs a database, and none is configured')
      return index.purge(target).catch((cause: unknown) => {
        throw new MediaError('STORE_FAILED', undefined, { cause })
      })
    },

    async check() {
      await store.check()
      await index?.total()
    },

    async close() {
      await index?.close().catch((error: unknown) => onFault('uses not written down', error))
      await settle()
      hot.clear()
      await store.close()
    },

    sweep: async (ageMs) => index?.sweep(ageMs) ?? 0,
    total: async () => index?.total() ?? 0,
    settle,
  }
}

async function toFound(
  plan: PlanRecord,
  ageMs: number,
  get: RenditionCache['get'],
): Promise<Found | undefined> {
  const freshForMs = Math.max(0, plan.ttlMs - ageMs)
  if (plan.failure)
    return freshForMs > 0 ? { state: 'negative', failure: plan.failure, freshForMs } : undefined
  const rendition = await get(plan.recipeKey ?? '')
  if (!rendition) return undefined
  const state = freshForMs > 0 ? 'fresh' : 'stale'
  return { state, rendition, validator: plan.validator ?? '', ageMs, freshForMs }
}

function toRendition(key: string, { blob, body }: HotBlob): StoredRendition {
  const { type, facts } = blob.meta as RenditionMeta
  return {
    key,
    etag: etagOf(key),
    size: blob.size,
    type,
    facts,
    async body(range) {
      if (!body) return blob.read(range)
      return range ? body.subarray(Math.max(0, range.start), Math.min(body.length, range.end)) : body
    },
  }
}

function randomId(): string {
  return crypto.randomUUID().replaceAll('-', '')
}
