/** Who may ask: signed, derivatives, public. Asserted through the whole line. */
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { signedText, signText } from '../../src/lib/hmac.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function stage(origin: Record<string, unknown>, secret?: string, more: Record<string, unknown> = {}) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const env: Record<string, string> = secret === undefined ? {} : { MEDIAMORPH_SECRET: secret }
  const platform = createTestPlatform({ env, drivers: { 'memory:files': mount.driver } })
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ...origin,
  }
  const media = createMediamorph(
    { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:', ...more } as never,
    platform,
  )
  open.push(media)
  return async (path: string) => {
    const response = await media.fetch(new Request(`http://media.test${path}`))
    const text = response.headers.get('content-type')?.startsWith('application/json')
      ? await response.text()
      : ''
    return { status: response.status, code: /"code":"(\w+)"/.exec(text)?.[1], headers: response.headers }
  }
}

async function sign(path: string, secret: string): Promise<string> {
  const url = new URL(path, 'http://media.test')
  url.searchParams.append('sig', await signText(signedText(url.pathname, url.searchParams), secret))
  return url.pathname + url.search
}

describe('signed', () => {
  const secret = 'correct horse battery staple'

  test('is the default once there is a secret, for originals too', async () => {
    const get = await stage({}, secret)
    expect((await get('/files/a.jpg?width=20')).code).toBe('BAD_SIGNATURE')
    expect((await get('/files/a.jpg')).code).toBe('BAD_SIGNATURE')
    expect((await get(await sign('/files/a.jpg?width=20', secret))).status).toBe(200)
    expect((await get(await sign('/files/a.jpg', secret))).status).toBe(200)
  })

  test('order and encoding do not matter; an added, changed or missing parameter does', async () => {
    const get = await stage({}, secret)
    const signed = new URL(await sign('/files/a.jpg?width=20&filename=a%20b.jpg', secret), 'http://x')
    const sig = signed.searchParams.get('sig')
    expect((await get(`/files/a.jpg?sig=${sig}&filename=a+b.jpg&width=20`)).status).toBe(200)
    for (const query of [
      `width=21&filename=a%20b.jpg&sig=${sig}`,
      `width=20&sig=${sig}`,
      `width=20&filename=a%20b.jpg&height=5&sig=${sig}`,
      `width=20&width=20&filename=a%20b.jpg&sig=${sig}`,
    ]) {
      expect([query, (await get(`/files/a.jpg?${query}`)).code]).toEqual([query, 'BAD_SIGNATURE'])
    }
    expect((await get(`/files/%61.jpg?width=20&filename=a%20b.jpg&sig=${sig}`)).code).toBe('BAD_SIGNATURE')
    for (const sig of ['', 'x', 'AAAA', `${'A'.repeat(43)}`, '%00'])
      expect((await get(`/files/a.jpg?width=20&sig=${sig}`)).code).toBe('BAD_SIGNATURE')
  })

  test('exp ends it, bounds max-age, and cannot be taken away', async () => {
    const get = await stage({}, secret)
    const now = Math.floor(Date.now() / 1000)
    const alive = await get(await sign(`/files/a.jpg?width=20&exp=${now + 50}`, secret))
    const age = Number(/max-age=(\d+)/.exec(alive.headers.get('cache-control') ?? '')?.[1])
    expect(alive.status).toBe(200)
    expect(age).toBeGreaterThan(40)
    expect(age).toBeLessThanOrEqual(50)
    expect((await get(await sign(`/files/a.jpg?width=20&exp=${now - 1}`, secret))).code).toBe('URL_EXPIRED')
    expect(
      (await get((await sign(`/files/a.jpg?width=20&exp=${now - 1}`, secret)).replace(/exp=\d+&/, ''))).code,
    ).toBe('BAD_SIGNATURE')
    expect((await get(await sign('/files/a.jpg?width=20&exp=soon', secret))).code).toBe('URL_EXPIRED')
  })

  test('a ring: the first key and the old one verify; kid names one', async () => {
    const get = await stage({}, 'k2:the-newer-secret,k1:the-older-secret')
    expect((await get(await sign('/files/a.jpg?width=20', 'the-newer-secret'))).status).toBe(200)
    expect((await get(await sign('/files/a.jpg?width=20', 'the-older-secret'))).status).toBe(200)
    expect((await get(await sign('/files/a.jpg?width=20&kid=k1', 'the-older-secret'))).status).toBe(200)
    expect((await get(await sign('/files/a.jpg?width=20&kid=k2', 'the-older-secret'))).code).toBe(
      'BAD_SIGNATURE',
    )
    expect((await get(await sign('/files/a.jpg?width=20', 'another-secret'))).code).toBe('BAD_SIGNATURE')
  })

  test('a signed address with a version is immutable', async () => {
    const get = await stage({}, secret)
    const response = await get(await sign('/files/a.jpg?width=20&v=3', secret))
    expect(response.headers.get('cache-control')).toMatch(/max-age=31536000.*immutable/)
  })
})

describe('derivatives', () => {
  const derivatives = { thumb: { width: 24, height: 24, fit: 'cover' } }

  test('lets named derivatives and listed sizes pass unsigned, and nothing else', async () => {
    const get = await stage({ access: 'derivatives', sizes: [32, 64] }, undefined, { derivatives })
    for (const query of [
      'derivative=thumb',
      'impolicy=thumb',
      'width=32',
      'w=64&format=webp',
      'width=32&height=64',
    ]) {
      expect([query, (await get(`/files/a.jpg?${query}`)).status]).toEqual([query, 200])
    }
    for (const query of [
      'width=33',
      'width=32&quality=10',
      'width=32&dpr=2',
      'derivative=thumb&rotate=90',
      'derivative=nope&width=31',
      'crop=5:5:0:0',
    ]) {
      expect([query, (await get(`/files/a.jpg?${query}`)).code]).toEqual([query, 'ACCESS_DENIED'])
    }
    expect((await get('/files/a.jpg')).status).toBe(200)
  })
})
