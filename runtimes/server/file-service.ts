/** A folder as a small read-only file service: GET and HEAD with Range on `/{key}`, for Workers on this machine. */
import type { Driver } from '../../src/index.ts'

/** Largest piece that is read into memory at once. */
const PIECE_BYTES = 1 << 20

export function createFileService(driver: Driver): (request: Request) => Promise<Response> {
  return async (request) => {
    const key = toKey(new URL(request.url).pathname)
    const facts = key === undefined ? null : await driver.stat?.(key)
    if (key === undefined || !facts) return new Response(null, { status: 404 })
    const size = facts.size ?? 0
    const headers = new Headers({ 'x-size': String(size), 'content-type': 'application/octet-stream' })
    if (facts.mtime !== undefined) headers.set('last-modified', new Date(facts.mtime).toUTCString())
    headers.set('etag', facts.etag ?? `"${facts.mtime}-${size}"`)
    if (request.method === 'HEAD') return new Response(null, { headers })
    const [start, end] = rangeOf(request.headers.get('range'), size)
    if (start >= size && size > 0) return new Response(null, { status: 416, headers })
    headers.set('content-length', String(end - start))
    return new Response(streamOf(driver, key, start, end), {
      status: request.headers.has('range') ? 206 : 200,
      headers,
    })
  }
}

function toKey(pathname: string): string | undefined {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent).join('/')
  } catch {
    return undefined
  }
}

/** Only the form that our own driver sends. */
function rangeOf(header: string | null, size: number): readonly [number, number] {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header ?? '')
  return match ? [Number(match[1]), Math.min(Number(match[2]) + 1, size)] : [0, size]
}

function streamOf(driver: Driver, key: string, start: number, end: number): ReadableStream<Uint8Array> {
  let at = start
  return new ReadableStream({
    async pull(controller) {
      if (at >= end) return controller.close()
      const piece = await driver.readRange?.(key, at, Math.min(at + PIECE_BYTES, end))
      if (!piece || piece.length === 0) return controller.error(new Error('The file became shorter'))
      at += piece.length
      controller.enqueue(piece)
    },
  })
}
