/** An HTTP origin that means harm, in a thread of its own: what it does is the first segment of the path. */
import { randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { createGzip } from 'node:zlib'

const { photo } = workerData as { photo: Uint8Array }
/** A block of what looks like the inside of a picture. */
const NOISE = randomBytes(65_536).map((byte) => byte & 0x7f)
const MIB = 1_048_576

type Manner = (response: ServerResponse, url: string) => unknown

const MANNERS: Readonly<Record<string, Manner>> = {
  /** A picture that never ends, as fast as it is read. */
  endless(response) {
    response.writeHead(200, { etag: '"1"' }).write(photo.subarray(0, photo.length - 2))
    const pour = () => {
      while (!response.destroyed && response.write(NOISE));
    }
    response.on('drain', pour)
    pour()
  },
  /** As much, behind a small body. */
  gzip: (response) => response.writeHead(200, { etag: '"1"', 'content-encoding': 'gzip' }).end(BOMB),
  long(response) {
    response.writeHead(200, { etag: '"1"', 'content-length': photo.length + 5000 }).write(photo)
    setTimeout(() => response.destroy(), 50)
  },
  short: (response) =>
    response.socket?.end(
      Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 2000\r\n\r\n'), photo]),
    ),
  hanging: () => undefined,
  drip(response) {
    response.writeHead(200, { etag: '"1"', 'content-length': photo.length })
    let at = 0
    const clock = setInterval(() => response.write(photo.subarray(at, ++at)), 100)
    response.on('close', () => clearInterval(clock))
  },
  head(response) {
    response.socket?.write('HTTP/1.1 200 OK\r\nX-Slow: ')
    const clock = setInterval(() => response.socket?.write('a'), 100)
    response.socket?.on('close', () => clearInterval(clock))
  },
  loop: (response, url) => response.writeHead(302, { location: url }).end(),
  inside: (response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  file: (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  reset: (response) => response.socket?.destroy(),
  html: (response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end('<!doctype html><p>Sorry</p>'),
  failing: (response) => response.writeHead(500).end('no'),
  empty: (response) => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(),
  headers: (response) => response.writeHead(200, { 'x-long': 'a'.repeat(200_000) }).end(photo),
  coded: (response) => response.writeHead(200, { 'content-encoding': 'zstd' }).end(photo),
}

/** A picture, then 100 MiB of nothing. */
function makeBomb(): Promise<Buffer> {
  return new Promise((resolve) => {
    const zip = createGzip()
    const chunks: Buffer[] = []
    zip.on('data', (chunk: Buffer) => chunks.push(chunk))
    zip.on('end', () => resolve(Buffer.concat(chunks)))
    zip.write(photo.subarray(0, photo.length - 2))
    for (let i = 0; i < 100; i++) zip.write(Buffer.alloc(MIB))
    zip.end()
  })
}

const BOMB = await makeBomb()
const server = createServer((request, response) => {
  const url = request.url ?? '/'
  response.on('error', () => undefined)
  const manner = MANNERS[url.split('/')[1] ?? '']
  if (manner) manner(response, url)
  else response.writeHead(404).end()
})
server.on('clientError', (_, socket) => socket.destroy())
server.listen(0, '127.0.0.1', () => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage((server.address() as AddressInfo).port)
})
