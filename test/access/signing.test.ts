/** Signed addresses under attack, through the whole line: whatever is done to one, it is refused. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signSrcset, signUrl, srcset } from '../../src/client.ts'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const RING = 'k2:the newer secret,k1:the older secret'
const ORIGIN = 'http://media.test'
let media: Mediamorph

beforeAll(async () => {
  const mount = createMemoryMount()
  mount.put('a b.jpg', await jpegPicture({ width: 64, height: 48 }))
  const origin = (name: string, more = {}) => ({
    name,
    match: `^/${name}/(?<key>.+)$`,
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ...more,
  })
  media = createMediamorph(
    {
      origins: [
        origin('files'),
        origin('open', { access: 'public' }),
        origin('fixed', { cacheControl: { clientError: 'public, max-age=500' } }),
      ],
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
    } as never,
    createTestPlatform({ env: { MEDIAMORPH_SECRET: RING }, drivers: { 'memory:files': mount.driver } }),
  )
})
afterAll(() => media.close())

async function get(url: string) {
  const response = await media.fetch(new Request(new URL(url, ORIGIN)))
  const text = response.headers.get('content-type')?.includes('json') ? await response.text() : ''
  return { status: response.status, code: /"code":"(\w+)"/.exec(text)?.[1], headers: response.headers }
}
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
const signed = (url: string, more = {}) => signUrl(url, RING, { exp: inAnHour(), kid: 'k1', ...more })
const PICTURE = '/files/a%20b.jpg?width=20&filename=x%20y.jpg&fit=cover&height=20'

describe('what is as it was signed', () => {
  test('is answered, in any order and encoding of its parameters', async () => {
    const url = await signed(PICTURE)
    const { pathname, searchParams } = new URL(url, ORIGIN)
    const turned = [...searchParams].toReversed()
    for (const query of [
      searchParams.toString(),
      new URLSearchParams(turned).toString(),
      turned.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'),
      turned.map(([name, value]) => `${name.replace('w', '%77')}=${encodeURIComponent(value)}`).join('&'),
    ])
      expect([query, (await get(`${pathname}?${query}`)).status]).toEqual([query, 200])
  })

  test('a srcset, each candidate', async () => {
    const set = await signSrcset(srcset('', '/files/a b.jpg', { widths: [10, 20] }), RING)
    const candidates = set.split(', ').map((one) => one.split(' '))
    expect(candidates.map(([, size]) => size)).toEqual(['10w', '20w'])
    for (const [url = ''] of candidates) expect((await get(url)).status).toBe(200)
  })
})

describe('what is not', () => {
  const edits: Readonly<Record<string, (url: string) => string | readonly string[]>> = {
    'an added parameter': (url) =>
      ['height=5', 'v=1', 'x', 'debug=1', 'download=true'].map((p) => `${url}&${p}`),
    'a parameter put in front': (url) => url.replace('?', '?width=21&'),
    'a parameter given again': (url) => `${url}&width=20`,
    'a changed parameter': (url) => [url.replace('width=20', 'width=21'), url.replace('cover', 'fill')],
    'a missing parameter': (url) => url.replace(/&height=20/, ''),
    'no end': (url) => url.replace(/&exp=\d+/, ''),
    'a later end': (url) => url.replace(/exp=\d/, 'exp=9'),
    'no kid': (url) => url.replace('&kid=k1', ''),
    'another kid': (url) => [url.replace('kid=k1', 'kid=k2'), url.replace('kid=k1', 'kid=')],
    'an alias': (url) => url.replace('width=', 'w='),
    'another case of a name': (url) => url.replace('width=', 'Width='),
    'another case of a value': (url) => url.replace('cover', 'COVER'),
    'another number of the same value': (url) => url.replace('width=20', 'width=020'),
    'another path': (url) => [url.replace('a%20b', 'a%20c'), url.replace('/files', '/fixed')],
    'another case of the path': (url) => url.replace('/files/a', '/files/A'),
    'another encoding of the path': (url) => [
      url.replace('/files', '/%66iles'),
      url.replace('a%20b', '%61%20b'),
      url.replace('.jpg', '%2Ejpg'),
    ],
    'another slash': (url) => [url.replace('/files/', '/files//'), url.replace('/files/', '/files%2f')],
    'the same signature twice': (url) => `${url}&sig=${/sig=(.*)$/.exec(url)![1]}`,
    'a second signature': (url) => [`${url}&sig=x`, url.replace('?', `?sig=${'A'.repeat(43)}&`)],
    'a second exp or kid': (url) => [`${url}&exp=9999999999`, `${url}&kid=k1`],
    'no signature': (url) => url.replace(/&sig=.*/, ''),
    'an empty signature': (url) => url.replace(/sig=.*/, 'sig='),
    'a name in another case': (url) => url.replace('sig=', 'SIG='),
    'a truncated signature': (url) => [url.slice(0, -1), url.slice(0, -10)],
    'a longer signature': (url) => [`${url}A`, `${url}AAAA`],
    'a padded signature': (url) => [`${url}=`, `${url}%3D`, `${url}%20`, `${url}==`],
    'bits behind the last byte': (url) =>
      url.slice(0, -1) + String.fromCharCode(url.charCodeAt(url.length - 1) + 1),
    'a signature in hex': (url) =>
      url.replace(/sig=(.*)$/, (_, sig: string) => `sig=${Buffer.from(sig, 'base64url').toString('hex')}`),
    'a signature in plain base64': (url) =>
      url.replace(
        /sig=(.*)$/,
        (_, sig: string) => `sig=${encodeURIComponent(Buffer.from(sig, 'base64url').toString('base64'))}`,
      ),
  }
  test.each(Object.entries(edits))('%s is 403 BAD_SIGNATURE', async (_, edit) => {
    const url = await signed(PICTURE)
    for (const changed of [edit(url)].flat()) {
      expect(changed).not.toBe(url)
      const { status, code } = await get(changed)
      expect([changed, status, code]).toEqual([changed, 403, 'BAD_SIGNATURE'])
    }
  })

  test('values of one parameter in another order: another would count', async () => {
    const url = await signed('/files/a%20b.jpg?width=30&width=20&format=jpeg')
    const good = await get(url)
    expect([good.status, good.headers.get('x-resolved-width')]).toEqual([200, '20'])
    const swapped = url.replace('width=20&width=30', 'width=30&width=20')
    expect(swapped).not.toBe(url)
    expect((await get(swapped)).code).toBe('BAD_SIGNATURE')
  })

  test('a wrong signature opens a public origin no more than any other', async () => {
    expect((await get('/open/a%20b.jpg?width=20')).status).toBe(200)
    expect((await get('/open/a%20b.jpg?width=20&sig=x')).code).toBe('BAD_SIGNATURE')
  })

  test('any one character of the address, changed, added or left out', async () => {
    const url = await signed(PICTURE)
    const meaning = (text: string) => {
      const { pathname, searchParams, hash } = new URL(text, ORIGIN)
      searchParams.sort()
      return `${pathname}?${searchParams.toString()}${hash === '' ? '' : '#'}`
    }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: url.length - 1 }),
        fc.constantFrom(...'aA0~=&+/%_-.'),
        fc.integer({ min: 0, max: 1 }),
        fc.integer({ min: 0, max: 1 }),
        async (at, char, cut, put) => {
          const changed = url.slice(0, at) + (put ? char : '') + url.slice(at + cut)
          if (!URL.canParse(changed, ORIGIN) || meaning(changed) === meaning(url)) return
          const { status, code } = await get(changed)
          expect(status, `${changed} ${code}`).toBeGreaterThanOrEqual(400)
          expect(status, `${changed} ${code}`).toBeLessThan(500)
          expect(code).not.toBe('INTERNAL')
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('the end', () => {
  test('is 403 URL_EXPIRED, from its second on, and only when the signature is right', async () => {
    const now = Math.floor(Date.now() / 1000)
    for (const exp of [1, now - 1, now]) {
      const url = await signed(PICTURE, { exp })
      expect(await get(url)).toMatchObject({ status: 403, code: 'URL_EXPIRED' })
      expect((await get(url.replace('width=20', 'width=21'))).code).toBe('BAD_SIGNATURE')
    }
    for (const exp of ['soon', '-1', '1e12', '99999999999999', ''])
      expect((await get(await signUrl(`${PICTURE}&exp=${exp}`, RING))).code, exp).toBe('URL_EXPIRED')
  })

  test('is never outlived by max-age: of a picture, an original, a stored one, an error', async () => {
    const exp = Math.floor(Date.now() / 1000) + 30
    for (const [path, status] of [
      [PICTURE, 200],
      [PICTURE, 200],
      [`${PICTURE}&v=1`, 200],
      ['/files/a%20b.jpg', 200],
      ['/files/none.jpg?width=20', 404],
      ['/fixed/none.jpg?width=20', 404],
      ['/fixed/none.jpg', 404],
    ] as const) {
      const answer = await get(await signed(path, { exp }))
      expect([path, answer.status]).toEqual([path, status])
      const control = answer.headers.get('cache-control') ?? ''
      const ages = [...control.matchAll(/(?:max-age|s-maxage|revalidate)=(\d+)/g)].map(([, age]) =>
        Number(age),
      )
      expect(ages.length, path).toBeGreaterThan(0)
      expect(Math.max(...ages), `${path} ${control}`).toBeLessThanOrEqual(30)
      expect(control).not.toContain('immutable')
    }
  })
})
