/**
 * Blobs over an unstorage driver, which knows neither streams nor ranges nor replacement in one step:
 *
 *     <key>.m                 the manifest, written last: it makes the blob visible
 *     <key>.<generation>      the body in one value, where the driver reads ranges
 *     <key>.<generation>.<n>  else block n of it
 *
 * A reader holds one manifest and so one generation; every block is checked against the manifest's hash before a byte
 * of it is given away. What fails that check is dropped and is absent from then on.
 */
import type { ByteRange } from '../media/original.ts'
import type { Driver } from '../platform.ts'
import { eachBlock, hashBlocks, readBlocks } from './blocks.ts'
import {
  bodyKey,
  createBlockReader,
  manifestKey,
  readManifest,
  writeBlocks,
  writeBody,
} from './generation.ts'
import { createRawStore } from './raw-store.ts'
import { decodeRecord, encodeRecord, type Manifest } from './record.ts'

export const BLOCK_BYTES = 1_048_576
const INLINE_BYTES = 65_536
const NOTHING = new Uint8Array()

export interface StoredBlob {
  readonly key: string
  readonly generation: string
  /** Bytes of the body. */
  readonly size: number
  readonly meta: unknown
  /**
   * The body or a range of it: bytes when they lie in one block, else a stream. The first block has been checked
   * before this resolves. @throws STORE_FAILED
   */
  read(range?: ByteRange): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>>
}

/** A blob whose cost is known and of which nothing is written yet. */
export interface Draft {
  readonly key: string
  readonly generation: string
  /** Bytes it will take in the store, manifest included. */
  readonly bytes: number
  /** Commits. On failure nothing is visible, and what was written is taken back as far as the store allows. */
  write(): Promise<StoredBlob>
}

/** Keys are a letter for the kind, a dash and a hash in hex: `r-5f2c…`. */
export interface BlobStore {
  prepare(key: string, body: Uint8Array<ArrayBuffer>, meta: unknown, generation: string): Promise<Draft>
  /** Stores a stream of any length, a block or two of it in memory at a time. */
  putStream(
    key: string,
    body: ReadableStream<Uint8Array>,
    meta: unknown,
    generation: string,
  ): Promise<StoredBlob>
  /** Undefined when there is none that is whole. @throws what the driver throws */
  get(key: string): Promise<StoredBlob | undefined>
  /** Deletes one generation: its manifest if it is the visible one, then its blocks. `bytes`: at most its size. */
  remove(key: string, generation: string, bytes: number): Promise<void>
  /** Writes a small value and reads it back. @throws when that fails */
  check(): Promise<void>
  close(): Promise<void>
}

export interface BlobStoreOptions {
  readonly driver: Driver
  /** Told of every blob that was found broken and dropped. */
  onBroken?(key: string): void
  /** Bodies up to this size live in the manifest. Default 64 KiB. */
  readonly inlineBytes?: number
  /** Default 1 MiB. */
  readonly blockBytes?: number
}

/** @throws Error when the driver cannot write */
export function createBlobStore(options: BlobStoreOptions): BlobStore {
  const { driver, onBroken, inlineBytes = INLINE_BYTES, blockBytes = BLOCK_BYTES } = options
  const raw = createRawStore(driver)

  async function load(key: string): Promise<StoredBlob | undefined> {
    const bytes = await raw.read(manifestKey(key))
    if (!bytes) return undefined
    const record = await decodeRecord(bytes)
    if (record) return open(key, record.manifest, record.inline)
    await raw.remove(manifestKey(key))
    onBroken?.(key)
    return undefined
  }

  async function drop(key: string, { generation, size }: Manifest): Promise<void> {
    await remove(key, generation, size)
    onBroken?.(key)
  }

  async function remove(key: string, generation: string, bytes: number): Promise<void> {
    const visible = await readManifest(raw, key)
    const isVisible = visible === 'broken' || visible?.generation === generation
    if (isVisible) await raw.remove(manifestKey(key))
    // A blob this small has its body in the manifest.
    if (bytes <= inlineBytes) return
    await raw.remove(bodyKey(key, generation))
    const chunks = raw.readRange && raw.writeStream ? 0 : Math.ceil(bytes / blockBytes)
    for (let index = 0; index < chunks; index++) await raw.remove(bodyKey(key, generation, index))
  }

  function open(key: string, manifest: Manifest, inline: Uint8Array<ArrayBuffer>): StoredBlob {
    const { generation, size, meta } = manifest
    if (manifest.layout === 'inline') {
      const read = async (range?: ByteRange) => (range ? inline.subarray(range.start, range.end) : inline)
      return { key, generation, size, meta, read }
    }
    const block = createBlockReader({ raw, key, manifest, drop })
    const source = { size, blockBytes: manifest.blockSize, block }
    return { key, generation, size, meta, read: (range) => readBlocks(source, range) }
  }

  async function commit(
    key: string,
    { generation, size }: Manifest,
    writeAll: () => Promise<void>,
    record: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    try {
      await writeAll()
      await raw.write(manifestKey(key), record)
    } catch (error) {
      await remove(key, generation, size).catch(() => undefined)
      throw error
    }
  }

  async function prepare(
    key: string,
    body: Uint8Array<ArrayBuffer>,
    meta: unknown,
    generation: string,
  ): Promise<Draft> {
    const size = body.length
    const layout = size <= inlineBytes ? 'inline' : raw.readRange ? 'whole' : 'chunks'
    const blocks = layout === 'inline' ? [] : await hashBlocks(body, blockBytes)
    const manifest: Manifest = { version: 1, generation, size, layout, blockSize: blockBytes, blocks, meta }
    const inline = layout === 'inline' ? body : NOTHING
    const record = await encodeRecord(manifest, inline)
    return {
      key,
      generation,
      bytes: record.length + size - inline.length,
      async write() {
        await commit(key, manifest, () => writeBody(raw, key, manifest, body), record)
        return open(key, manifest, inline)
      },
    }
  }

  return {
    prepare,

    async putStream(key, body, meta, generation) {
      const source = eachBlock(body, blockBytes)
      const first = await source.next()
      const start = first.done ? NOTHING : first.value
      if (start.length < blockBytes) return (await prepare(key, start, meta, generation)).write()
      const written = await writeBlocks(raw, key, generation, startingWith(start, source))
      const manifest: Manifest = { version: 1, generation, blockSize: blockBytes, meta, ...written }
      const record = await encodeRecord(manifest, NOTHING)
      await commit(key, manifest, async () => undefined, record)
      return open(key, manifest, NOTHING)
    },

    get: load,
    remove,

    async check() {
      await raw.write('check', new TextEncoder().encode('ok'))
      if ((await raw.read('check'))?.length !== 2) throw new Error('The store did not give back what it took')
    },

    close: () => raw.close(),
  }
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield first
  yield* rest
}
