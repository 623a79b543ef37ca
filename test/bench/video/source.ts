/**
 * Files behind HTTP as an object store has them: ranges, a version, and some time before each answer. It counts what it
 * sends. A file has as many names as anybody wants: `/anything/long.mp4`.
 */
import { createReadStream, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { sleep } from '../../../scripts/stage/service.ts'

export interface Source {
  readonly url: string
  /** What was sent, and how many requests were answered, since it was asked last. */
  take(): { readonly bytes: number; readonly requests: number }
  close(): Promise<void>
}

/** @param latencyMs before the first byte of each answer */
export async function startSource(folder: string, latencyMs: number): Promise<Source> {
  let bytes = 0
  let requests = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests += 1
    await sleep(latencyMs)
    const file = join(folder, basename(request.url ?? ''))
    const { size } = statSync(file)
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const start = Number(range?.[1] ?? 0)
    const end = range?.[2] ? Math.min(size - 1, Number(range[2])) : size - 1
    response.writeHead(range ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
      'content-type': 'video/mp4',
      etag: `"${size}"`,
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    })
    const stream = createReadStream(file, { start, end })
    response.on('close', () => stream.destroy())
    stream.on('data', (chunk) => {
      bytes += chunk.length
    })
    stream.pipe(response)
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = { bytes, requests }
      bytes = 0
      requests = 0
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
