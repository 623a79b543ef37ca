/** Originals on other hosts, through the whole line: who may ask, what is fetched, and upstreams that mean harm. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createHmac } from 'node:crypto'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { externalUrl, signUrl } from '../../src/client.ts'
import { createMediamorph } from '../../src/index.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const SECRET = 'secret of other hosts'
const OWN_SECRET = 'secret of our origins'
const ENV = { MEDIAMORPH_SECRET: OWN_SECRET, MEDIAMORPH_EXTERNAL_SECRET: SECRET }

async function stage(
  external: Record<string, unknown> = {},
  document: Record<string, unknown> = {},
  env: Record<string, string> = ENV,
) {
  const origin = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:', key: '${key}' }],
  }
  const config = {
    origins: [origin],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    external: { enabled: true, ...external },
    ...document,
    outbound: {
      allowPrivate: ['127.0.0.0/8'],
      connectMs: 500,
      idleMs: 500,
      totalMs: 2000,
      ...(document['outbound'] as object | undefined),
    },
  }
  const media = createMediamorph(config as never, createTestPlatform({ env }))
  open.push(media)
  return (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
}

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean
async function upstream(instead?: Answer) {
  const server = await startObjectServer(instead ? { instead } : {})
  open.push(server)
  server.objects.set('a.jpg', await jpegPicture({ width: 160, height: 120 }))
  return server
}

const b64 = (text: string) => Buffer.from(text).toString('base64url')
const hmac = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('base64url')
const inPath = (text: string, secret = SECRET) => `/external/${hmac(text, secret)}/${text}`
const v2 = (url: string, secret = SECRET) => inPath(`v2/${b64(url)}`, secret)
const v3 = (url: string, params = {}, exp?: number) =>
  signUrl(externalUrl('', url, params), SECRET, exp === undefined ? {} : { exp })
const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}

describe('in the manner of Fluxer, whose preset is there', () => {
  const assets = [{ preset: 'fluxer', mount: 'memory:' }]
  const sight = async (response: Response) => {
    const { format, width, height, isProgressive } = await sharp(await bytes(response)).metadata()
    return [response.status, format, width, height, isProgressive]
  }

  test.each([
    ['width=80&height=80', 'jpeg', 80, 80, true],
    ['width=80', 'jpeg', 80, 60, true],
    ['width=500&height=100', 'jpeg', 160, 100, true],
    ['format=webp&width=80&height=80', 'webp', 80, 80, undefined],
  ])('%s', async (query, ...expected) => {
    const server = await upstream()
    const get = await stage({}, { assets })
    const path = `${v2(`${server.url}/a.jpg`)}?${query}`
    const response = await get(path, { headers: { accept: 'image/avif,image/webp' } })
    expect(await sight(response)).toMatchObject([
      200,
      ...expected.slice(0, 3),
      expected[3] ?? expect.anything(),
    ])
  })

  test('quality is in its words, by default the highest, and our own form keeps ours', async () => {
    const server = await upstream()
    const get = await stage({}, { assets, debug: { public: true } })
    const url = `${server.url}/a.jpg`
    const qualityOf = async (path: string) =>
      ((await (await get(path)).json()) as { recipe: { quality: number } }).recipe.quality
    const theirs = ['', '&quality=low', '&quality=high', '&quality=lossless', '&quality=33'].map((quality) =>
      qualityOf(`${v2(url)}?width=80&format=jpeg&debug=view${quality}`),
    )
    expect(await Promise.all(theirs)).toEqual([100, 20, 80, 100, 33])
    expect(await qualityOf(await v3(url, { width: 80, format: 'jpeg', quality: 'low', debug: 'view' }))).toBe(
      60,
    )
  })
})

describe('the forms', () => {
  test('v2, spelled out with and without a query, and v3 are one picture and one rendition', async () => {
    const server = await upstream()
    const get = await stage()
    const { host } = new URL(server.url)
    const url = `${server.url}/a.jpg?x=1&y=z`
    const query = 'width=40&format=webp'
    const first = await get(`${v2(url)}?${query}`)
    expect(first.status).toBe(200)
    expect(await sharp(await bytes(first)).metadata()).toMatchObject({
      format: 'webp',
      width: 40,
      height: 30,
    })
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-cache': 'MISS',
      'x-origin': 'external',
      'x-source-type': 'http',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-tag': 'origin:external',
      'cache-control': 'public, max-age=86400, s-maxage=86400, stale-while-revalidate=86400',
    })
    for (const path of [
      `${inPath(`x%3D1%26y%3Dz/http/${host}/a.jpg`)}?${query}`,
      await v3(url, { width: 40, format: 'webp' }),
      await v3(`${url}#fragment`, { width: 40, format: 'webp' }),
      `${v2(url.replace('http:', 'HTTP:'))}?w=40&f=webp`,
    ]) {
      const again = await get(path)
      expect([path, again.status, again.headers.get('x-cache')]).toEqual([path, 200, 'HIT'])
    }
    expect(server.requests.map(({ url: asked }) => asked)).toEqual(['/a.jpg?x=1&y=z'])
    const plain = await get(inPath(`http/${host}/a.jpg`))
    expect([plain.status, (await bytes(plain)).length]).toEqual([200, server.objects.get('a.jpg')!.length])
  })

  test('signatures of another secret, another address or another place are refused', async () => {
    const server = await upstream()
    const get = await stage()
    const url = `${server.url}/a.jpg`
    const good = v2(url)
    const [, , sig = '', , address = ''] = good.split('/')
    for (const path of [
      v2(url, OWN_SECRET),
      `/external/${sig}/v2/${b64(`${server.url}/b.jpg`)}`,
      `/external/${sig}=/v2/${address}`,
      `/external/${sig.slice(0, -1)}/v2/${address}`,
      `/external/${sig}/v2/${address}=`,
      `/external/x/v2/${address}`,
      `/external/v3/${address}?sig=${sig}`,
      `/external/v3/${address}`,
      '/external/',
      '/external/v3/',
      '/external/x/v2/a*b',
      await signUrl(externalUrl('', url), OWN_SECRET),
      (await v3(url, { width: 40 })).replace('width=40', 'width=41'),
      `${await v3(url)}&width=41`,
      inPath(`http/${new URL(url).host}/b.jpg`).replace('b.jpg', 'a.jpg'),
    ])
      expect([path, ...(await outcome(await get(path)))]).toEqual([path, 403, 'BAD_SIGNATURE'])
    const late = await v3(url, {}, 1000)
    expect(await outcome(await get(late))).toEqual([403, 'URL_EXPIRED'])
    expect(server.requests).toHaveLength(0)
  })

  test('the secret of our origins does when there is no other; a ring verifies with every key', async () => {
    const server = await upstream()
    const url = `${server.url}/a.jpg`
    const one = await stage({}, {}, { MEDIAMORPH_SECRET: OWN_SECRET })
    expect((await one(v2(url, OWN_SECRET))).status).toBe(200)
    const ring = await stage({}, {}, { MEDIAMORPH_EXTERNAL_SECRET: `n:${SECRET},o:the older secret` })
    expect((await ring(v2(url, 'the older secret'))).status).toBe(200)
    expect((await ring(v2(url, SECRET))).status).toBe(200)
  })

  test('with the statuses of Fluxer a bad signature is 401, and nothing else is', async () => {
    const server = await upstream()
    const get = await stage({}, { compat: { statuses: ['fluxer'] } })
    expect(await outcome(await get(v2(`${server.url}/a.jpg`, 'another secret')))).toEqual([
      401,
      'BAD_SIGNATURE',
    ])
    expect(await outcome(await get(await v3(`${server.url}/a.jpg`, {}, 1000)))).toEqual([403, 'URL_EXPIRED'])
    expect(await outcome(await get('/files/a.jpg'))).toEqual([403, 'BAD_SIGNATURE'])
  })

  test.each([
    ['no address', (sign: typeof inPath) => sign('v2/')],
    ['no base64url', (sign: typeof inPath) => sign('v2/a*b')],
    ['no UTF-8', (sign: typeof inPath) => sign(`v2/${Buffer.from([0xff, 0xfe]).toString('base64url')}`)],
    ['no URL', (sign: typeof inPath) => sign(`v2/${b64('not an address')}`)],
    ['a host that cannot be', (sign: typeof inPath) => sign(`v2/${b64('http://a b/')}`)],
    ['more behind it', (sign: typeof inPath) => sign(`v2/${b64('http://a.test/')}/x`)],
    ['no host', (sign: typeof inPath) => sign('https')],
    ['a query that is not encoded right', (sign: typeof inPath) => sign('x%3D%FF/https/a.test/')],
    ['nothing in v3', () => signUrl('/external/v3/', SECRET)],
  ])('%s is 400', async (_, path) => {
    expect(await outcome(await (await stage())(await path(inPath)))).toEqual([400, 'INVALID_URL'])
  })

  test('is not there unless it is enabled', async () => {
    const get = await stage({ enabled: false })
    expect(await outcome(await get(v2('http://a.test/')))).toEqual([404, 'NO_MATCHING_ORIGIN'])
  })
})

describe('parameters', () => {
  test('that no signature covers count only when the configuration names them', async () => {
    const server = await upstream()
    const get = await stage()
    const response = await get(
      `${v2(`${server.url}/a.jpg`)}?width=40&height=40&fit=fill&blur=5&v=2&format=png`,
    )
    expect(await sharp(await bytes(response)).metadata()).toMatchObject({ width: 40, height: 30 })
    const warnings = response.headers.get('x-param-warnings') ?? ''
    for (const name of ['fit', 'blur', 'v'])
      expect(warnings).toContain(`${name}: not allowed for other hosts`)
    const all = await get(
      await v3(`${server.url}/a.jpg`, { width: 40, height: 40, fit: 'fill', format: 'png' }),
    )
    expect(await sharp(await bytes(all)).metadata()).toMatchObject({ width: 40, height: 40 })
    const more = await stage({ parameters: ['width', 'height', 'fit', 'format'] })
    const filled = await more(`${v2(`${server.url}/a.jpg`)}?w=40&h=40&fit=fill&f=png`)
    expect(await sharp(await bytes(filled)).metadata()).toMatchObject({ width: 40, height: 40 })
  })

  test('an overlay shows nothing of a signed origin to who may sign for other hosts only', async () => {
    const server = await upstream()
    const get = await stage()
    const url = await v3(`${server.url}/a.jpg`, { format: 'png', overlay: '/files/logo.png' })
    expect(await outcome(await get(url))).toEqual([403, 'BAD_SIGNATURE'])
  })

  test('exp bounds max-age; ttl and Cache-Control are those of external', async () => {
    const server = await upstream()
    const get = await stage({ ttl: { ok: 600, clientError: 7 }, staleWhileRevalidate: 0 })
    const control = async (path: string) => (await get(path)).headers.get('cache-control')
    expect(await control(v2(`${server.url}/a.jpg`))).toBe('public, max-age=600, s-maxage=600')
    expect(await control(v2(`${server.url}/none.jpg`))).toBe('public, max-age=7')
    const soon = await control(await v3(`${server.url}/a.jpg`, {}, Math.floor(Date.now() / 1000) + 20))
    expect(Number(/max-age=(\d+)/.exec(soon ?? '')?.[1])).toBeLessThanOrEqual(20)
  })
})

describe('media', () => {
  const mp4 = () =>
    Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp41', 'latin1'), Buffer.alloc(5000, 7)])

  test('of a damaged video there is no still', async () => {
    const server = await upstream()
    server.objects.set('film.jpg', mp4())
    const get = await stage()
    const still = await get(`${v2(`${server.url}/film.jpg`)}?format=webp`)
    expect([still.status, still.headers.get('content-type')]).toEqual([
      422,
      'application/json; charset=utf-8',
    ])
  })

  test('that is no picture is served whole, with Range, whatever is asked of it', async () => {
    const server = await upstream()
    server.objects.set('film.jpg', mp4())
    const get = await stage()
    for (const query of ['', '?width=40', '?width=40']) {
      const path = v2(`${server.url}/film.jpg`) + query
      const whole = await get(path)
      expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'video/mp4'])
      expect(Buffer.compare(await bytes(whole), mp4())).toBe(0)
      const part = await get(path, { headers: { range: 'bytes=24-33' } })
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 24-33/${mp4().length}`])
      expect(await bytes(part)).toEqual(new Uint8Array(10).fill(7))
      const beyond = await get(path, { headers: { range: 'bytes=99999-' } })
      expect(beyond.status).toBe(416)
    }
  })

  test('threats row 13: has the type of its bytes, never the word of the upstream', async () => {
    const bodies: Record<string, readonly [string, Uint8Array | string]> = {
      '/html-as-image': ['image/jpeg', '<!doctype html><script>alert(1)</script>'],
      '/text-as-svg': ['image/svg+xml', '<html><svg xmlns="http://www.w3.org/2000/svg"/></html>'],
      '/script': ['text/javascript', 'alert(1)'],
      '/playlist': ['video/mp4', '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'],
      '/image-as-html': ['text/html', await jpegPicture()],
    }
    const server = await upstream(({ url = '' }, response) => {
      const [type, body] = bodies[url] ?? []
      if (type === undefined) return false
      response.writeHead(200, { 'content-type': type, etag: '"1"' }).end(body)
      return true
    })
    const get = await stage()
    for (const name of ['/html-as-image', '/text-as-svg', '/script', '/playlist'])
      for (const query of ['', '?width=40', '?format=png']) {
        const answer = await get(v2(server.url + name) + query)
        expect([name, query, ...(await outcome(answer))]).toEqual([name, query, 415, 'UNSUPPORTED_MEDIA'])
      }
    const picture = await get(v2(`${server.url}/image-as-html`))
    expect(Object.fromEntries(picture.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
    })
  })
})

describe('what may not be reached', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/a.jpg',
    'http://[::1]/a.jpg',
    'http://[::ffff:10.0.0.1]/a.jpg',
    'http://0.0.0.0/a.jpg',
    'http://0xa000001/a.jpg',
    'http://167772161/a.jpg',
    'http://user:pass@example.com/a.jpg',
    'ftp://example.com/a.jpg',
    'file:///etc/passwd',
    'data:image/svg+xml,%3Csvg%2F%3E',
    'javascript:alert(1)',
    'http://8.8.8.8:22/a.jpg',
  ])('threats section 1, row 3, row 4, row 7: %s is 403 ADDRESS_REFUSED', async (url) => {
    const get = await stage()
    for (const path of [v2(url), `${v2(url)}?width=40`])
      expect(await outcome(await get(path))).toEqual([403, 'ADDRESS_REFUSED'])
  })

  test('threats section 1, row 7: allow-lists and deny-lists of hosts hold here too', async () => {
    const get = await stage(
      {},
      { outbound: { allowHosts: ['*.example.com'], denyHosts: ['bad.example.com'] } },
    )
    for (const host of [
      'example.com',
      'evil-example.com',
      'a.example.com.evil.test',
      'bad.example.com',
      'BAD.example.com.',
    ])
      expect([host, ...(await outcome(await get(v2(`http://${host}/a.jpg`))))]).toEqual([
        host,
        403,
        'ADDRESS_REFUSED',
      ])
  })

  test('threats row 5, row 6: behind redirects it is 502, hop by hop', async () => {
    const targets: Record<string, string> = {
      '/to-private': 'http://10.0.0.1/a.jpg',
      '/to-metadata': 'http://169.254.169.254/',
      '/to-scheme': 'file:///etc/passwd',
      '/to-user': 'http://a@example.com/',
      '/chain': '/chain-2',
      '/chain-2': '/to-private',
      '/circle': '/circle',
      '/relative': 'a.jpg',
    }
    const server = await upstream(({ url = '' }, response) => {
      const location = targets[url]
      if (location === undefined) return false
      response.writeHead(302, { location }).end()
      return true
    })
    const get = await stage()
    for (const name of Object.keys(targets).slice(0, -1)) {
      const answer = await get(`${v2(server.url + name)}?width=40`)
      expect([name, ...(await outcome(answer))]).toEqual([name, 502, 'SOURCE_FAILED'])
    }
    const followed = await get(`${v2(`${server.url}/relative`)}?width=40`)
    expect(followed.status).toBe(200)
  })

  test('threats row 34: our own address as the original is a loop, and ends', async () => {
    const server = await upstream((request, response) => {
      const { host } = request.headers
      void get(`http://${host}${request.url}`, { headers: { via: request.headers.via ?? '' } }).then(
        (answer) => response.writeHead(answer.status).end(),
      )
      return true
    })
    const get = await stage()
    expect(await outcome(await get(v2(`${server.url}/files/a.jpg`)))).toEqual([502, 'SOURCE_FAILED'])
    expect(server.requests).toHaveLength(1)
  })
})

describe('threats row 9, row 35: an upstream that', () => {
  const endless: Answer = (_, response) => {
    response.writeHead(200, { etag: '"x"', 'content-type': 'image/jpeg' })
    response.write(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))
    const more = () => {
      while (!response.destroyed && response.write(new Uint8Array(65_536)));
      response.once('drain', more)
    }
    more()
    return true
  }
  const cases: [string, Answer, [number, string][]][] = [
    [
      'never ends',
      endless,
      [
        [413, 'SOURCE_TOO_LARGE'],
        [422, 'CORRUPT_MEDIA'],
      ],
    ],
    ['hangs', () => true, [[504, 'SOURCE_TIMEOUT']]],
    [
      'lies about its length',
      (_, response) => {
        response
          .writeHead(200, { 'content-length': 100_000, etag: '"x"' })
          .write('\xff\xd8\xff\xe0', 'latin1')
        setTimeout(() => response.destroy(), 20)
        return true
      },
      [[502, 'SOURCE_FAILED']],
    ],
    ['is not there', (_, response) => (response.writeHead(404).end(), true), [[404, 'NOT_FOUND']]],
    ['forbids', (_, response) => (response.writeHead(403).end(), true), [[502, 'SOURCE_FAILED']]],
  ]
  test.each(cases)('%s gets its code in its time, and others are served', async (_, answer, wanted) => {
    const server = await upstream(
      (request, response) => request.url !== '/a.jpg' && answer(request, response),
    )
    const get = await stage({}, { limits: { imageBytes: 2_000_000, sourceBytes: 2_000_000 } })
    const before = performance.now()
    expect(wanted).toContainEqual(await outcome(await get(`${v2(`${server.url}/bad.jpg`)}?width=40`)))
    expect(performance.now() - before).toBeLessThan(5000)
    expect((await get(`${v2(`${server.url}/a.jpg`)}?width=40`)).status).toBe(200)
  })
})

describe('in the grammar of Cloudflare', () => {
  const options = '/cdn-cgi/image/width=40,format=webp'

  test('an address on another host is signed as ours are, by its own secret', async () => {
    const server = await upstream()
    const get = await stage()
    const url = `${server.url}/a.jpg`
    for (const path of [`${options}/${url}?x=1`, `${options}/${encodeURIComponent(`${url}?x=1`)}`]) {
      expect(await outcome(await get(path))).toEqual([403, 'BAD_SIGNATURE'])
      expect(await outcome(await get(await signUrl(path, OWN_SECRET)))).toEqual([403, 'BAD_SIGNATURE'])
      const response = await get(await signUrl(path, SECRET))
      expect(await sharp(await bytes(response)).metadata()).toMatchObject({ format: 'webp', width: 40 })
    }
    expect(server.requests.map((request) => request.url)).toEqual(['/a.jpg?x=1'])
    const signed = await signUrl(`${options}/${url}?x=1`, SECRET)
    for (const changed of [signed.replace('x=1', 'x=2'), `${signed}&y=1`, signed.replace('sig=', '%73ig=')]) {
      await get(changed)
      expect(server.requests).toHaveLength(1)
    }
  })

  test('unsigned, only when that is public and the configuration names the host', async () => {
    const server = await upstream()
    const outbound = { allowHosts: ['127.0.0.1'] }
    const get = await stage({ access: 'public', parameters: ['width', 'format'] }, { outbound }, {})
    const picture = await get(`${options},blur=9/${server.url}/a.jpg?b=2&a=1`)
    expect(await sharp(await bytes(picture)).metadata()).toMatchObject({ format: 'webp', width: 40 })
    expect(picture.headers.get('x-param-warnings')).toContain('blur: not allowed')
    expect(server.requests.map((request) => request.url)).toEqual(['/a.jpg?b=2&a=1'])
    expect(await outcome(await get(`${options}/http://example.com/a.jpg`))).toEqual([403, 'ADDRESS_REFUSED'])
    expect(await outcome(await get(v2(`${server.url}/a.jpg`)))).toEqual([403, 'BAD_SIGNATURE'])
  })

  test('onerror=redirect leads to the original, but nobody anywhere without a signature', async () => {
    const server = await upstream()
    const get = await stage()
    const path = `/cdn-cgi/image/width=40,onerror=redirect/${server.url}/none.jpg`
    for (const query of ['', '?debug=view', '?sig=x'])
      expect((await get(path + query)).headers.get('location')).toBeNull()
    const granted = await get(await signUrl(path, SECRET))
    expect([granted.status, granted.headers.get('location')]).toEqual([302, `${server.url}/none.jpg`])
  })
})
