/**
 * What jobs make, as plain files under names that people know: whoever reads the mount sees them as they are. A file is
 * there whole or not at all, and is replaced in one step.
 */
import { MediaError } from '../error.ts'
import { toBase64 } from '../lib/bytes.ts'
import { readAll } from '../lib/stream.ts'
import type { Driver } from '../platform.ts'

export interface ArtifactFiles {
  /** Replaces what is there. @throws STORE_FAILED; what was there is then there still */
  put(key: string, body: ReadableStream<Uint8Array>): Promise<void>
  has(key: string): Promise<boolean>
  /** Of what is not there nothing is removed. @throws STORE_FAILED */
  remove(key: string): Promise<void>
  /** Names that begin so; `/` stands between folders. @throws STORE_FAILED */
  list(prefix: string): Promise<string[]>
}

/** Bytes that may be held where a mount takes no streams. */
const HELD_BYTES = 268_435_456

/** @throws Error when the driver cannot write */
export function createArtifactFiles(driver: Driver): ArtifactFiles {
  if (!driver.setItem && !driver.setItemRaw)
    throw new Error(`The ${driver.name ?? 'artifacts'} store is read-only`)
  const set = async (key: string, bytes: Uint8Array) => {
    if (driver.setItemRaw) await driver.setItemRaw(key, bytes, {})
    // How unstorage keeps bytes in a driver of texts.
    else await driver.setItem?.(key, `base64:${toBase64(bytes)}`, {})
  }
  return {
    put: (key, body) =>
      orStoreFailed(async () => {
        if (driver.putStream) await driver.putStream(key, body)
        else await set(key, await readAll(body, HELD_BYTES))
      }),
    has: (key) => orStoreFailed(async () => driver.hasItem(key, {})),
    remove: (key) => orStoreFailed(async () => driver.removeItem?.(key, {})),
    list: (prefix) =>
      orStoreFailed(async () => {
        const keys = await driver.getKeys(prefix, {})
        // Drivers of unstorage write `:` between folders.
        return keys.map((key) => key.replaceAll(':', '/')).filter((key) => key.startsWith(prefix))
      }),
  }
}

async function orStoreFailed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new MediaError('STORE_FAILED', 'What jobs make cannot be stored', { cause })
  }
}
