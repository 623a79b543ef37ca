/** Originals in a mount. Keys have `/` between segments, whatever the driver makes of them. */
import { MediaError, isMediaError } from '../error.ts'
import { sha256Hex } from '../lib/hash.ts'
import { toStream } from '../lib/stream.ts'
import type { ByteRange, Original, Validator } from '../media/original.ts'
import type { Driver, DriverMeta } from '../platform.ts'
import type { StorageSourceSettings } from './settings.ts'
import type { OpenRequest, Source } from './source.ts'
import { fillKey } from './template.ts'

/** Bytes a streamed original is read in. */
const CHUNK = 1_048_576

export function createStorageSource(
  settings: Pick<StorageSourceSettings, 'key'>,
  openDriver: () => Promise<Driver>,
): Source {
  async function use<T>(request: OpenRequest, work: (driver: Driver, key: string) => Promise<T>): Promise<T> {
    request.signal.throwIfAborted()
    const key = fillKey(settings.key, request.captures)
    if (key === '') throw new MediaError('NOT_FOUND')
    return orSourceFailed(async () => work(await openDriver(), key), request.signal)
  }

  return {
    type: 'storage',
    open: (request) =>
      use(request, (driver, key) =>
        driver.stat && driver.readRange
          ? openRanged(driver, key, request.signal)
          : openWhole(driver, key, request.signal),
      ),
    check: (request, validator) =>
      use(request, async (driver, key) => (await readValidator(driver, key)).text === validator),
  }
}

/** A driver that knows facts and ranges: nothing is read that is not asked for. */
async function openRanged(driver: Driver, key: string, signal: AbortSignal): Promise<Original> {
  const facts = await driver.stat?.(key)
  if (!facts) throw new MediaError('NOT_FOUND')
  const validator = toValidator(facts)
  if (facts.size === undefined || !validator) return openWhole(driver, key, signal)
  const { size } = facts

  /** The facts are asked for again after the bytes: only if they still hold do the bytes belong to them. */
  const read = ({ start, end }: ByteRange) =>
    orSourceFailed(async () => {
      signal.throwIfAborted()
      const bytes = await driver.readRange?.(key, start, Math.min(end, size))
      const after = await driver.stat?.(key)
      const isSame = after && toValidator(after)?.text === validator.text
      if (!bytes || !isSame) throw new MediaError('SOURCE_CHANGED')
      if (bytes.length !== Math.max(0, Math.min(end, size) - start))
        throw new MediaError('SOURCE_FAILED', 'Reading the original: it ended early')
      return bytes
    }, signal)
  return toOriginal(read, size, validator)
}

/** A driver of plain values: the whole value is its own snapshot. */
async function openWhole(driver: Driver, key: string, signal: AbortSignal): Promise<Original> {
  const meta = await readMeta(driver, key)
  const bytes = await readValue(driver, key)
  const validator = (meta && toValidator({ size: bytes.length, ...meta })) ?? (await hashValidator(bytes))
  const after = meta && toValidator({ size: bytes.length, ...(await readMeta(driver, key)) })
  if (after && after.text !== validator.text) throw new MediaError('SOURCE_CHANGED')
  const read = async ({ start, end }: ByteRange) => {
    signal.throwIfAborted()
    return bytes.slice(start, Math.max(start, end))
  }
  return toOriginal(read, bytes.length, validator)
}

function toOriginal(
  read: (range: ByteRange) => Promise<Uint8Array>,
  size: number,
  validator: Validator,
): Original {
  return {
    size,
    validator,
    sourceType: 'storage',
    read,
    stream(range = { start: 0, end: size }) {
      const end = Math.min(range.end, size)
      let at = range.start
      return toStream(async () => {
        if (at >= end) return undefined
        const chunk = await read({ start: at, end: Math.min(at + CHUNK, end) })
        at += chunk.length
        return chunk
      })
    },
    close: async () => {},
  }
}

async function readValidator(driver: Driver, key: string): Promise<Validator> {
  const facts = driver.stat ? await driver.stat(key) : await readMeta(driver, key)
  if (driver.stat && !facts) throw new MediaError('NOT_FOUND')
  if (facts?.size !== undefined || facts?.etag !== undefined) {
    const known = toValidator(facts)
    if (known) return known
  }
  const bytes = await readValue(driver, key)
  return (facts && toValidator({ size: bytes.length, ...facts })) ?? hashValidator(bytes)
}

function toValidator({ etag, mtime, size }: DriverMeta): Validator | undefined {
  const lastModified = mtime === undefined ? {} : { lastModified: mtime }
  if (etag !== undefined && etag !== '') return { text: etag, ...lastModified }
  return mtime === undefined || size === undefined ? undefined : { text: `${mtime}-${size}`, ...lastModified }
}

async function hashValidator(bytes: Uint8Array): Promise<Validator> {
  return { text: `sha256-${await sha256Hex(bytes)}` }
}

/** unstorage's `getMeta`: dates or numbers, all optional. */
async function readMeta(driver: Driver, key: string): Promise<DriverMeta | undefined> {
  const meta: unknown = await driver.getMeta?.(key, {})
  if (typeof meta !== 'object' || meta === null) return undefined
  const { mtime, size, etag } = meta as { mtime?: unknown; size?: unknown; etag?: unknown }
  const ms = mtime instanceof Date ? mtime.getTime() : typeof mtime === 'string' ? Date.parse(mtime) : mtime
  return {
    ...(typeof ms === 'number' && Number.isFinite(ms) ? { mtime: Math.floor(ms) } : {}),
    ...(typeof size === 'number' ? { size } : {}),
    ...(typeof etag === 'string' ? { etag } : {}),
  }
}

/** @throws NOT_FOUND */
async function readValue(driver: Driver, key: string): Promise<Uint8Array> {
  const value: unknown = driver.getItemRaw ? await driver.getItemRaw(key, {}) : await driver.getItem(key)
  if (value === null || value === undefined) throw new MediaError('NOT_FOUND')
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (value instanceof Blob) return new Uint8Array(await value.arrayBuffer())
  if (typeof value !== 'string') throw new TypeError('the mount gave something that is not bytes')
  // How unstorage keeps bytes in a driver of texts.
  return value.startsWith('base64:')
    ? Uint8Array.from(atob(value.slice(7)), (char) => char.charCodeAt(0))
    : new TextEncoder().encode(value)
}

/** A mount that fails is a source that fails: 502, never 404. */
async function orSourceFailed<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (isMediaError(cause)) throw cause
    throw new MediaError('SOURCE_FAILED', 'Reading the original: the mount failed', { cause })
  }
}
