/**
 * A client of a few lines over a bare socket: what it sends is what stands here, it may leave or be slow, and it costs next to
 * nothing beside the service that it measures.
 */
import { connect } from 'node:net'

export interface RawRequest {
  /** As it goes on the wire. */
  readonly target: string
  /** Lines without their ends. */
  readonly headers?: readonly string[]
  /** The head ends in the middle. */
  readonly isHalf?: boolean
  /** Milliseconds after which the client is gone, whatever has come. */
  readonly leaveAfterMs?: number
  /** Nothing is read of the answer but what is under way. */
  readonly isDeaf?: boolean
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer>
  readonly ms: number
}

/** Undefined: it left, or was cut without an answer. @throws Error when there is none in time, or half of one */
export function askRaw(
  port: number,
  request: RawRequest,
  timeoutMs = 60_000,
): Promise<RawAnswer | undefined> {
  const { target, headers = [], isHalf = false, leaveAfterMs, isDeaf = false } = request
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let needed = Infinity
    let closed = 'closed'
    let size = 0
    const socket = connect(port, '127.0.0.1', () => {
      const lines = [`GET ${target} HTTP/1.1`, 'Host: media.test', 'Connection: close', ...headers]
      socket.write(`${lines.join('\r\n')}${isHalf ? '' : '\r\n\r\n'}`)
      if (isDeaf) socket.pause()
    })
    const clock = setTimeout(
      () => finish(leaveAfterMs === undefined ? 'no answer in time' : undefined),
      leaveAfterMs ?? timeoutMs,
    )
    function finish(fault?: string): void {
      clearTimeout(clock)
      socket.destroy()
      if (fault !== undefined) return reject(new Error(fault))
      const answer = leaveAfterMs === undefined ? parse(Buffer.concat(chunks)) : undefined
      if (leaveAfterMs === undefined && answer === undefined)
        return reject(new Error(`no whole answer: ${closed}, ${size} bytes`))
      resolve(answer && { ...answer, ms: performance.now() - began })
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (needed === Infinity) needed = lengthOf(chunks[0] as Buffer)
      if (size >= needed) finish()
    })
    // What came before a reset is looked at by `parse`.
    socket.on('error', ({ message }) => (closed = message))
    socket.on('close', () => finish())
  })
}

/** Of the whole answer, where its first piece says so. */
function lengthOf(first: Buffer): number {
  const end = first.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: *(\d+)/i.exec(first.toString('latin1', 0, Math.max(0, end)))?.[1]
  return length === undefined ? Infinity : end + 4 + Number(length)
}

function parse(all: Buffer): Omit<RawAnswer, 'ms'> | undefined {
  const end = all.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = all.toString('latin1', 0, end).split('\r\n')
  const headers = new Headers()
  for (const line of lines)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim())
  const rest = all.subarray(end + 4)
  const body = headers.get('transfer-encoding') === 'chunked' ? unchunked(rest) : rest
  const length = headers.get('content-length')
  if (!body || (length !== null && Number(length) !== body.length)) return undefined
  return { status: Number(first.split(' ')[1]), headers, body: Uint8Array.from(body) }
}

function unchunked(all: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const end = all.indexOf('\r\n', at)
    const length = Number.parseInt(all.toString('latin1', at, end), 16)
    if (end < 0 || Number.isNaN(length)) return undefined
    if (length === 0) return Buffer.concat(parts)
    parts.push(all.subarray(end + 2, end + 2 + length))
    at = end + 4 + length
  }
}
