/** One response's body, read forwards. */
import { cancelQuietly } from '../lib/stream.ts'

export class RemoteCursor {
  /** Offset in the original of the next byte. */
  position: number
  /** It goes on to the end of the original. */
  readonly isWhole: boolean
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #unread: Uint8Array | undefined

  constructor(body: ReadableStream<Uint8Array> | null, position: number, isWhole: boolean) {
    this.#reader = body?.getReader()
    this.position = position
    this.isWhole = isWhole
  }

  /** The next bytes, whatever number has come; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const chunk = this.#unread ?? (await this.#reader?.read())?.value
    this.#unread = undefined
    this.position += chunk?.length ?? 0
    return chunk
  }

  /** The next bytes, none before `start` and none at or after `end`; undefined at the end. */
  async nextWithin(start: number, end: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const at = this.position
      const chunk = await this.next()
      if (chunk === undefined || at + chunk.length > start) return chunk && this.#cut(chunk, at, start, end)
    }
  }

  #cut(chunk: Uint8Array, at: number, start: number, end: number): Uint8Array {
    const stop = Math.min(chunk.length, end - at)
    if (stop < chunk.length) {
      this.#unread = chunk.subarray(stop)
      this.position = at + stop
    }
    return chunk.subarray(Math.max(0, start - at), stop)
  }

  /** All that was wanted is here: sees the end, so that the connection can be used again, or gives it up. */
  async finish(): Promise<void> {
    try {
      if ((await this.next()) !== undefined) await this.close()
    } catch {
      // Nothing of what is wanted is missing.
    }
  }

  async close(): Promise<void> {
    if (this.#reader) await cancelQuietly(this.#reader)
  }
}
