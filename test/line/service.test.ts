/** The whole line in one process: from a Request to a Response, asserted by bytes, headers and states. */
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount, type MemoryMount } from '../support/memory-mount.ts'
import { jpegPicture, picture } from '../support/pictures.ts'
import { createTestPlatform, type TestPlatformOptions } from '../support/platform.ts'

interface Stage {
  readonly media: Mediamorph
  readonly mount: MemoryMount
  readonly lines: string[]
  get(path: string, init?: RequestInit): Promise<Response>
}

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function stage(
  document: Record<string, unknown> = {},
  origin: Record<string, unknown> = {},
  options: TestPlatformOptions = {},
): Promise<Stage> {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const platform = createTestPlatform({
    ...options,
    drivers: { 'memory:files': mount.driver, ...options.drivers },
  })
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ...origin,
  }
  const config = { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:', ...document }
  const media = createMediamorph(config as never, platform)
  open.push(media)
  const get = (path: string, init?: RequestInit) => media.fetch(new Request(`http://media.test${path}`, init))
  return { media, mount, lines: platform.lines, get }
}

const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const code = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code

describe('a rendition', () => {
  test('says the same on every hit, but for what is of the moment', async () => {
    const { get } = await stage()
    const path = '/files/a.jpg?width=101&format=png'
    const size = (await bytes(await get(path))).length
    const lasting = async (init?: RequestInit) => {
      const response = await get(path, init)
      const body = await bytes(response)
      const {
        'x-request-id': id,
        'x-trace-id': _,
        'x-processing-time-ms': __,
        ...rest
      } = Object.fromEntries(response.headers)
      return { status: response.status, id, rest, length: body.length }
    }
    const first = await lasting()
    expect(first).toMatchObject({ status: 200, length: size, rest: { 'x-cache': 'HIT', age: '0' } })
    const part = await lasting({ headers: { range: 'bytes=2-5' } })
    expect([part.status, part.length, part.rest['content-range']]).toEqual([206, 4, `bytes 2-5/${size}`])
    const same = await lasting({ headers: { 'if-none-match': first.rest['etag']! } })
    expect([same.status, same.length, same.rest['content-type']]).toEqual([304, 0, undefined])
    const head = await lasting({ method: 'HEAD' })
    expect([head.status, head.length, head.rest]).toEqual([200, 0, first.rest])
    const last = await lasting()
    expect({ ...last, id: first.id }).toEqual(first)
    expect(new Set([first, part, same, head, last].map(({ id }) => id)).size).toBe(5)
  })

  test('is made once, then served without touching the original', async () => {
    const { get, mount } = await stage()
    const first = await get('/files/a.jpg?width=100&format=webp')
    const body = await bytes(first)
    expect(first.status).toBe(200)
    expect(await sharp(body).metadata()).toMatchObject({ format: 'webp', width: 100, height: 75 })
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'image/webp',
      'content-length': String(body.length),
      'accept-ranges': 'bytes',
      'x-cache': 'MISS',
      'x-resolved-width': '100',
      'x-resolved-height': '75',
      'x-origin': 'files',
      'x-source-type': 'storage',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'timing-allow-origin': '*',
      'access-control-allow-origin': '*',
      'cache-tag': 'origin:files',
      'last-modified': new Date(1_700_000_000_000).toUTCString(),
      'cache-control': 'public, max-age=86400, s-maxage=86400, stale-while-revalidate=86400',
    })
    expect(first.headers.get('etag')).toMatch(/^"[^"]+"$/)
    expect(first.headers.get('vary')).toBeNull()
    const touched = mount.touches
    const second = await get('/files/a.jpg?format=webp&w=100')
    expect([second.headers.get('x-cache'), second.headers.get('etag')]).toEqual([
      'HIT',
      first.headers.get('etag'),
    ])
    expect(await bytes(second)).toEqual(body)
    const third = await get('/files/a.jpg?format=webp&w=100', {
      headers: { 'if-none-match': first.headers.get('etag')! },
    })
    expect([third.status, await third.text(), third.headers.get('etag')]).toEqual([
      304,
      '',
      first.headers.get('etag'),
    ])
    expect(mount.touches).toBe(touched)
  })

  test('HEAD and Range on something not yet stored render it, store it, and answer', async () => {
    const { get } = await stage()
    const head = await get('/files/a.jpg?width=90&format=png', { method: 'HEAD' })
    expect([head.status, head.headers.get('x-cache'), await head.text()]).toEqual([200, 'MISS', ''])
    const whole = await bytes(await get('/files/a.jpg?width=90&format=png'))
    expect(Number(head.headers.get('content-length'))).toBe(whole.length)
    const part = await get('/files/a.jpg?width=91&format=png', { headers: { range: 'bytes=-8' } })
    expect([part.status, part.headers.get('x-cache')]).toEqual([206, 'MISS'])
    const full = await bytes(await get('/files/a.jpg?width=91&format=png'))
    expect(await bytes(part)).toEqual(full.slice(-8))
    expect(part.headers.get('content-range')).toBe(
      `bytes ${full.length - 8}-${full.length - 1}/${full.length}`,
    )
    const beyond = await get('/files/a.jpg?width=91&format=png', {
      headers: { range: `bytes=${full.length}-` },
    })
    expect([beyond.status, beyond.headers.get('content-range'), await code(beyond)]).toEqual([
      416,
      `bytes */${full.length}`,
      'RANGE_NOT_SATISFIABLE',
    ])
  })

  test('format=auto follows Accept and says so in Vary; a fixed format does not', async () => {
    const { get } = await stage()
    const as = async (accept: string) => {
      const response = await get('/files/a.jpg?width=64', { headers: { accept } })
      return [response.headers.get('content-type'), response.headers.get('vary')]
    }
    expect(await as('image/avif,image/webp,*/*')).toEqual(['image/avif', 'Accept'])
    expect(await as('image/webp,*/*')).toEqual(['image/webp', 'Accept'])
    expect(await as('image/*')).toEqual(['image/jpeg', 'Accept'])
  })

  test('equal requests at once are one piece of work', async () => {
    const { get, mount } = await stage()
    let release = () => {}
    mount.hold = new Promise((resolve) => (release = resolve))
    const asked = Array.from({ length: 8 }, () => get('/files/a.jpg?width=77&format=jpeg'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    release()
    mount.hold = undefined
    const answers = await Promise.all(asked)
    const states = answers.map((answer) => answer.headers.get('x-cache')).toSorted()
    expect(states).toEqual([...Array.from({ length: 7 }, () => 'COALESCED'), 'MISS'])
    const bodies = await Promise.all(answers.map(bytes))
    for (const body of bodies) expect(body).toEqual(bodies[0])
  })

  test('is served stale while the changed original is revalidated in the background', async () => {
    const { get, mount, media } = await stage({}, { ttl: { ok: 1 }, staleWhileRevalidate: 60 })
    const before = await get('/files/a.jpg?width=50&format=png')
    const old = await bytes(before)
    mount.put('a.jpg', await jpegPicture({ seed: 3 }), 1_700_000_100_000)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const background: Promise<unknown>[] = []
    const stale = await media.fetch(new Request('http://media.test/files/a.jpg?width=50&format=png'), {
      waitUntil: (work) => background.push(work),
    })
    expect([stale.headers.get('x-cache'), await bytes(stale)]).toEqual(['STALE', old])
    await Promise.all(background)
    const fresh = await get('/files/a.jpg?width=50&format=png')
    expect(fresh.headers.get('x-cache')).toBe('HIT')
    expect(fresh.headers.get('etag')).not.toBe(before.headers.get('etag'))
    expect(await bytes(fresh)).not.toEqual(old)
  })

  test('survives a store that refuses to write: served from memory, BYPASS, logged', async () => {
    const broken = createMemoryMount().driver
    const fails = () => Promise.reject(new Error('ENOSPC'))
    const { get, lines } = await stage(
      { storage: { cache: 'memory:broken' } },
      {},
      { drivers: { 'memory:broken': { ...broken, setItem: fails, setItemRaw: fails } } },
    )
    const response = await get('/files/a.jpg?width=40&format=png')
    expect([response.status, response.headers.get('x-cache')]).toEqual([200, 'BYPASS'])
    expect(await sharp(await bytes(response)).metadata()).toMatchObject({ width: 40, height: 30 })
    expect(lines.some((line) => line.includes('"rendition not stored"'))).toBe(true)
  })
})

describe('format=json', () => {
  test('is made, stored and answered as any rendition', async () => {
    const { get, mount } = await stage()
    const head = await get('/files/a.jpg?format=json', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const touched = mount.touches
    const answer = await get('/files/a.jpg?format=json')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-cache': 'HIT',
      'x-resolved-width': '320',
      'x-resolved-height': '240',
      'x-transform-source': 'image',
      etag: head.headers.get('etag'),
    })
    const text = await answer.text()
    expect(head.headers.get('content-length')).toBe(String(text.length))
    expect(JSON.parse(text)).toMatchObject({ format: 'jpeg', width: 320, height: 240, frames: 1 })
    expect(mount.touches).toBe(touched)
    const part = await get('/files/a.jpg?format=json', { headers: { range: 'bytes=0-9' } })
    expect([part.status, await part.text()]).toEqual([206, text.slice(0, 10)])
  })

  test('other parameters make no other answer: one is stored', async () => {
    const { get } = await stage()
    const etag = async (query: string) => (await get(`/files/a.jpg?${query}`)).headers.get('etag')
    const plain = await etag('format=json')
    expect(await etag('format=json&width=50&rotate=90&quality=3&blur=2')).toBe(plain)
    expect((await get('/cdn-cgi/image/format=json/files/a.jpg')).headers.get('etag')).toBe(plain)
    expect(await etag('format=json&metadata=keep')).not.toBe(plain)
  })

  test('of a file too large to be read whole tells what its header says', async () => {
    const { get, mount } = await stage({ limits: { imageBytes: 2000 } })
    const size = (await jpegPicture()).length
    expect(size).toBeGreaterThan(2000)
    const facts = { format: 'jpeg', size, width: 320, height: 240, placeholder: null }
    expect(await (await get('/files/a.jpg?format=json')).json()).toMatchObject(facts)
    mount.put('b.jpg', '<html></html>')
    const other = await get('/files/b.jpg?format=json')
    expect([other.status, await code(other)]).toEqual([415, 'UNSUPPORTED_MEDIA'])
  })
})

test('a quality that was chosen is told, from the store too; one that was asked for is not', async () => {
  const { get } = await stage()
  const told = async (query: string) =>
    (await get(`/files/a.jpg?width=200&${query}`)).headers.get('x-quality')
  const auto = await told('format=jpeg&quality=auto')
  expect(Number(auto)).toBeGreaterThanOrEqual(10)
  expect(await told('format=jpeg&quality=auto')).toBe(auto)
  expect(await told('format=jpeg&quality=50')).toBeNull()
  expect(await told('format=png&quality=auto')).toBeNull()
  const small = await get('/files/a.jpg?width=200&format=webp&max_bytes=1500')
  expect((await bytes(small)).length).toBeLessThanOrEqual(1500)
  expect(Number(small.headers.get('x-quality'))).toBeGreaterThan(0)
  const impossible = await get('/files/a.jpg?width=200&format=webp&max_bytes=20')
  expect([impossible.status, await code(impossible)]).toEqual([422, 'LIMIT_EXCEEDED'])
})

describe('an original without parameters', () => {
  test('is streamed with Range, typed by its bytes and never by its name', async () => {
    const { get, mount } = await stage()
    const png = new Uint8Array(await picture({ alpha: true }).png().toBuffer())
    mount.put('photo.jpg', png)
    const whole = await get('/files/photo.jpg')
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('x-cache')]).toEqual([
      200,
      'image/png',
      'BYPASS',
    ])
    expect(await bytes(whole)).toEqual(png)
    const part = await get('/files/photo.jpg', {
      headers: { range: 'bytes=5-14', 'if-range': whole.headers.get('etag')! },
    })
    expect([part.status, await bytes(part)]).toEqual([206, png.slice(5, 15)])
    const same = await get('/files/photo.jpg', { headers: { 'if-none-match': whole.headers.get('etag')! } })
    expect(same.status).toBe(304)
  })

  test('that is not media is refused unless the origin allows any, and then only as a download', async () => {
    const strict = await stage()
    strict.mount.put('page.jpg', '<html><script>alert(1)</script>')
    const refused = await strict.get('/files/page.jpg')
    expect([refused.status, await code(refused)]).toEqual([415, 'UNSUPPORTED_MEDIA'])
    const open = await stage({}, { originals: 'any' })
    open.mount.put('page.jpg', '<html>')
    const page = await open.get('/files/page.jpg')
    expect([page.status, page.headers.get('content-type'), page.headers.get('content-disposition')]).toEqual([
      200,
      'application/octet-stream',
      'attachment',
    ])
    const none = await stage({}, { originals: 'none' })
    expect(await code(await none.get('/files/a.jpg'))).toBe('ACCESS_DENIED')
  })
})

describe('bad input has a code, and the next request is served', () => {
  test('the table', async () => {
    const { get, mount } = await stage()
    const good = await jpegPicture({ width: 640, height: 480 })
    mount.put('text.jpg', 'this is no picture at all')
    mount.put('empty.jpg', '')
    mount.put('short.jpg', good.slice(0, good.length / 2))
    mount.put(
      'garbage.png',
      Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    )
    const rows: Array<[string, number, string]> = [
      ['/files/a.jpg?width=zero', 400, 'INVALID_PARAMETER'],
      ['/files/a.jpg?width=9999', 400, 'INVALID_PARAMETER'],
      ['/files/a.jpg?width=10&fit=sideways', 400, 'INVALID_PARAMETER'],
      ['/files/%2e%2e%2fetc/passwd?width=10', 400, 'INVALID_PATH'],
      ['/files/..%5cetc?width=10', 400, 'INVALID_PATH'],
      ['/files/.env', 400, 'INVALID_PATH'],
      ['/nowhere/a.jpg?width=10', 404, 'NO_MATCHING_ORIGIN'],
      ['/api/jobs', 404, 'NO_MATCHING_ORIGIN'],
      ['/_metadata', 404, 'NO_MATCHING_ORIGIN'],
      ['/files/missing.jpg?width=10', 404, 'NOT_FOUND'],
      ['/files/missing.jpg', 404, 'NOT_FOUND'],
      ['/files/text.jpg?width=10', 415, 'UNSUPPORTED_MEDIA'],
      ['/files/empty.jpg?width=10', 415, 'UNSUPPORTED_MEDIA'],
      ['/files/short.jpg?width=10', 422, 'CORRUPT_MEDIA'],
      ['/files/garbage.png?width=10', 422, 'CORRUPT_MEDIA'],
    ]
    for (const [path, status, expected] of rows) {
      const response = await get(path)
      expect([path, response.status, await code(response)]).toEqual([path, status, expected])
      expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
    }
    expect((await get('/files/a.jpg?width=10')).status).toBe(200)
  })

  test('methods, long addresses and loops', async () => {
    const { get } = await stage()
    const post = await get('/files/a.jpg?width=10', { method: 'POST' })
    expect([post.status, post.headers.get('allow'), await code(post)]).toEqual([
      405,
      'GET, HEAD, OPTIONS',
      'METHOD_NOT_ALLOWED',
    ])
    const long = await get(`/files/a.jpg?width=10&filename=${'x'.repeat(9000)}`)
    expect([long.status, await code(long)]).toEqual([414, 'URL_TOO_LONG'])
    const via = (await get('/healthz')).headers.get('via')!
    expect(via).toMatch(/^1\.1 mm-/)
    const loop = await get('/files/a.jpg?width=10', { headers: { via } })
    expect([loop.status, await code(loop)]).toEqual([508, 'REQUEST_LOOP'])
    expect(
      (await get('/files/a.jpg', { method: 'OPTIONS', headers: { origin: 'https://x.example' } })).status,
    ).toBe(204)
  })

  test('failures are remembered for the ttl of their class, then looked at again', async () => {
    const { get, mount } = await stage({}, { ttl: { clientError: 1 } })
    const missing = await get('/files/late.jpg?width=10&format=png')
    expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, 'public, max-age=1'])
    mount.put('late.jpg', await jpegPicture())
    const touched = mount.touches
    expect((await get('/files/late.jpg?width=10&format=png')).status).toBe(404)
    expect(mount.touches).toBe(touched)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await get('/files/late.jpg?width=10&format=png')).status).toBe(200)
  })

  test('fallback: "original" serves the original for what cannot be made', async () => {
    const { get, mount } = await stage({}, { fallback: 'original' })
    const good = await jpegPicture({ width: 640, height: 480 })
    mount.put('short.jpg', good.slice(0, good.length / 2))
    const response = await get('/files/short.jpg?width=10')
    expect([
      response.status,
      response.headers.get('x-transform-source'),
      response.headers.get('content-type'),
    ]).toEqual([200, 'passthrough', 'image/jpeg'])
    expect(response.headers.get('cache-control')).toBe('public, max-age=10, s-maxage=10')
  })
})

test('unknown parameters never reach the key and are named', async () => {
  const { get } = await stage()
  const one = await get('/files/a.jpg?width=30&format=png&cachebuster=1')
  const two = await get('/files/a.jpg?width=30&format=png&cachebuster=2')
  expect(two.headers.get('x-cache')).toBe('HIT')
  expect(two.headers.get('x-cache-key')).toBe(one.headers.get('x-cache-key'))
  expect(two.headers.get('x-param-warnings')).toContain('cachebuster')
})

test('health and readiness', async () => {
  const { get } = await stage()
  expect([(await get('/healthz')).status, (await get('/_health')).status]).toEqual([200, 200])
  const ready = await get('/readyz')
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, checks: { cache: { ok: true }, database: { ok: true } } },
  ])
})

test('debug=view explains without doing, for the admin token alone', async () => {
  const { get } = await stage({}, {}, { env: { MEDIAMORPH_ADMIN_TOKEN: 'let-me-look-around' } })
  expect((await get('/files/a.jpg?width=33&debug=view')).status).toBe(401)
  const view = await get('/files/a.jpg?width=33&debug=view', {
    headers: { authorization: 'Bearer let-me-look-around' },
  })
  expect(await view.json()).toMatchObject({
    origin: 'files',
    path: '/files/a.jpg',
    resolvedWidth: 33,
    resolvedHeight: 25,
    cached: 'absent',
  })
})

test('every request is one JSON line without its query', async () => {
  const { get, lines } = await stage()
  await get('/files/a.jpg?width=20&sig=secret')
  const line = JSON.parse(lines.at(-1)!) as Record<string, unknown>
  expect(line).toMatchObject({
    message: 'request',
    method: 'GET',
    path: '/files/a.jpg',
    status: 200,
    origin: 'files',
    cache: 'MISS',
    width: 20,
  })
  expect(JSON.stringify(line)).not.toContain('secret')
})
