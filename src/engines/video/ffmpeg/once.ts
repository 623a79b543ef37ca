import { toStream } from '../../../lib/stream.ts'

/** Bytes that are here already, as the stream that an ffmpeg reads. */
export function once(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0
  return toStream(async () => chunks[next++])
}

/** Bytes that are still being made, from now on: the ffmpeg that reads them starts beside. Stopped when its reader is done with them. */
export function late(
  signal: AbortSignal,
  make: (signal: AbortSignal) => Promise<Uint8Array>,
): { readonly stream: ReadableStream<Uint8Array>; readonly done: Promise<void> } {
  const stop = new AbortController()
  const made = make(AbortSignal.any([signal, stop.signal]))
  let isGiven = false
  const stream = toStream(
    async () => {
      const bytes = isGiven ? undefined : await made
      isGiven = true
      return bytes
    },
    () => stop.abort(),
  )
  return { stream, done: made.then(() => undefined) }
}
