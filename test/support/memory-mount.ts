import type { Driver, DriverMeta } from '../../src/platform.ts'

export interface MemoryMount {
  readonly driver: Driver
  readonly files: Map<string, { body: Uint8Array; mtime: number }>
  /** How often a file's facts or bytes were asked for. */
  touches: number
  /** When set, every access waits for it first. */
  hold: Promise<void> | undefined
  put(key: string, body: Uint8Array | string, mtime?: number): void
}

/** A folder of originals in memory that counts how often it is touched. */
export function createMemoryMount(): MemoryMount {
  const files: MemoryMount['files'] = new Map()
  async function touch(key: string) {
    mount.touches++
    await mount.hold
    return files.get(key.replaceAll(':', '/'))
  }
  const mount: MemoryMount = {
    files,
    touches: 0,
    hold: undefined,
    put(key, body, mtime = 1_700_000_000_000) {
      files.set(key, { body: typeof body === 'string' ? new TextEncoder().encode(body) : body, mtime })
    },
    driver: {
      name: 'memory-mount',
      hasItem: async (key) => (await touch(key)) !== undefined,
      getItem: async (key) => (await touch(key))?.body ?? null,
      getItemRaw: async (key: string) => (await touch(key))?.body ?? null,
      getKeys: () => [...files.keys()],
      async stat(key): Promise<DriverMeta | null> {
        const file = await touch(key)
        return file ? { size: file.body.length, mtime: file.mtime } : null
      },
      async readRange(key, start, end) {
        return (await touch(key))?.body.slice(start, end) ?? null
      },
    },
  }
  return mount
}
