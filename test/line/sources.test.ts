/** Originals over the network, through the whole line: what they cost, and what becomes of sources that mean harm. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serve } from '@hono/node-server'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph } from '../../src/index.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'
import { startS3Server } from '../support/s3-server.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

async function stage(sources: readonly unknown[], outbound: Record<string, unknown> = {}) {
  const origin = { name: 'files', match: '^/files/(?<key>.+)$', sources, ttl: { ok: 0 } }
  const config = {
    origins: [origin],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    outbound: { connectMs: 500, idleMs: 500, totalMs: 2000, ...outbound },
  }
  const media = createMediamorph(config as never, createTestPlatform())
  open.push(media)
  return (path: string, init?: RequestInit) => media.fetch(new Request(`http://media.test${path}`, init))
}

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean

async function serving(instead?: Answer) {
  const server = await startObjectServer(instead ? { instead } : {})
  open.push(server)
  return { server, source: { type: 'http', url: `${server.url}/\${key}` } }
}
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; details?: unknown } }
  return [response.status, error.code]
}

describe('a picture', () => {
  test('costs its http source one request, however many ask for it at once', async () => {
    const { server, source } = await serving()
    server.objects.set('a.jpg', await jpegPicture({ width: 1600, height: 1200 }))
    const get = await stage([source])
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => get('/files/a.jpg?width=100&format=webp')),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const body = new Uint8Array(await answers[0]!.arrayBuffer())
    expect(await sharp(body).metadata()).toMatchObject({ format: 'webp', width: 100, height: 75 })
    expect(answers[0]!.headers.get('x-source-type')).toBe('http')
    expect(server.requests).toHaveLength(1)
  })

  test('comes out of a private bucket, by a key with odd characters', async () => {
    const credentials = { accessKeyId: 'AK', secretAccessKey: 'S/K+', region: 'eu-test-1' }
    const server = await startS3Server(credentials)
    open.push(server)
    server.objects.set('media/%C3%BC%20%281%29%2B.jpg', await jpegPicture())
    const source = { type: 's3', endpoint: server.url, bucket: 'media', key: '${key}', ...credentials }
    const response = await (await stage([source]))('/files/%C3%BC%20(1)+.jpg?width=50')
    expect([response.status, response.headers.get('x-source-type')]).toEqual([200, 's3'])
    expect(server.requests).toHaveLength(1)
  })

  test('is found by the second source when the first has it not', async () => {
    const [empty, full] = [await serving(), await serving()]
    full.server.objects.set('a.jpg', await jpegPicture())
    const response = await (await stage([empty.source, full.source]))('/files/a.jpg?width=50')
    expect(response.status).toBe(200)
  })

  test('untransformed, is streamed with Range and If-None-Match', async () => {
    const { server, source } = await serving()
    const bytes = await jpegPicture({ width: 1600, height: 1200 })
    server.objects.set('a.jpg', bytes)
    const get = await stage([source])
    const whole = await get('/files/a.jpg')
    expect(Buffer.compare(new Uint8Array(await whole.arrayBuffer()), bytes)).toBe(0)
    const part = await get('/files/a.jpg', { headers: { range: 'bytes=-100' } })
    expect(part.status).toBe(206)
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(-100))
    const same = await get('/files/a.jpg', { headers: { 'if-none-match': whole.headers.get('etag')! } })
    expect(same.status).toBe(304)
  })
})

describe('a source that', () => {
  const picture = (body: Uint8Array | string, headers: Record<string, string | number> = {}): Answer => {
    return (_, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', etag: '"x"', ...headers })
      response.write(body)
      setTimeout(() => response.destroy(), 20)
      return true
    }
  }
  const withStatus = (status: number, headers: Record<string, string> = {}): Answer => {
    return (_, response) => (response.writeHead(status, headers).end(), true)
  }
  const endless: Answer = (_, response) => {
    response.writeHead(200, { etag: '"x"' })
    response.write(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))
    const more = () => {
      while (!response.destroyed && response.write(new Uint8Array(65_536)));
      response.once('drain', more)
    }
    more()
    return true
  }
  const cases: [string, Answer, [number, string][]][] = [
    ['has it not', withStatus(404), [[404, 'NOT_FOUND']]],
    ['has lost it', withStatus(410), [[410, 'GONE']]],
    ['fails', withStatus(500), [[502, 'SOURCE_FAILED']]],
    ['is not allowed', withStatus(403), [[502, 'SOURCE_FAILED']]],
    ['hangs', () => true, [[504, 'SOURCE_TIMEOUT']]],
    ['breaks off', (_, response) => (response.destroy(), true), [[502, 'SOURCE_FAILED']]],
    ['redirects in a circle', withStatus(302, { location: '/files/a.jpg' }), [[502, 'SOURCE_FAILED']]],
    ['redirects inside', withStatus(302, { location: 'http://169.254.169.254/' }), [[502, 'SOURCE_FAILED']]],
    ['answers HTML', (_, response) => (response.end('<html>hi</html>'), true), [[415, 'UNSUPPORTED_MEDIA']]],
    ['answers nothing', (_, response) => (response.end(), true), [[415, 'UNSUPPORTED_MEDIA']]],
    ['declares too much', picture('\xff\xd8\xff', { 'content-length': 1000 }), [[502, 'SOURCE_FAILED']]],
    [
      'never ends',
      endless,
      [
        [413, 'SOURCE_TOO_LARGE'],
        [422, 'CORRUPT_MEDIA'],
      ],
    ],
  ]
  test.each(cases)(
    '%s gets its code in its time, and the next request is served',
    async (_, answer, wanted) => {
      const bad = await serving(
        (request, response) => request.url !== '/good.jpg' && answer(request, response),
      )
      bad.server.objects.set('good.jpg', await jpegPicture())
      const get = await stage([bad.source])
      const before = performance.now()
      expect(wanted).toContainEqual(await outcome(await get('/files/a.jpg?width=50')))
      expect(performance.now() - before).toBeLessThan(5000)
      expect((await get('/files/good.jpg?width=50')).status).toBe(200)
    },
  )
})

test('threats row 34: the service as its own source is a loop, and ends', async () => {
  const service: { get?: Awaited<ReturnType<typeof stage>> } = {}
  const seen: number[] = []
  const server = serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const response = await service.get!(new URL(request.url).pathname + '?width=50', {
        headers: request.headers,
      })
      seen.push(response.status)
      return response
    },
  })
  await new Promise((done) => server.once('listening', done))
  open.push({ close: () => new Promise((done) => server.close(done)) })
  const { port } = server.address() as { port: number }
  const get = await stage([{ type: 'http', url: `http://127.0.0.1:${port}/files/\${key}` }])
  service.get = get
  expect(await outcome(await get('/files/a.jpg?width=50'))).toEqual([502, 'SOURCE_FAILED'])
  expect(seen).toEqual([508])
})
