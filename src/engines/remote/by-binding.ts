/** Media Transformations as a binding of a Worker: the original is streamed through, wherever it lies. */
import { MediaError } from '../../error.ts'
import { toStream } from '../../lib/stream.ts'
import type { Original } from '../../media/original.ts'
import type { TransformMedia } from '../../platform.ts'
import type { Transform } from './cloudflare.ts'
import { cloudflareError, numberOf } from './cloudflare-errors.ts'

export function transformByBinding(media: TransformMedia): Transform {
  return async (original, wish, { signal }) => {
    if (original.size === undefined) throw new MediaError('INTERNAL')
    const failure: { reason?: unknown } = {}
    const stream = watched(original, failure)
    try {
      return await media(stream, original.size, wish, signal)
    } catch (error) {
      // What the source failed with is told by nobody else.
      throw failure.reason ?? cloudflareError(numberOf(error), error)
    }
  }
}

function watched(original: Original, failure: { reason?: unknown }): ReadableStream<Uint8Array> {
  const reader = original.stream().getReader()
  const next = async () => {
    try {
      return (await reader.read()).value
    } catch (error) {
      failure.reason = error
      throw error
    }
  }
  return toStream(next, (reason) => reader.cancel(reason))
}
