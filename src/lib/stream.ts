/** Web streams of bytes, for rooms that read them whole or make them. */
import { limitError } from '../error.ts'
import { concatBytes } from './bytes.ts'

/**
 * Reads a stream to its end.
 * @param max bytes that may be read; one more cancels the stream
 * @throws SOURCE_TOO_LARGE, or what the stream fails with
 */
export async function readAll(
  stream: ReadableStream<Uint8Array>,
  max = Infinity,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.length
    if (size > max) {
      await cancelQuietly(reader)
      throw limitError('sourceBytes', size, max, 'SOURCE_TOO_LARGE')
    }
    parts.push(step.value)
  }
  return concatBytes(parts)
}

/** A stream that asks for the next chunk only when it is wanted; `undefined` ends it. */
export function toStream(
  next: () => Promise<Uint8Array | undefined>,
  close: (reason?: unknown) => Promise<void> | void = () => {},
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await next()
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: close,
    },
    // Nothing is read ahead: a consumer that stops reading stops the source.
    { highWaterMark: 0 },
  )
}

/** Gives up a stream whose failure, if any, no longer matters. */
export async function cancelQuietly(
  stream: ReadableStream<Uint8Array> | ReadableStreamDefaultReader<Uint8Array> | null,
  reason?: unknown,
): Promise<void> {
  try {
    await stream?.cancel(reason)
  } catch {
    // It had failed already.
  }
}
