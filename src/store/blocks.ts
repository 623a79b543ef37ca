/** Bodies as blocks of equal size: cutting, hashing, and reading them back as bytes or as a stream. */
import { concatBytes } from '../lib/bytes.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { ByteRange } from '../media/original.ts'

/** Hex SHA-256 of every block, in order. */
export async function hashBlocks(body: Uint8Array<ArrayBuffer>, blockBytes: number): Promise<string[]> {
  const hashes: string[] = []
  for (let at = 0; at < body.length; at += blockBytes) {
    hashes.push(await sha256Hex(body.subarray(at, at + blockBytes)))
  }
  return hashes
}

/** Re-cuts a stream into blocks of exactly `blockBytes`, the last one shorter. Leaving early cancels the stream. */
export async function* eachBlock(
  stream: ReadableStream<Uint8Array>,
  blockBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const reader = stream.getReader()
  let parts: Uint8Array[] = []
  let held = 0
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      let piece = step.value
      while (held + piece.length >= blockBytes) {
        const taken = blockBytes - held
        yield concatBytes([...parts, piece.subarray(0, taken)])
        piece = piece.subarray(taken)
        parts = []
        held = 0
      }
      if (piece.length > 0) parts.push(piece)
      held += piece.length
    }
    if (held > 0) yield concatBytes(parts)
  } finally {
    // Does nothing when the stream has ended.
    await reader.cancel().catch(() => undefined)
  }
}

/** Where the blocks of one body come from. */
export interface BlockSource {
  readonly size: number
  readonly blockBytes: number
  /** Block n, checked. @throws STORE_FAILED */
  block(index: number): Promise<Uint8Array<ArrayBuffer>>
}

/** The range as bytes when it lies in one block, else as a stream that is one block ahead of its reader. */
export async function readBlocks(
  { size, blockBytes, block }: BlockSource,
  range: ByteRange = { start: 0, end: size },
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>> {
  const start = Math.max(0, range.start)
  const end = Math.min(size, range.end)
  if (start >= end) return new Uint8Array()
  const last = Math.floor((end - 1) / blockBytes)
  const cut = async (index: number) => {
    const at = index * blockBytes
    return (await block(index)).subarray(Math.max(0, start - at), Math.min(blockBytes, end - at))
  }
  const first = Math.floor(start / blockBytes)
  const firstBytes = await cut(first)
  return first === last ? firstBytes : streamBlocks(firstBytes, first + 1, last, cut)
}

function streamBlocks(
  firstBytes: Uint8Array<ArrayBuffer>,
  second: number,
  last: number,
  cut: (index: number) => Promise<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array> {
  let next = second
  let ahead: Promise<Uint8Array<ArrayBuffer>> = Promise.resolve(firstBytes)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const current = ahead
        const isLast = next > last
        if (!isLast) {
          ahead = cut(next++)
          // Its failure is told when it is its turn.
          ahead.catch(() => undefined)
        }
        controller.enqueue(await current)
        if (isLast) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
