import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createAuthorizer } from '../../src/access/authorize.ts'
import {
  externalUrl,
  mediaUrl,
  nextImageLoader,
  signUrl,
  srcset,
  unpicTransformer,
  type MediaParams,
} from '../../src/client.ts'
import { isMediaError } from '../../src/error.ts'
import { parseKeyRing, signedText, verifyText } from '../../src/lib/hmac.ts'
import { ask } from '../request/support.ts'

const BASE = 'https://media.test'

describe('mediaUrl', () => {
  test.each<[string, string, MediaParams, string]>([
    [BASE, '/files/a.jpg', {}, `${BASE}/files/a.jpg`],
    [`${BASE}/`, 'files/a.jpg', { width: 100, format: 'webp' }, `${BASE}/files/a.jpg?format=webp&width=100`],
    ['/media', '/files/a b?#%ü.jpg', { width: 5 }, '/media/files/a%20b%3F%23%25%C3%BC.jpg?width=5'],
    ['', '/files/a.jpg', { time: 90, enlarge: true, height: undefined }, '/files/a.jpg?enlarge=true&time=90'],
    [
      BASE,
      '/a',
      { background: '#fff', gravity: '0.3x0.7', crop: '50%:50%:0:0' },
      `${BASE}/a?background=%23fff&crop=50%25%3A50%25%3A0%3A0&gravity=0.3x0.7`,
    ],
  ])('%s %s %j', (base, path, params, url) => expect(mediaUrl(base, path, params)).toBe(url))

  test('says the same to the service', () => {
    const url = new URL(
      mediaUrl(BASE, '/files/ä & b/100%.jpg', {
        width: 640,
        fit: 'cover',
        height: 480,
        quality: 'high',
        rotate: 90,
      }),
    )
    expect(ask(url.pathname + url.search)).toMatchObject({
      path: '/files/ä & b/100%.jpg',
      params: { width: 640, height: 480, fit: 'cover', quality: 'high', rotate: 90 },
      warnings: [],
    })
  })

  test('wrong names and values do not compile, and throw', () => {
    expectTypeOf<MediaParams['fit']>().toEqualTypeOf<
      'scale-down' | 'contain' | 'cover' | 'crop' | 'pad' | 'fill' | undefined
    >()
    expectTypeOf<MediaParams['width']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<MediaParams>().not.toHaveProperty('sig')
    expectTypeOf<MediaParams>().not.toHaveProperty('colour')
    const wrong: object[] = [
      { colour: 1 },
      { width: 0 },
      { fit: 'sideways' },
      { sig: 'x' },
      { exp: '1' },
      { w: 5 },
      { toString: 1 },
      { width: null },
      { flip: '' },
    ]
    for (const params of wrong)
      expect(() => mediaUrl(BASE, '/a', params as MediaParams), JSON.stringify(params)).toThrow(TypeError)
    for (const path of ['/../a', '/a/./b', '/.env']) expect(() => mediaUrl(BASE, path)).toThrow(TypeError)
  })
})

test('externalUrl names an original on another host', () => {
  const url = externalUrl('/media', 'https://example.com/ü.jpg?x=1', { width: 5 })
  const [path, query] = url.split('?')
  expect([path!.startsWith('/media/external/v3/'), query]).toEqual([true, 'width=5'])
  const text = Buffer.from(path!.split('/').at(-1)!, 'base64url').toString()
  expect(text).toBe('https://example.com/%C3%BC.jpg?x=1')
  for (const wrong of ['a.jpg', 'ftp://example.com/a', 'javascript:1'])
    expect(() => externalUrl('', wrong), wrong).toThrow(TypeError)
})

describe('srcset', () => {
  test('by widths, heights in step', () => {
    expect(srcset('', '/a.jpg', { widths: [100, 200] })).toBe('/a.jpg?width=100 100w, /a.jpg?width=200 200w')
    expect(srcset('', '/a.jpg', { widths: [150], width: 300, height: 201, fit: 'cover' })).toBe(
      '/a.jpg?fit=cover&height=101&width=150 150w',
    )
  })
  test('by densities', () => {
    expect(srcset('', '/a.jpg', { dprs: [1, 1.5], width: 100 })).toBe(
      '/a.jpg?dpr=1&width=100 1x, /a.jpg?dpr=1.5&width=100 1.5x',
    )
  })
})

test('loaders', () => {
  const next = nextImageLoader('/media', { format: 'auto' })
  expect(next({ src: '/files/a.jpg', width: 640 })).toBe('/media/files/a.jpg?format=auto&width=640')
  expect(next({ src: '/files/a.jpg', width: 640, quality: 75 })).toBe(
    '/media/files/a.jpg?format=auto&quality=75&width=640',
  )
  const unpic = unpicTransformer(BASE, { fit: 'cover' })
  expect(unpic('/files/a.jpg', { width: 5, height: '6', format: undefined })).toBe(
    `${BASE}/files/a.jpg?fit=cover&height=6&width=5`,
  )
  expect(unpic(new URL('https://x.test/files/a%20b.jpg'), { format: 'webp' })).toBe(
    `${BASE}/files/a%20b.jpg?fit=cover&format=webp`,
  )
})

/** The contract's words done anew, with another library. */
function reference(pathname: string, pairs: Array<[string, string]>, secret: string): string {
  const query = pairs
    .toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  return createHmac('sha256', secret).update(`mediamorph-v1\n${pathname}\n${query}`).digest('base64url')
}

describe('signUrl', () => {
  const secret = 'a rather long secret'
  const sigOf = (url: string) => new URL(url, BASE).searchParams.get('sig') ?? ''

  test('covers the encoded path and every parameter, in order', async () => {
    const url = await signUrl(
      `${BASE}/files/a%20b.jpg?width=5&background=%23fff&filename=ä b&width=4&sig=old`,
      secret,
    )
    const pairs: Array<[string, string]> = [
      ['background', '#fff'],
      ['filename', 'ä b'],
      ['width', '4'],
      ['width', '5'],
    ]
    expect(sigOf(url)).toBe(reference('/files/a%20b.jpg', pairs, secret))
    expect(new URL(url).searchParams.getAll('sig')).toHaveLength(1)
  })

  test('relative addresses stay so; a base of its own is left out', async () => {
    const plain = await signUrl('/files/a.jpg?width=5', secret)
    expect(plain).toMatch(/^\/files\/a\.jpg\?width=5&sig=[\w-]{43}$/)
    const mounted = await signUrl('/media/files/a.jpg?width=5', secret, { base: '/media' })
    expect(sigOf(mounted)).toBe(sigOf(plain))
    const elsewhere = await signUrl(`${BASE}/media/files/a.jpg?width=5`, secret, { base: `${BASE}/media/` })
    expect(sigOf(elsewhere)).toBe(sigOf(plain))
    await expect(signUrl('/mediator/a.jpg', secret, { base: '/media' })).rejects.toThrow(TypeError)
  })

  test('exp and kid are signed like the rest', async () => {
    const ring = 'new:first secret,old:second secret'
    const url = await signUrl('/a?w=1', ring, { exp: new Date(5_000_999), kid: 'old' })
    expect(url).toMatch(/^\/a\?w=1&exp=5000&kid=old&sig=/)
    expect(sigOf(url)).toBe(
      reference(
        '/a',
        [
          ['exp', '5000'],
          ['kid', 'old'],
          ['w', '1'],
        ],
        'second secret',
      ),
    )
    expect(sigOf(await signUrl('/a', ring))).toBe(reference('/a', [], 'first secret'))
    await expect(signUrl('/a', ring, { kid: 'none' })).rejects.toThrow('no key of the ring')
    await expect(signUrl('/a', '')).rejects.toThrow('empty')
    await expect(signUrl('/a', secret, { exp: Number.NaN })).rejects.toThrow(TypeError)
  })

  test('what it signs, the service lets in, and nothing else', async () => {
    const keys = parseKeyRing(secret)
    const rules = new Map([['files', { access: 'signed' as const, sizes: [] }]])
    const authorizer = createAuthorizer({ rules, keys, now: () => 1_000_000 })
    const enter = (url: string) => authorizer.authorize(new URL(url, BASE), ask(url))
    const codeOf = (url: string) =>
      enter(url).then(
        () => 'in',
        (error: unknown) => (isMediaError(error) ? error.code : error),
      )
    const url = await signUrl(
      mediaUrl('', '/files/ü b.jpg', { width: 10, background: 'rgb(1 2 3 / 50%)' }),
      secret,
      { exp: 2000 },
    )
    expect(await enter(url)).toEqual({ signed: true, expiresAt: 2000 })
    for (const changed of [
      url.replace('width=10', 'width=11'),
      `${url}&height=5`,
      url.replace('width=10&', ''),
      url.replace('exp=2000', 'exp=3000'),
      url.replace('%C3%BC', 'u'),
      url.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')),
    ])
      expect(await codeOf(changed), changed).toBe('BAD_SIGNATURE')
    expect(await codeOf(await signUrl('/files/a.jpg', secret, { exp: 1000 }))).toBe('URL_EXPIRED')
    expect(await codeOf('/files/a.jpg')).toBe('BAD_SIGNATURE')
  })

  test('any query survives the way through an address', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ unit: 'binary', maxLength: 6 })),
          { maxLength: 6 },
        ),
        async (pairs) => {
          const kept = pairs.filter(([name]) => !['sig', 'exp', 'kid'].includes(name))
          const url = new URL(await signUrl(`/files/a.jpg?${new URLSearchParams(kept)}`, secret), BASE)
          const text = signedText(url.pathname, url.searchParams)
          expect(await verifyText(text, url.searchParams.get('sig') ?? '', parseKeyRing(secret))).toBe(true)
          expect(await verifyText(`${text}x`, url.searchParams.get('sig') ?? '', parseKeyRing(secret))).toBe(
            false,
          )
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('key rings', () => {
  test.each<[string, object[]]>([
    ['plain', [{ secret: 'plain' }]],
    ['with,comma', [{ secret: 'with,comma' }]],
    ['a:one', [{ id: 'a', secret: 'one' }]],
    [
      'a:one,b-2:two:x',
      [
        { id: 'a', secret: 'one' },
        { id: 'b-2', secret: 'two:x' },
      ],
    ],
    ['a:one,two', [{ secret: 'a:one,two' }]],
    [`${'x'.repeat(33)}:one`, [{ secret: `${'x'.repeat(33)}:one` }]],
  ])('%s', (text, ring) => expect(parseKeyRing(text)).toEqual(ring))

  test('any key verifies, a named one alone', async () => {
    const ring = parseKeyRing('new:first secret,old:second secret')
    const sig = reference('/a', [], 'second secret')
    const text = signedText('/a', new URLSearchParams())
    expect(await verifyText(text, sig, ring)).toBe(true)
    expect(await verifyText(text, sig, ring, 'old')).toBe(true)
    expect(await verifyText(text, sig, ring, 'new')).toBe(false)
    expect(await verifyText(text, sig, ring, 'none')).toBe(false)
    for (const bad of ['', 'x', sig.slice(1), `${sig}AA`, '!'.repeat(43)])
      expect(await verifyText(text, bad, ring)).toBe(false)
  })
})
