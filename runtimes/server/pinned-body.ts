/** The body of a pinned answer: decoded, with back-pressure, given up on silence; cancelling closes the socket. */
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { PinnedFetchError } from './pinned-error.ts'

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

export interface BodyOptions {
  /** Content-Encoding, lower case; `identity` when there is none. */
  readonly encoding: string
  /** Milliseconds between two chunks while one is wanted. */
  readonly idleMs: number
  readonly signal: AbortSignal
}

/** True when an answer has no body by definition: RFC 9110 section 6.4.1. */
export function isEmptyAnswer(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 205 || status === 304
}

/** @throws PinnedFetchError ENCODING_UNKNOWN */
export function bodyOf(message: IncomingMessage, options: BodyOptions): ReadableStream<Uint8Array> {
  const { idleMs, signal } = options
  const decoder = decoderOf(message, options.encoding)
  const source = decoder ?? message
  const reader = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>

  function end(error?: Error) {
    signal.removeEventListener('abort', onAbort)
    message.destroy(error)
    decoder?.destroy(error)
  }
  function onAbort() {
    end(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  const onSilence = () =>
    source.destroy(new PinnedFetchError('IDLE_TIMEOUT', `the source was silent for ${idleMs} ms`))

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>) {
    const clock = setTimeout(onSilence, idleMs)
    try {
      const { value, done } = await reader.next()
      if (done && !decoder && !message.complete)
        throw new PinnedFetchError('BODY_TRUNCATED', 'the source closed the connection early')
      if (!done) return controller.enqueue(value)
      signal.removeEventListener('abort', onAbort)
      controller.close()
    } catch (error) {
      end(error as Error)
      controller.error(signal.aborted ? signal.reason : error)
    } finally {
      clearTimeout(clock)
    }
  }
  // Nothing is read ahead of the consumer.
  return new ReadableStream({ pull, cancel: () => end() }, { highWaterMark: 0 })
}

function decoderOf(message: IncomingMessage, encoding: string): Transform | undefined {
  if (encoding === 'identity' || encoding === '') return undefined
  const decoder = DECODERS[encoding]?.()
  if (!decoder) {
    message.destroy()
    throw new PinnedFetchError('ENCODING_UNKNOWN', `the source encoded its answer as ${encoding}`)
  }
  message.once('error', (error) => decoder.destroy(error))
  // Closed early without an error: the decoder must not wait for the rest.
  message.once('aborted', () => decoder.destroy(new PinnedFetchError('BODY_TRUNCATED', 'closed early')))
  message.pipe(decoder)
  // Failures reach the reader through the iterator; this keeps one between two reads from being uncaught.
  decoder.on('error', () => message.destroy())
  return decoder
}
