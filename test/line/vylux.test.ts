/** Addresses of Vylux, through the whole line: its signatures, its options, its statuses. */
import { createHmac } from 'node:crypto'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { signUrl } from '../../src/client.ts'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const SECRET = 'secret of Vylux'
const OWN_SECRET = 'secret of our origins'

async function stage(origin: Record<string, unknown> = {}, document: Record<string, unknown> = {}) {
  const [originals, made] = [createMemoryMount(), createMemoryMount()]
  originals.put('photos/fünf.jpg', await jpegPicture())
  made.put(
    'images/ab/abc/thumb.webp',
    Uint8Array.from(
      await sharp(await jpegPicture())
        .webp()
        .toBuffer(),
    ),
  )
  const env = { MEDIAMORPH_SECRET: OWN_SECRET, MEDIAMORPH_VYLUX_SECRET: SECRET }
  const drivers = { 'memory:originals': originals.driver, 'memory:made': made.driver }
  const source = {
    name: 'source',
    match: '^/source/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:originals', key: '${key}' }],
    ...origin,
  }
  const other = { ...source, name: 'img', match: '^/img/(?<key>.+)$', access: 'public' }
  const config = {
    origins: [other, source],
    storage: { cache: 'memory:', artifacts: 'memory:made' },
    database: 'sqlite::memory:',
    compat: { grammars: ['vylux'] },
    outbound: { connectMs: 300, idleMs: 300, totalMs: 1000 },
    ...document,
  }
  const media: Mediamorph = createMediamorph(config as never, createTestPlatform({ env, drivers }))
  open.push(media)
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
  return { get, originals }
}

const hex = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('hex')
const encode = (key: string) => key.split('/').map(encodeURIComponent).join('/')
const img = (canonical: string, tail: string, options = canonical, secret = SECRET) =>
  `/img/${hex(`${canonical}/${tail}`, secret)}/${options}/${encode(tail)}`
const original = (key: string) => `/original/${hex(`/${key}`)}/${encode(key)}`
const thumb = (key: string) => `/thumb/${hex(`thumb/${key}`)}/${encode(key)}`
const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}
const KEY = 'photos/fünf.jpg'

describe('/img', () => {
  test.each([
    ['w40_h30_q70', 'webp', 'webp', 40, 30],
    ['w40_h40_q0', 'jpg', 'jpeg', 40, 40],
    ['w0_h60_q0', 'png', 'png', 80, 60],
    ['w64_h0_q1', 'avif', 'heif', 64, 48],
    ['w0_h0_q0', 'gif', 'gif', 320, 240],
    ['w20_h0_q0', 'jpeg', 'jpeg', 20, 15],
  ])('%s as %s', async (options, extension, format, width, height) => {
    const { get } = await stage()
    const response = await get(img(options, `${KEY}.${extension}`))
    expect(response.status).toBe(200)
    expect(await sharp(await bytes(response)).metadata()).toMatchObject({ format, width, height })
  })

  test('options in any order and number are signed in their one form', async () => {
    const { get } = await stage()
    for (const options of ['w40', 'h0_w40', 'q0_w40_h0', 'w40_h0_q0', 'w040'])
      expect([options, (await get(img('w40_h0_q0', `${KEY}.webp`, options))).status]).toEqual([options, 200])
    const slash = img('w40_h0_q0', `${KEY}.webp`).replace('photos/', 'photos%2F')
    expect((await get(slash)).status).toBe(200)
  })

  test('is the rendition that our own address has', async () => {
    const { get } = await stage()
    const first = await get(img('w40_h30_q70', `${KEY}.webp`))
    const ours = await signUrl(
      `/source/${encode(KEY)}?width=40&height=30&fit=cover&quality=70&format=webp`,
      OWN_SECRET,
    )
    const same = await get(ours)
    expect([first, same].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT'])
    const etag = first.headers.get('etag')!
    const unchanged = await get(img('w40_h30_q70', `${KEY}.webp`), { headers: { 'if-none-match': etag } })
    expect(unchanged.status).toBe(304)
  })

  test('only what was signed is answered', async () => {
    const { get } = await stage({ access: 'public' })
    const good = img('w40_h0_q0', `${KEY}.webp`)
    const [, , sig = ''] = good.split('/')
    for (const path of [
      good.replace('w40', 'w41'),
      good.replace('.webp', '.png'),
      good.replace('f%C3%BCnf', 'sechs'),
      good.replace(sig, sig.toUpperCase()),
      good.replace(sig, sig.slice(0, -1)),
      good.replace(sig, `${sig}00`),
      good.replace(sig, Buffer.from(sig, 'hex').toString('base64url')),
      good.replace(sig, 'x'),
      img('w40_h0_q0', `${KEY}.webp`, 'w40', OWN_SECRET),
      good.replace('/img/', '/original/'),
      original(KEY).replace('/original/', '/thumb/'),
      await signUrl(good.replace(sig, 'x'), OWN_SECRET),
    ])
      expect([path, ...(await outcome(await get(path)))]).toEqual([path, 403, 'BAD_SIGNATURE'])
    expect((await get(`${good}?width=9&v=1`)).headers.get('x-resolved-width')).toBe('40')
    expect((await get(`${good}?v=1`)).headers.get('cache-control')).not.toContain('immutable')
  })

  test.each([
    ['w40_w50', `${KEY}.webp`, 'INVALID_PARAMETER'],
    ['w', `${KEY}.webp`, 'INVALID_PARAMETER'],
    ['x5', `${KEY}.webp`, 'INVALID_PARAMETER'],
    ['', `${KEY}.webp`, 'INVALID_PARAMETER'],
    ['w40_h0_q101', `${KEY}.webp`, 'INVALID_PARAMETER'],
    ['w99999_h0_q0', `${KEY}.webp`, 'INVALID_PARAMETER'],
    ['w40_h0_q0', KEY.replace('.jpg', '.bmp'), 'INVALID_PARAMETER'],
    ['w40_h0_q0', 'noformat', 'INVALID_PARAMETER'],
    ['w40_h0_q0', '../a.jpg.webp', 'INVALID_PATH'],
    ['w40_h0_q0', '.env.webp', 'INVALID_PATH'],
  ])('%s of %s is 400 %s', async (options, tail, code) => {
    const { get } = await stage()
    const path = `/img/${hex(`${options}/${tail}`)}/${options}/${encodeURIComponent(tail)}`
    expect(await outcome(await get(path))).toEqual([400, code])
  })

  test('what is not there is 404, what is no picture 422', async () => {
    const { get, originals } = await stage()
    originals.put('text.jpg', 'no picture')
    originals.put('half.jpg', (await jpegPicture()).slice(0, 900))
    expect(await outcome(await get(img('w40_h0_q0', 'none.jpg.webp')))).toEqual([404, 'NOT_FOUND'])
    expect(await outcome(await get(img('w40_h0_q0', 'text.jpg.webp')))).toEqual([422, 'UNSUPPORTED_MEDIA'])
    expect(await outcome(await get(img('w40_h0_q0', 'half.jpg.webp')))).toEqual([422, 'CORRUPT_MEDIA'])
  })

  test('a source that fails is 502, and for whole files 404', async () => {
    const server = await startObjectServer({
      instead: ({ url }, response) => {
        if (url === '/fails') response.writeHead(500).end()
        return url === '/fails' || url === '/hangs'
      },
    })
    open.push(server)
    const { get } = await stage({ sources: [{ type: 'http', url: `${server.url}/\${key}` }] })
    for (const key of ['fails', 'hangs']) {
      expect((await get(img('w40_h0_q0', `${key}.webp`))).status).toBe(502)
      expect((await get(original(key))).status).toBe(404)
    }
  })
})

test('/original is the original, streamed, with Range', async () => {
  const { get, originals } = await stage({ responsive: 'always' })
  const whole = await get(original(KEY))
  const { body } = originals.files.get(KEY)!
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  expect(Buffer.compare(await bytes(whole), body)).toBe(0)
  const part = await get(original(KEY), { headers: { range: 'bytes=-5' } })
  expect([part.status, Buffer.compare(await bytes(part), body.slice(-5))]).toEqual([206, 0])
  expect(await outcome(await get(original('none.jpg')))).toEqual([404, 'NOT_FOUND'])
  expect(await outcome(await get(`/original/${hex('/')}/`))).toEqual([400, 'INVALID_URL'])
})

test('/thumb is what jobs made, from storage.artifacts', async () => {
  const { get } = await stage()
  const response = await get(thumb('images/ab/abc/thumb.webp'))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp'])
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect((await sharp(await bytes(response)).metadata()).width).toBe(320)
  expect(await outcome(await get(thumb('images/ab/abc/none.webp')))).toEqual([404, 'NOT_FOUND'])
  expect(await outcome(await get(`/thumb/${hex('thumb/../secret')}/..%2Fsecret`))).toEqual([
    400,
    'INVALID_PATH',
  ])
})

test('without the grammar, its paths are those of the origins', async () => {
  const { get } = await stage({}, { compat: { grammars: [] } })
  expect((await get(`/img/${encode(KEY)}?width=20`)).status).toBe(200)
})

describe('a bare key', () => {
  test.each([
    ['^/source/(?<key>.+)$', '/source/photos/f%C3%BCnf.jpg'],
    ['^/(.+)$', '/photos/f%C3%BCnf.jpg'],
    ['^/a\\.b-c/(?<key>.+)$', '/a.b-c/photos/f%C3%BCnf.jpg'],
    ['^/(?:photos)/(?<key>.+)$', undefined],
    ['(?<key>photos/.+)', undefined],
  ])('on %s', async (match, path) => {
    const name = match.includes('?:') ? '${key}' : match.includes('<key>') ? '${key}' : '$1'
    const mount = {
      type: 'storage',
      mount: 'memory:originals',
      key: match.includes('?:') ? `photos/${name}` : name,
    }
    const { get } = await stage({ match, sources: [mount] })
    expect((await get(img('w40_h0_q0', `${KEY}.webp`))).status).toBe(200)
    if (path === undefined) return
    const ours = await get(await signUrl(`${path}?width=40&format=webp`, OWN_SECRET))
    expect(ours.headers.get('x-cache')).toBe('HIT')
  })

  test('that the pattern of the origin does not fit is 404', async () => {
    const { get } = await stage({ match: '^/source/(?<key>[a-z]+\\.jpg)$' })
    expect(await outcome(await get(img('w40_h0_q0', `${KEY}.webp`)))).toEqual([404, 'NO_MATCHING_ORIGIN'])
  })
})
