/** Cloudflare's Media Transformations, as a Worker is bound to them. */
import type { MediaWish, TransformMedia } from '../../src/index.ts'

/** What is asked of the binding's answers, each of which is one of another isolate. */
interface MediaLike {
  input(
    stream: ReadableStream<Uint8Array>,
  ): Sized & { transform(size: NonNullable<MediaWish['size']>): Sized }
}
interface Sized {
  output(what: MediaWish['output']): PromiseLike<{ response(): Promise<Response> }>
}

/** Of the runtime: a stream of bytes that may go to another isolate. */
declare const FixedLengthStream: new (bytes: number) => TransformStream<Uint8Array, Uint8Array>

/** Undefined where nothing of that kind is bound. */
export function openWorkersMedia(binding: unknown): TransformMedia | undefined {
  const fits = typeof binding === 'object' && binding !== null && 'input' in binding
  return fits ? transformer(binding as unknown as MediaLike) : undefined
}

function transformer(media: MediaLike): TransformMedia {
  return async (stream, size, wish, signal) => {
    const { readable, writable } = new FixedLengthStream(size)
    // It may stop reading, and says itself why.
    stream.pipeTo(writable, { signal }).catch(() => undefined)
    const original = media.input(readable)
    const sized = wish.size ? original.transform(wish.size) : original
    return (await sized.output(wish.output)).response()
  }
}
