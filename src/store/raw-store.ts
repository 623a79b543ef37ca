/** Bytes by key over an unstorage driver: whatever a driver gives or takes, here it is `Uint8Array`s and nothing else. */
import { createStorage, type Driver as UnstorageDriver } from 'unstorage'
import type { Driver } from '../platform.ts'

export interface RawStore {
  /** Undefined when there is nothing. @throws what the driver throws */
  read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>
  write(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  remove(key: string): Promise<void>
  close(): Promise<void>
  readonly readRange?: (
    key: string,
    start: number,
    end: number,
  ) => Promise<Uint8Array<ArrayBuffer> | undefined>
  readonly writeStream?: (key: string, body: ReadableStream<Uint8Array>) => Promise<void>
}

/** @throws Error when the driver cannot write */
export function createRawStore(driver: Driver): RawStore {
  if (!driver.setItem && !driver.setItemRaw)
    throw new Error(`The ${driver.name ?? 'cache'} store is read-only`)
  const storage = createStorage({ driver: driver as UnstorageDriver })
  const { readRange, putStream } = driver
  return {
    read: async (key) => toBytes(await storage.getItemRaw<unknown>(key)),
    write: (key, bytes) => storage.setItemRaw(key, bytes),
    remove: (key) => storage.removeItem(key),
    close: () => storage.dispose(),
    ...(readRange && {
      readRange: async (key: string, start: number, end: number) => toBytes(await readRange(key, start, end)),
    }),
    ...(putStream && { writeStream: putStream }),
  }
}

function toBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (value === null || value === undefined) return undefined
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (value instanceof Uint8Array) {
    return value.buffer instanceof ArrayBuffer
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value)
  }
  // Some drivers resolve to the error they met.
  if (value instanceof Error) throw value
  // Text where bytes were written: not ours.
  return undefined
}
