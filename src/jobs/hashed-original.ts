import { MediaError } from '../error.ts'
import { sha256Hex } from '../lib/hash.ts'
import { createSha256 } from '../lib/sha256.ts'
import type { Original } from '../media/original.ts'

/**
 * The same original, hashed whenever it is read whole: at once, or as a stream.
 * @param expected hex SHA-256, where it is known
 * @param onHash told of the first that is found
 * @throws HASH_MISMATCH where it is another, before the last byte is handed on
 */
export function hashedOriginal(
  original: Original,
  expected: string | undefined,
  onHash: (hash: string) => void,
): Original {
  const { size, validator, type, sourceType } = original
  function check(hash: string): void {
    if (expected !== undefined && hash !== expected)
      throw new MediaError('HASH_MISMATCH', undefined, { details: { expected, found: hash } })
    onHash(hash)
  }
  return {
    ...(size === undefined ? {} : { size }),
    ...(type === undefined ? {} : { type }),
    validator,
    sourceType,
    close: () => original.close(),
    async read(range) {
      const bytes = await original.read(range)
      const isWhole = range.start === 0 && (bytes.length === size || bytes.length < range.end)
      if (isWhole) check(await sha256Hex(bytes))
      return bytes
    },
    stream(range) {
      const stream = original.stream(range)
      return range ? stream : stream.pipeThrough(hashing(check))
    },
  }
}

/** Holds the last chunk back until the hash is known. */
function hashing(check: (hash: string) => void): TransformStream<Uint8Array, Uint8Array> {
  const hash = createSha256()
  let held: Uint8Array | undefined
  return new TransformStream({
    transform(chunk, controller) {
      hash.update(chunk)
      if (held) controller.enqueue(held)
      held = chunk
    },
    flush(controller) {
      check(hash.digest())
      if (held) controller.enqueue(held)
    },
  })
}
