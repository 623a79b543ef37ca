import { toStream } from '../../../lib/stream.ts'

/** Bytes that are here already, as the stream that an ffmpeg reads. */
export function once(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0
  return toStream(async () => chunks[next++])
}
