/** Who is let in, and how often, on every runtime: there the TCP peer comes from somewhere else each time. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startService, type Service } from '../../scripts/stage/service.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { jpegPicture } from '../support/pictures.ts'
import { hasRedis, startRedis } from '../support/redis-server.ts'
import { build, commandOf, RUNTIMES, type Runtime } from './commands.ts'

let folder: string
let lists: Loopback
beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-access-'))
  await writeFile(join(folder, 'a.jpg'), await jpegPicture())
  lists = await serveHttp((_, response) => response.end('203.0.113.0/24\n'))
})
afterAll(async () => {
  await lists.close()
  await rm(folder, { recursive: true, force: true })
})

const services: Service[] = []
afterEach(async () => {
  for (const service of services.splice(0)) await service.kill()
})

async function start(runtime: Runtime, more: object, env: Record<string, string> = {}) {
  const place = join(folder, runtime)
  const source = { type: 'storage', mount: `fs:${folder}`, key: '${key}' }
  const document = {
    origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
    storage: { cache: `fs:${place}-cache` },
    database: `sqlite:${place}.db`,
    rateLimit: { media: { limit: 3, windowMs: 3_600_000 } },
    ...more,
  }
  await writeFile(`${place}.json`, JSON.stringify(document))
  const service = await startService({
    command: commandOf(runtime),
    env: { MEDIAMORPH_CONFIG: `${place}.json`, MEDIAMORPH_ADMIN_TOKEN: 'a-token-of-tests', ...env },
  })
  services.push(service)
  return async (path: string, forwarded?: string, init: RequestInit = {}) => {
    const headers = { ...(forwarded && { 'x-forwarded-for': forwarded }), ...(init.headers as object) }
    const response = await fetch(service.url + path, { ...init, headers })
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
    const code = /"code":"(\w+)"/.exec(text)?.[1]
    return { status: response.status, code, headers: response.headers }
  }
}

describe.each(RUNTIMES)('%s', (runtime) => {
  test('the edge gate, rate limits and sessions', async () => {
    const edge = { requireCloudflare: true, cloudflareLists: [`${lists.origin}/ips-v4`] }
    const ask = await start(runtime, { edge, trustedProxies: ['127.0.0.1'] })
    const picture = '/files/a.jpg?width=20'
    for (const forwarded of [undefined, '203.0.113.5, 198.51.100.1', 'nonsense'])
      expect((await ask(picture, forwarded)).code, forwarded).toBe('EDGE_REQUIRED')
    const forged = { headers: { 'cf-connecting-ip': '203.0.113.5', 'x-real-ip': '203.0.113.5' } }
    expect((await ask(picture, undefined, forged)).code).toBe('EDGE_REQUIRED')
    for (const path of ['/healthz', '/readyz']) expect((await ask(path)).status, path).toBe(200)
    const through = (client: string) => `1.1.1.1, ${client}, 203.0.113.5`
    await expect.poll(async () => (await ask('/files/none.jpg', through('198.51.100.9'))).status).toBe(404)

    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await ask(picture, through('198.51.100.1'))).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    const { headers, code } = await ask(picture, through('198.51.100.1'))
    expect([code, headers.get('ratelimit-policy'), headers.get('x-ratelimit-remaining')]).toEqual([
      'RATE_LIMITED',
      '"media";q=3;w=3600',
      '0',
    ])
    expect(headers.get('ratelimit')).toMatch(/^"media";r=0;t=3[56]\d\d$/)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(1000)
    expect((await ask(picture, through('198.51.100.2'))).headers.get('ratelimit')).toMatch(
      /^"media";r=2;t=1200$/,
    )

    const form = { 'content-type': 'application/json' }
    const login = { method: 'POST', headers: form, body: '{"token":"a-token-of-tests"}' }
    const session = await ask('/admin/session', through('198.51.100.1'), login)
    const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect([session.status, cookie]).toEqual([200, expect.stringMatching(/^mediamorph_session=/)])
    expect((await ask('/admin/session', through('198.51.100.1'), { headers: { cookie } })).status).toBe(200)
  })
})

const REDIS = hasRedis() ? 'a real redis-server' : 'a real redis-server, which is not installed here'
test.runIf(hasRedis())(`three runtimes share one allowance through ${REDIS}`, async () => {
  const redis = await startRedis()
  try {
    const asks = await Promise.all(
      (['bun', 'deno', 'node'] as const).map((runtime) => start(runtime, {}, { REDIS_URL: redis.url })),
    )
    const remaining = []
    for (const ask of [...asks, ...asks]) {
      const { status, headers } = await ask('/files/a.jpg?width=20')
      remaining.push([status, headers.get('x-ratelimit-remaining')])
    }
    expect(remaining).toEqual([
      [200, '2'],
      [200, '1'],
      [200, '0'],
      [429, '0'],
      [429, '0'],
      [429, '0'],
    ])
    await redis.close()
    for (const ask of asks) expect((await ask('/files/a.jpg?width=20')).status).toBe(200)
  } finally {
    await redis.close()
  }
})
