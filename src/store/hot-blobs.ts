/**
 * What is asked for most, in memory: blobs with their bodies, as far as these are one block. Trusted for a bounded
 * time; then the manifest is read again, so that a purge by another process is seen.
 */
import { createLru } from '../lib/lru.ts'
import { BLOCK_BYTES, type BlobStore, type StoredBlob } from './blob-store.ts'

export interface HotBlob {
  readonly blob: StoredBlob
  /** The whole body, when it is small enough. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

export interface HotBlobs {
  /** From memory or from the store; a store that fails counts as one that has nothing. */
  read(key: string): Promise<HotBlob | undefined>
  /** Holds what was just written. */
  hold(blob: StoredBlob, body: Uint8Array<ArrayBuffer>): void
  drop(keys: readonly string[]): void
  clear(): void
}

export interface HotBlobsOptions {
  readonly store: BlobStore
  readonly maxBytes: number
  readonly trustMs: number
  now(): number
  onFault(what: string, error: unknown): void
}

interface Entry extends HotBlob {
  checkedAt: number
}

/** What an entry weighs beside its body: the manifest, the strings, the closures. */
const OVERHEAD = 1024

export function createHotBlobs({ store, maxBytes, trustMs, now, onFault }: HotBlobsOptions): HotBlobs {
  const held = createLru<Entry>(maxBytes)
  let drops = 0

  function put(key: string, hot: HotBlob): void {
    const weight = OVERHEAD + (hot.body?.length ?? 0)
    held.set(key, { ...hot, checkedAt: now() }, weight)
  }

  async function load(key: string, known: Entry | undefined): Promise<HotBlob | undefined> {
    const before = drops
    const blob = await store.get(key)
    if (blob && known?.blob.generation === blob.generation) return known
    const hot = blob && { blob, body: await bodyOf(blob) }
    // Dropped while it was read: what was read may be what was meant.
    if (hot && drops === before) put(key, hot)
    else held.delete(key)
    return hot
  }

  return {
    async read(key) {
      const known = held.get(key)
      if (known && now() - known.checkedAt < trustMs) return known
      // The others go on with what there is while this one looks.
      if (known) known.checkedAt = now()
      try {
        return await load(key, known)
      } catch (error) {
        onFault('store not readable', error)
        return known
      }
    },
    hold: (blob, body) => put(blob.key, { blob, body: body.length <= BLOCK_BYTES ? body : undefined }),
    drop(keys) {
      drops++
      for (const key of keys) held.delete(key)
    },
    clear() {
      drops++
      held.clear()
    },
  }
}

async function bodyOf(blob: StoredBlob): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const body = blob.size <= BLOCK_BYTES ? await blob.read() : undefined
  return body instanceof Uint8Array ? body : undefined
}
