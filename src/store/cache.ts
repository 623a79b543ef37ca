import type { ByteRange } from '../media/original.ts'
import type { RenditionFacts } from '../media/rendition.ts'
import type { ErrorCode } from '../error.ts'

/** A rendition at rest. `etag` is strong and quoted; equal keys have equal etags and equal bytes. */
export interface StoredRendition {
  readonly key: string
  readonly etag: string
  readonly size: number
  /** Content-Type. */
  readonly type: string
  readonly facts: StoredFacts
  /** Bytes when they are at hand, else a stream of the chunks needed. Never torn: one generation, or an error. */
  body(range?: ByteRange): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>>
}

export interface StoredFacts extends RenditionFacts {
  readonly sourceType: string
  /** Milliseconds since the epoch: the original's, else when the rendition was made. */
  readonly lastModified: number
}

/** What a plan is filed under, for purging. */
export interface Subject {
  readonly origin: string
  /** Decoded path. */
  readonly path: string
  readonly tags: readonly string[]
}

/** A failure worth remembering. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: unknown
}

/** What is known of a plan. Times in milliseconds. */
export type Found =
  | {
      readonly state: 'fresh' | 'stale'
      readonly rendition: StoredRendition
      readonly validator: string
      readonly ageMs: number
      readonly freshForMs: number
    }
  | { readonly state: 'negative'; readonly failure: Failure; readonly freshForMs: number }

export interface Remembered {
  readonly subject: Subject
  readonly outcome: { readonly recipeKey: string; readonly validator: string } | { readonly failure: Failure }
  /** Fresh for this long from now. */
  readonly ttlMs: number
  /** After that, served stale for this long while it is revalidated. 0 for failures. */
  readonly staleMs: number
}

export type PurgeTarget =
  | { readonly path: string }
  | { readonly tag: string }
  | { readonly origin: string }
  | { readonly everything: true }

/**
 * The evictable half of the store: renditions by recipe key, and plans that lead to them. May lose anything at any
 * time, but never serves half of anything. Keys are hex SHA-256.
 */
export interface RenditionCache {
  /** Looks a plan up: fresh, stale (within `staleMs`), a failure, or undefined. */
  find(planKey: string): Promise<Found | undefined>
  get(recipeKey: string): Promise<StoredRendition | undefined>
  /** Commits before it resolves. @throws STORE_FAILED (disk full, store down); nothing half is left visible. */
  keep(
    recipeKey: string,
    rendition: { readonly type: string; readonly body: Uint8Array; readonly facts: StoredFacts },
  ): Promise<StoredRendition>
  /** Files a plan's outcome. */
  remember(planKey: string, remembered: Remembered): Promise<void>
  /** Forgets plans, and renditions that no plan leads to any more. Returns how many plans were forgotten. */
  purge(target: PurgeTarget): Promise<number>
  /** Throws when the store cannot be used: for /readyz. */
  check(): Promise<void>
  close(): Promise<void>
}
