/** How often one client may ask, seen through the whole line. */
import { afterEach, describe, expect, test } from 'vitest'
import { networkOf } from '../../src/access/rate-limit.ts'
import { createMediamorph, type FetchContext, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function stage(rateLimit: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const platform = createTestPlatform({ drivers: { 'memory:files': mount.driver } })
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const document = {
    origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    rateLimit,
    ...more,
  }
  const media = createMediamorph(document as never, platform)
  open.push(media)
  const get = (path: string, context: FetchContext = { clientAddress: '198.51.100.1' }, init?: RequestInit) =>
    media.fetch(new Request(`http://media.test${path}`, init), context)
  return { get, lines: platform.lines }
}

const PICTURE = '/files/a.jpg?width=20'
const from = (clientAddress: string): FetchContext => ({ clientAddress })

describe('rateLimit.media', () => {
  test('is counted on hits, misses and errors alike; then 429 that says when', async () => {
    const { get } = await stage({ media: { limit: 4, windowMs: 60_000 } })
    const answers = []
    for (const path of [PICTURE, PICTURE, '/files/absent.jpg?width=20', PICTURE, PICTURE])
      answers.push(await get(path))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200, 429])
    expect(answers.map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT', null, 'HIT', null])
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual([
      '3',
      '2',
      '1',
      '0',
      '0',
    ])
    const [first, last] = [answers[0]!.headers, answers[4]!.headers]
    expect([first.get('ratelimit-policy'), first.get('ratelimit'), first.get('retry-after')]).toEqual([
      '"media";q=4;w=60',
      '"media";r=3;t=15',
      null,
    ])
    expect([last.get('ratelimit-policy'), last.get('ratelimit'), last.get('retry-after')]).toEqual([
      '"media";q=4;w=60',
      '"media";r=0;t=60',
      '15',
    ])
    expect(last.get('x-ratelimit-limit')).toBe('4')
    const reset = Number(last.get('x-ratelimit-reset')) - Date.now() / 1000
    expect(reset).toBeGreaterThan(57)
    expect(reset).toBeLessThanOrEqual(61)
    expect(last.get('cache-control')).toBe('no-store')
    expect(last.get('access-control-expose-headers')).toContain('RateLimit-Policy')
    expect(await answers[4]!.json()).toMatchObject({ error: { code: 'RATE_LIMITED' } })
  })

  test('health is never limited, and says nothing of limits', async () => {
    const { get } = await stage({ media: { limit: 1, windowMs: 60_000 } })
    for (let i = 0; i < 3; i++) {
      const response = await get('/healthz')
      expect([response.status, response.headers.get('ratelimit')]).toEqual([200, null])
    }
  })

  test('0 is off', async () => {
    const { get } = await stage({ media: { limit: 0, windowMs: 60_000 } })
    for (let i = 0; i < 20; i++) {
      const response = await get(PICTURE)
      expect([response.status, response.headers.get('ratelimit')]).toEqual([200, null])
    }
  })

  test('threats row 16: an IPv4-mapped peer has the allowance of its IPv4; an IPv6 peer that of its /64', async () => {
    const { get } = await stage({ media: { limit: 1, windowMs: 60_000 } })
    const status = async (address: string) => (await get(PICTURE, from(address))).status
    expect([await status('::ffff:198.51.100.7'), await status('198.51.100.7')]).toEqual([200, 429])
    expect(await status('198.51.100.8')).toBe(200)
    expect([await status('2001:db8:0:1::1'), await status('2001:db8::1:ffff:0:0:2')]).toEqual([200, 429])
    expect(await status('2001:db8:0:2::1')).toBe(200)
  })

  test('forwarding headers buy nothing, but for trusted proxies', async () => {
    const { get } = await stage({ media: { limit: 1, windowMs: 60_000 } }, { trustedProxies: ['10.0.0.0/8'] })
    const status = async (address: string, forwarded: string) =>
      (await get(PICTURE, from(address), { headers: { 'x-forwarded-for': forwarded } })).status
    expect([await status('198.51.100.1', '1.1.1.1'), await status('198.51.100.1', '2.2.2.2')]).toEqual([
      200, 429,
    ])
    expect([await status('10.0.0.1', '1.1.1.1'), await status('10.0.0.1', '2.2.2.2')]).toEqual([200, 200])
    expect(await status('10.0.0.2', '9.9.9.9, 2.2.2.2')).toBe(429)
  })

  test('clients that nobody knows share one allowance', async () => {
    const { get } = await stage({ media: { limit: 1, windowMs: 60_000 } })
    expect([(await get(PICTURE, {})).status, (await get(PICTURE, {})).status]).toEqual([200, 429])
  })
})

describe('the store', () => {
  test('that cannot be reached limits nobody, and the log says so once', async () => {
    const { get, lines } = await stage({
      media: { limit: 1, windowMs: 60_000 },
      store: 'redis://user:secret-word@127.0.0.1:1',
    })
    for (let i = 0; i < 3; i++) expect((await get(PICTURE)).status).toBe(200)
    expect(lines.filter((line) => line.includes('nobody is limited'))).toHaveLength(1)
    expect(lines.join('\n')).not.toContain('secret-word')
  })
})

test('who shares an allowance', () => {
  expect(networkOf('198.51.100.1')).toBe('198.51.100.1')
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('20010db800010002/64')
  expect(networkOf('::1')).toBe('0/64')
  expect(networkOf(undefined)).toBe('unknown')
  expect(networkOf('nonsense')).toBe('unknown')
})
