/**
 * An original behind HTTP. One GET is begun when it is opened and read on as far as anyone asks, so that a picture
 * costs one request; the first bytes are kept, because they are looked at before they are read. What lies far from
 * there is fetched by ranges that are pinned to the same version.
 */
import { MediaError } from '../error.ts'
import { concatBytes, gather } from '../lib/bytes.ts'
import { sha256Hex } from '../lib/hash.ts'
import { cancelQuietly, toStream } from '../lib/stream.ts'
import { nextTurn, TURN_BYTES } from '../lib/turn.ts'
import { classOfName } from '../media/format.ts'
import type { ByteRange, Original, Validator } from '../media/original.ts'
import { RemoteCursor } from './remote-cursor.ts'
import { pinTo, rangeStart, readFacts, statusError, unlessSame, type RemoteFacts } from './remote-facts.ts'

/** Sends one GET with these headers besides the source's own. */
export type RemoteSend = (headers: Readonly<Record<string, string>>) => Promise<Response>

/** Bytes asked for first of a file of which parts will do. */
const HEAD = 65_536
/** Bytes kept from the start of the first response. */
const KEPT = 1_048_576
/** Statuses that, for a version we had a moment ago, say that it is gone. */
const MEANS_CHANGED = new Set([200, 206, 404, 410, 412, 416])
/** Bytes that are cheaper to read over than to ask for anew. */
const READ_OVER = 262_144

/**
 * @param name of the file: of what looks like video or sound only the beginning is asked for, since parts of it will do
 * @throws NOT_FOUND, GONE, SOURCE_FAILED, and what `send` throws
 */
export async function openRemote(sourceType: string, send: RemoteSend, name = ''): Promise<Original> {
  const head = await sendForHead(send, name)
  const response = head ?? (await send({}))
  const isHead = response === head && response.status === 206
  if (response.status !== 200 && !isHead) {
    await cancelQuietly(response.body)
    throw statusError(response)
  }
  const facts = readFacts(response)
  const original = new RemoteOriginal(sourceType, send, facts, new RemoteCursor(response.body, 0, !isHead))
  if (isHead) await original.read({ start: 0, end: HEAD })
  if (!facts.validator) await original.nameVersion()
  return original
}

/** Undefined where a source's answer is no beginning that others can be joined to. */
async function sendForHead(send: RemoteSend, name: string): Promise<Response | undefined> {
  if ((classOfName(name) ?? 'image') === 'image') return undefined
  const response = await send({ range: `bytes=0-${HEAD - 1}` })
  const { status, headers } = response
  const isHead = status === 206 && rangeStart(headers) === 0 && readFacts(response).validator !== undefined
  if (isHead || (status !== 206 && status !== 416)) return response
  await cancelQuietly(response.body)
  return undefined
}

/** Whether the source still has the version that `validator` names. @throws as `openRemote` */
export async function checkRemote(sourceType: string, send: RemoteSend, validator: string): Promise<boolean> {
  const condition = unlessSame(validator)
  if (!condition) {
    const original = await openRemote(sourceType, send)
    await original.close()
    return original.validator.text === validator
  }
  const response = await send(condition)
  await cancelQuietly(response.body)
  if (response.status === 304) return true
  if (response.status !== 200) throw statusError(response)
  return readFacts(response).validator?.text === validator
}

class RemoteOriginal implements Original {
  readonly sourceType: string
  readonly type?: string
  size?: number
  validator: Validator
  readonly #send: RemoteSend
  readonly #canRange: boolean
  #kept = new Uint8Array()
  /** The response that is being read on; absent while a stream has it, and after a jump. */
  #main: RemoteCursor | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(sourceType: string, send: RemoteSend, facts: RemoteFacts, main: RemoteCursor) {
    this.sourceType = sourceType
    this.validator = facts.validator ?? { text: '' }
    if (facts.size !== undefined) this.size = facts.size
    if (facts.type !== undefined) this.type = facts.type
    this.#send = send
    this.#canRange = facts.ranges && facts.size !== undefined && facts.validator !== undefined
    this.#main = main
  }

  /**
   * For a source without validators: the hash of a small original is its version; a large one never equals another.
   */
  async nameVersion(): Promise<void> {
    const head = await this.read({ start: 0, end: KEPT })
    const isWhole = head.length < KEPT || head.length === this.size
    if (isWhole) this.size = head.length
    this.validator = {
      text: isWhole ? `sha256-${await sha256Hex(head)}` : `unversioned-${crypto.randomUUID()}`,
    }
  }

  read(range: ByteRange): Promise<Uint8Array> {
    return this.#inTurn(() => this.#read(range.start, Math.min(range.end, this.size ?? Infinity)))
  }

  stream(range: ByteRange = { start: 0, end: Infinity }): ReadableStream<Uint8Array> {
    const end = Math.min(range.end, this.size ?? Infinity)
    let at = range.start
    let cursor: RemoteCursor | undefined
    const next = async () => {
      const kept = this.#kept.slice(at, Math.max(at, end))
      if (kept.length === 0 && at < end) cursor ??= await this.#inTurn(() => this.#take(at, end))
      const chunk = kept.length > 0 ? kept : at < end ? await cursor?.nextWithin(at, end) : undefined
      if (chunk === undefined) {
        await cursor?.finish()
        await this.close()
        this.#requireEnd(at, end)
      }
      at += chunk?.length ?? 0
      return chunk
    }
    return toStream(next, async () => {
      await cursor?.close()
      await this.close()
    })
  }

  async close(): Promise<void> {
    const main = this.#main
    this.#main = undefined
    await main?.close()
  }

  async #read(start: number, end: number): Promise<Uint8Array> {
    const kept = this.#kept.slice(start, Math.max(start, end))
    let at = start + kept.length
    if (at >= end) return kept
    const gathered = gather(this.size === undefined ? undefined : end - start)
    gathered.add(kept)
    const cursor = await this.#take(at, end)
    let turn = at + TURN_BYTES
    try {
      for (let chunk = await cursor.nextWithin(at, end); chunk; chunk = await cursor.nextWithin(at, end)) {
        this.#keep(chunk, at)
        gathered.add(chunk)
        at += chunk.length
        if (at >= end) break
        if (at < turn) continue
        turn = at + TURN_BYTES
        await nextTurn()
      }
      this.#requireEnd(at, end)
      await this.#giveBack(cursor)
    } catch (error) {
      await cursor.close()
      throw error
    }
    return gathered.whole()
  }

  /** A response that will give the bytes at `at` next, or after others that are read over. */
  async #take(at: number, end: number): Promise<RemoteCursor> {
    const main = this.#main
    this.#main = undefined
    const distance = main ? at - main.position : -1
    if (main && distance >= 0 && (distance <= READ_OVER || !this.#canRange)) return main
    await main?.close()
    const range: Record<string, string> = this.#canRange
      ? { range: `bytes=${at}-${Number.isFinite(end) ? end - 1 : ''}` }
      : {}
    // A source may stand on several machines that do not agree at once: asked twice, then given up.
    return (await this.#ask(range, at)) ?? (await this.#ask(range, at)) ?? this.#changed()
  }

  /** Undefined when the source no longer has our version. */
  async #ask(range: Record<string, string>, at: number): Promise<RemoteCursor | undefined> {
    const response = await this.#send({ ...range, ...pinTo(this.validator) })
    const { status, body } = response
    const isSame = isOfVersion(response, this.validator)
    if (status === 200 && isSame) return new RemoteCursor(body, 0, true)
    if (status === 206 && isSame && rangeStart(response.headers) === at)
      return new RemoteCursor(body, at, false)
    await cancelQuietly(body)
    if (MEANS_CHANGED.has(status)) return undefined
    throw statusError(response)
  }

  #changed(): never {
    throw new MediaError('SOURCE_CHANGED')
  }

  /** A response that goes on is read on later; one that is done gives its connection back. */
  async #giveBack(cursor: RemoteCursor): Promise<void> {
    if (cursor.isWhole && cursor.position !== this.size) {
      this.#main = cursor
      return
    }
    await cursor.finish()
  }

  #keep(chunk: Uint8Array, at: number): void {
    if (at === this.#kept.length && at < KEPT)
      this.#kept = concatBytes([this.#kept, chunk.subarray(0, KEPT - at)])
  }

  #requireEnd(at: number, end: number): void {
    if (this.size !== undefined && at < Math.min(end, this.size))
      throw new MediaError('SOURCE_FAILED', 'Reading the original: it ended early')
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => {})
    return result
  }
}

function isOfVersion(response: Response, validator: Validator): boolean {
  const { validator: other, size } = readFacts(response)
  // A 206 need not repeat what a precondition has settled.
  if (!other) return response.status === 206
  if (!validator.text.startsWith('lm-')) return other.text === validator.text
  const isSameSize = size === undefined || validator.text.endsWith(`-${size}`)
  return isSameSize && other.lastModified === validator.lastModified
}
