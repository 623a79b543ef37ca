/** One writing of a blob's body: where its blocks lie, how they get there, and how they are read back and checked. */
import { MediaError } from '../error.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { RawStore } from './raw-store.ts'
import { decodeRecord, type Manifest } from './record.ts'

type Body = Uint8Array<ArrayBuffer>

/** Hashed keys, two levels of folders, so that no folder grows beyond reason. */
function locate(key: string): string {
  return `${key.slice(0, 1)}:${key.slice(2, 4)}:${key.slice(4, 6)}:${key.slice(2)}`
}

export function manifestKey(key: string): string {
  return `${locate(key)}.m`
}

/** The body in one value, or one chunk of it. */
export function bodyKey(key: string, generation: string, chunk?: number): string {
  return `${locate(key)}.${generation}${chunk === undefined ? '' : `.${chunk}`}`
}

/** What is visible under a key, without opening it. */
export async function readManifest(raw: RawStore, key: string): Promise<Manifest | 'broken' | undefined> {
  const bytes = await raw.read(manifestKey(key))
  return bytes && ((await decodeRecord(bytes))?.manifest ?? 'broken')
}

export async function writeBody(raw: RawStore, key: string, manifest: Manifest, body: Body): Promise<void> {
  const { generation, layout, blockSize } = manifest
  if (layout === 'whole') await raw.write(bodyKey(key, generation), body)
  if (layout !== 'chunks') return
  for (let index = 0; index < manifest.blocks.length; index++) {
    const chunk = body.subarray(index * blockSize, (index + 1) * blockSize)
    await raw.write(bodyKey(key, generation, index), chunk)
  }
}

/** Writes blocks as they come and says what became of them. A failure leaves nothing behind that can be removed. */
export async function writeBlocks(
  raw: RawStore,
  key: string,
  generation: string,
  source: AsyncIterable<Body>,
): Promise<Pick<Manifest, 'size' | 'layout' | 'blocks'>> {
  const blocks: string[] = []
  let size = 0
  async function note(block: Body): Promise<Body> {
    blocks.push(await sha256Hex(block))
    size += block.length
    return block
  }
  if (raw.writeStream && raw.readRange) {
    await raw.writeStream(bodyKey(key, generation), toStream(source, note))
    return { size, layout: 'whole', blocks }
  }
  try {
    for await (const block of source)
      await raw.write(bodyKey(key, generation, blocks.length), await note(block))
  } catch (error) {
    for (let index = 0; index <= blocks.length; index++) {
      await raw.remove(bodyKey(key, generation, index)).catch(() => undefined)
    }
    throw error
  }
  return { size, layout: 'chunks', blocks }
}

function toStream(
  source: AsyncIterable<Body>,
  note: (block: Body) => Promise<Body>,
): ReadableStream<Uint8Array> {
  const blocks = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await blocks.next()
        if (step.done) controller.close()
        else controller.enqueue(await note(step.value))
      },
      async cancel() {
        await blocks.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/** How often what is read may be replaced while one block of it is looked for: writers do not run this fast for long. */
const MOST_MOVES = 16

export interface BlockReaderOptions {
  readonly raw: RawStore
  readonly key: string
  readonly manifest: Manifest
  /** Called when a block of the visible generation is missing or wrong. */
  drop(key: string, manifest: Manifest): Promise<void>
}

/**
 * Reads checked blocks of one generation. When it was replaced meanwhile by one with the same bytes, reading goes on
 * there; anything else is STORE_FAILED.
 */
export function createBlockReader({
  raw,
  key,
  manifest,
  drop,
}: BlockReaderOptions): (index: number) => Promise<Body> {
  let current = manifest

  /** Follows the key to what is visible now. False where that has other bytes, or is what was just found to be broken. */
  async function follow(): Promise<boolean> {
    const visible = await readManifest(raw, key)
    const isReplaced =
      visible !== undefined && visible !== 'broken' && visible.generation !== current.generation
    if (!isReplaced) {
      await drop(key, current)
      return false
    }
    if (!hasSameBytes(visible, current)) return false
    current = visible
    return true
  }

  return async (index) => {
    try {
      for (let moves = 0; moves <= MOST_MOVES; moves++) {
        const block = await readBlock(raw, key, current, index)
        if (block) return block
        if (!(await follow())) break
      }
    } catch (cause) {
      throw new MediaError('STORE_FAILED', 'The stored rendition cannot be read', { cause })
    }
    throw new MediaError('STORE_FAILED', 'The stored rendition is no longer whole')
  }
}

async function readBlock(
  raw: RawStore,
  key: string,
  manifest: Manifest,
  index: number,
): Promise<Body | undefined> {
  const { generation, layout, blockSize, size, blocks } = manifest
  const start = index * blockSize
  const block =
    layout === 'whole'
      ? await raw.readRange?.(bodyKey(key, generation), start, Math.min(size, start + blockSize))
      : await raw.read(bodyKey(key, generation, index))
  return block && (await sha256Hex(block)) === blocks[index] ? block : undefined
}

function hasSameBytes(a: Manifest, b: Manifest): boolean {
  return a.size === b.size && a.blockSize === b.blockSize && a.blocks.join() === b.blocks.join()
}
