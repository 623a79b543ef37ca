/** Who is told of the end of jobs: keeps what it heard, and does not always listen. */
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Random } from '../../test/support/mutate.ts'

export interface Heard {
  /** Of the address that was called. */
  readonly path: string
  readonly isSigned: boolean
  readonly body: {
    readonly job_id: string
    readonly status: string
    readonly error_code?: string
    readonly results?: { readonly etag?: string }
  }
}

export interface Receiver {
  /** Without a slash at the end. */
  readonly url: string
  /** Calls that were answered with 200. */
  readonly heard: readonly Heard[]
  close(): Promise<void>
}

/** One call of so many is answered with 500. */
const DEAF_EVERY = 12

export async function startReceiver(secret: string, random: Random): Promise<Receiver> {
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts)
      const expected = `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
      const isSigned = request.headers['x-signature'] === expected
      const isDeaf = random(DEAF_EVERY) === 0
      const body = JSON.parse(text.toString()) as Heard['body']
      if (!isDeaf) heard.push({ path: request.url ?? '', isSigned, body })
      response.writeHead(isDeaf ? 500 : 200).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
