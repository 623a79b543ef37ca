/** An HTTP server of objects in memory on loopback, with validators, conditions and ranges as RFC 9110 has them. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ObjectServer {
  readonly url: string
  readonly port: number
  readonly requests: IncomingMessage[]
  /** Path, still percent-encoded, without the first slash -> bytes. */
  readonly objects: Map<string, Uint8Array>
  close(): Promise<void>
}

export interface ObjectServerOptions {
  /** What tells versions apart. Default `etag`. */
  readonly validators?: 'etag' | 'weak' | 'date' | 'none'
  /** Default true. */
  readonly ranges?: boolean
  /** Default true; false = chunked. */
  readonly length?: boolean
  /** Answers 403 when it gives false. */
  readonly authorize?: (request: IncomingMessage) => boolean
  /** Takes over the answer when it gives true. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export async function startObjectServer(options: ObjectServerOptions = {}): Promise<ObjectServer> {
  const objects = new Map<string, Uint8Array>()
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    response.on('error', () => {})
    if (options.instead?.(request, response)) return
    if (options.authorize && !options.authorize(request)) return void response.writeHead(403).end()
    const body = objects.get(request.url?.slice(1).split('?')[0] ?? '')
    if (!body) return void response.writeHead(404).end('no such object')
    answer(request, response, body, options)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    objects,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  { validators = 'etag', ranges = true, length = true }: ObjectServerOptions,
): void {
  const digest = createHash('md5').update(body).digest()
  const etag = `${validators === 'weak' ? 'W/' : ''}"${digest.toString('hex')}"`
  // A date that changes with the content.
  const date = new Date(1_600_000_000_000 + digest.readUInt32BE(0) * 10).toUTCString()
  const usesEtag = validators === 'etag' || validators === 'weak'
  if (usesEtag) response.setHeader('ETag', etag)
  if (usesEtag || validators === 'date') response.setHeader('Last-Modified', date)
  response.setHeader('Content-Type', 'image/test')
  if (ranges) response.setHeader('Accept-Ranges', 'bytes')
  const { headers } = request
  if (headers['if-match'] !== undefined && headers['if-match'] !== etag)
    return void response.writeHead(412).end()
  const isKnown =
    headers['if-none-match'] === undefined
      ? validators === 'date' && headers['if-modified-since'] === date
      : headers['if-none-match'] === etag
  if (isKnown) return void response.writeHead(304).end()
  const same = headers['if-range'] === undefined || headers['if-range'] === (usesEtag ? etag : date)
  const match = ranges && same ? /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') : null
  if (!match) {
    if (length) response.setHeader('Content-Length', body.length)
    return void (length ? response.end(body) : (response.write(body), response.end()))
  }
  const start = Number(match[1])
  const end = match[2] === '' ? body.length : Math.min(Number(match[2]) + 1, body.length)
  if (start >= body.length) return void response.writeHead(416).end()
  response.writeHead(206, {
    'Content-Range': `bytes ${start}-${end - 1}/${body.length}`,
    'Content-Length': end - start,
  })
  response.end(body.subarray(start, end))
}
