/**
 * Files behind another service, read-only, as a `Driver`: GET and HEAD with Range on `/{key}`. It is how a Worker on
 * this machine sees a folder, and how a deployed one may read from a Worker beside it.
 */
import type { Driver, DriverMeta } from '../../src/index.ts'

/** A service binding. */
export interface ServiceLike {
  fetch(input: string, init?: { method?: string; headers?: Record<string, string> }): Promise<Response>
}

export function createServiceDriver(service: ServiceLike): Driver {
  async function ask(key: string, method: string, headers: Record<string, string> = {}) {
    const path = key.split('/').map(encodeURIComponent).join('/')
    const response = await service.fetch(`http://files.internal/${path}`, { method, headers })
    if (response.ok || response.status === 416) return response
    await response.body?.cancel()
    if (response.status === 404) return null
    throw new Error(`The service answered ${response.status}`)
  }

  async function stat(key: string): Promise<DriverMeta | null> {
    const response = await ask(key, 'HEAD')
    if (!response) return null
    const { headers } = response
    const mtime = Date.parse(headers.get('last-modified') ?? '')
    const etag = headers.get('etag')
    return {
      size: Number(headers.get('x-size') ?? headers.get('content-length')),
      ...(Number.isNaN(mtime) ? {} : { mtime }),
      ...(etag !== null && { etag }),
    }
  }

  async function readRange(key: string, start: number, end: number): Promise<Uint8Array | null> {
    if (end <= start) return (await stat(key)) && new Uint8Array()
    const response = await ask(key, 'GET', { range: `bytes=${start}-${end - 1}` })
    if (!response) return null
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (response.status === 416) return new Uint8Array()
    return response.status === 206 ? bytes : bytes.subarray(start, end)
  }

  const whole = async (key: string) => {
    const response = await ask(key, 'GET')
    return response && new Uint8Array(await response.arrayBuffer())
  }
  return {
    name: 'service',
    hasItem: async (key) => (await stat(key)) !== null,
    getItem: async (key) => {
      const bytes = await whole(key)
      return bytes && new TextDecoder().decode(bytes)
    },
    getItemRaw: whole,
    getKeys: () => [],
    getMeta: stat,
    stat,
    readRange,
  }
}
