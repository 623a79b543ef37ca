/** An R2 bucket as a `Driver`: ranges, validators and conditional puts are native there. Keys are object names. */
import type { Driver, DriverMeta } from '../../src/index.ts'

interface R2Object {
  readonly key: string
  readonly size: number
  readonly httpEtag: string
  readonly uploaded: Date
}
interface R2Body extends R2Object {
  arrayBuffer(): Promise<ArrayBuffer>
  text(): Promise<string>
}
interface R2Part {
  readonly partNumber: number
  readonly etag: string
}
interface R2Upload {
  uploadPart(number: number, value: Uint8Array): Promise<R2Part>
  complete(parts: R2Part[]): Promise<unknown>
  abort(): Promise<void>
}

/** The part of an R2 bucket binding that is used here. */
export interface R2Like {
  head(key: string): Promise<R2Object | null>
  get(
    key: string,
    options?: { range?: { offset: number; length: number }; onlyIf?: { etagMatches: string } },
  ): Promise<R2Body | null>
  put(
    key: string,
    value: unknown,
    options?: { onlyIf?: { etagDoesNotMatch: string } },
  ): Promise<R2Object | null>
  delete(key: string): Promise<void>
  list(options: {
    prefix?: string
    cursor?: string
  }): Promise<{ objects: R2Object[]; truncated: boolean; cursor?: string }>
  createMultipartUpload(key: string): Promise<R2Upload>
}

/** R2 takes no part below 5 MiB but the last. */
const PART_BYTES = 8 << 20

export function createR2Driver(bucket: R2Like): Driver {
  const stat = async (key: string): Promise<DriverMeta | null> => {
    const found = await bucket.head(key)
    return found && { size: found.size, mtime: found.uploaded.getTime(), etag: found.httpEtag }
  }
  return {
    name: 'r2',
    hasItem: async (key) => (await bucket.head(key)) !== null,
    getItem: async (key) => (await (await bucket.get(key))?.text()) ?? null,
    getItemRaw: async (key: string) => toBytes(await bucket.get(key)),
    setItem: async (key, value) => void (await bucket.put(key, value)),
    setItemRaw: async (key, value) => void (await bucket.put(key, value)),
    removeItem: (key) => bucket.delete(key),
    getKeys: (prefix) => listKeys(bucket, prefix),
    getMeta: stat,
    stat,
    readRange: (key, start, end) => readRange(bucket, key, start, end),
    putStream: (key, body) => putStream(bucket, key, body),
    putIfAbsent: async (key, value) =>
      (await bucket.put(key, value, { onlyIf: { etagDoesNotMatch: '*' } })) !== null,
  }
}

async function toBytes(body: R2Body | null): Promise<Uint8Array | null> {
  return body && new Uint8Array(await body.arrayBuffer())
}

/** R2 throws when a range begins past the end, so an empty answer takes a look at the size first. */
async function readRange(
  bucket: R2Like,
  key: string,
  start: number,
  end: number,
): Promise<Uint8Array | null> {
  const length = end - start
  if (length > 0) {
    try {
      return await toBytes(await bucket.get(key, { range: { offset: start, length } }))
    } catch (error) {
      const size = (await bucket.head(key))?.size
      if (size === undefined) return null
      if (start < size) throw error
    }
  }
  return (await bucket.head(key)) && new Uint8Array()
}

async function listKeys(bucket: R2Like, prefix: string): Promise<string[]> {
  const keys: string[] = []
  let cursor: string | undefined
  do {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) })
    keys.push(...page.objects.map(({ key }) => key))
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
  return keys
}

/** A stream of unknown length goes up in parts: nothing is visible before the last of them. */
async function putStream(bucket: R2Like, key: string, body: ReadableStream<Uint8Array>): Promise<void> {
  const upload = await bucket.createMultipartUpload(key)
  try {
    const parts: R2Part[] = []
    for await (const piece of inPieces(body)) parts.push(await upload.uploadPart(parts.length + 1, piece))
    await upload.complete(parts)
  } catch (error) {
    await upload.abort().catch(() => undefined)
    throw error
  }
}

/** Pieces of exactly `PART_BYTES`, the last one shorter; one empty piece for an empty stream. */
async function* inPieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(PART_BYTES)
  let filled = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length;) {
      const step = Math.min(chunk.length - at, PART_BYTES - filled)
      piece.set(chunk.subarray(at, at + step), filled)
      at += step
      filled += step
      if (filled < PART_BYTES) continue
      yield piece
      piece = new Uint8Array(PART_BYTES)
      filled = 0
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
