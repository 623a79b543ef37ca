/** Rows 12, 33, 38 and 39, and section 2: limits hold before anything is spent, on every path that leads to pixels. */
import { createHmac } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeGif } from '../support/animations.ts'
import { jpegPicture } from '../support/pictures.ts'
import { buildPng } from '../support/png.ts'
import { startObjectServer } from '../support/object-server.ts'
import { closeAll, closing, origin, outcome, stage } from './stage.ts'

const SECRET = 'of those inside'
const LIMITS = {
  pixels: 1_000_000,
  frames: 10,
  outputSide: 2000,
  outputPixels: 1_000_000,
  imageBytes: 100_000,
}
let service: ReturnType<typeof stage>
let upstream: Awaited<ReturnType<typeof startObjectServer>>

beforeAll(async () => {
  upstream = closing(await startObjectServer())
  service = stage(
    {
      origins: [
        origin('files', { type: 'storage', mount: 'memory:files', key: '${key}' }),
        origin('source', { type: 'storage', mount: 'memory:files', key: '${key}' }),
        origin('http', { type: 'http', url: `${upstream.url}/\${key}` }),
      ],
      derivatives: { huge: { width: 2000, height: 2000, enlarge: true } },
      compat: { grammars: ['vylux'] },
      assets: [{ preset: 'fluxer', mount: 'memory:files' }],
      external: {
        enabled: true,
        access: 'public',
        parameters: ['width', 'height', 'format', 'enlarge', 'fit'],
      },
      internal: { uploads: 'memory:files', buckets: { cdn: 'memory:files' } },
      outbound: { allowPrivate: ['127.0.0.0/8'], allowHosts: ['127.0.0.1'] },
      limits: LIMITS,
    },
    { env: { MEDIAMORPH_INTERNAL_SECRET: SECRET, MEDIAMORPH_VYLUX_SECRET: SECRET } },
  )
  const colors = [
    [0, 0, 0],
    [255, 255, 255],
  ]
  const frames = (count: number, side: number) =>
    makeGif({
      width: side,
      height: side,
      colors,
      loops: 0,
      frames: Array.from({ length: count }, (_, at) => ({ width: 1, height: 1, pixels: [at % 2] })),
    })
  const files: Record<string, Uint8Array> = {
    'good.jpg': await jpegPicture({ width: 80, height: 60 }),
    // Above the limits: its pixels, its bytes, its frames, the pixels of all its frames.
    'pixels.png': buildPng({ width: 1001, height: 1000, bitDepth: 1, rows: new Uint8Array(126 * 1000) }),
    'bytes.jpg': Buffer.concat([await jpegPicture({ width: 80, height: 60 }), Buffer.alloc(100_000)]),
    'frames.gif': frames(11, 10),
    'together.gif': frames(10, 330),
    'moving.gif': frames(10, 20),
  }
  for (const [name, bytes] of Object.entries(files)) {
    service.mount.put(name, bytes)
    service.mount.put(`avatars/12/${name.replace('.', '')}`, bytes)
    upstream.objects.set(name, bytes)
  }
})
afterAll(closeAll)

const details = async (answer: Response | Promise<Response>) => {
  const response = await answer
  const { error } = (await response.json()) as {
    error: { code: string; details?: { limit?: string; value?: number; maximum?: number } }
  }
  return { status: response.status, code: error.code, ...error.details }
}

const vylux = (text: string) => `/img/${createHmac('sha256', SECRET).update(text).digest('hex')}/${text}`

/** Every way to ask for a picture of an original. */
const ways: Record<string, (name: string) => string> = {
  'our own words': (name) => `/files/${name}?width=10&format=webp`,
  'an http source': (name) => `/http/${name}?width=10&format=webp`,
  'a search for borders': (name) => `/files/${name}?trim=10&format=webp`,
  'a search for what is to be seen': (name) =>
    `/files/${name}?width=10&height=10&fit=cover&gravity=auto&format=webp`,
  'the grammar of Cloudflare': (name) => `/cdn-cgi/image/width=10,format=webp/files/${name}`,
  'another host, in that grammar': (name) => `/cdn-cgi/image/width=10,format=webp/${upstream.url}/${name}`,
  'another host, in our own': (name) =>
    `/external/v3/${Buffer.from(`${upstream.url}/${name}`).toString('base64url')}?width=10&format=webp`,
  'the grammar of Vylux': (name) => vylux(`w10_h0_q0/${name}.webp`),
  'an overlay': (name) => `/files/good.jpg?width=10&format=webp&overlay=/files/${name}`,
  'an overlay from elsewhere': (name) => `/files/good.jpg?width=10&format=webp&overlay=/http/${name}`,
}

describe.each(Object.entries(ways))('section 2, row 14, row 38: by %s', (_, path) => {
  test.each([
    ['pixels.png', 422, 'pixels', 1_001_000, 1_000_000],
    ['bytes.jpg', 413, 'imageBytes', undefined, 100_000],
  ] as const)('%s is refused with the limit and the value', async (name, status, limit, value, maximum) => {
    const said = await details(service.get(path(name)))
    expect(said).toMatchObject({ status, limit, maximum })
    if (value !== undefined) expect(said.value).toBe(value)
    expect((await service.get(path('good.jpg'))).status).toBe(200)
  })
})

test.each([
  ['frames.gif', 'frames', 11],
  ['together.gif', 'pixels', 1_089_000],
] as const)('section 2: all frames of an animation count: %s', async (name, limit, value) => {
  for (const path of [ways['our own words']!, ways['an http source']!])
    expect(await details(service.get(path(name)))).toMatchObject({ status: 422, limit, value })
  // Who wants one frame pays for one.
  expect((await service.get(`/files/${name}?width=10&format=webp&animated=false`)).status).toBe(200)
})

test('section 2: by an asset route, which gives the file itself for what cannot be made of it', async () => {
  const at = (name: string) => service.get(`/avatars/12/${name}.webp?size=16`)
  expect(await details(at('bytesjpg'))).toMatchObject({ status: 413, limit: 'imageBytes' })
  const whole = await at('pixelspng')
  expect([whole.status, whole.headers.get('x-transform-source')]).toEqual([200, 'passthrough'])
  expect(whole.headers.get('content-type')).toBe('image/png')
  expect((await at('goodjpg')).headers.get('x-resolved-width')).toBe('16')
})

test('section 2: the routes of those inside keep the same limits', async () => {
  const ask = (path: string, name: string) =>
    service.post(
      path,
      { type: 'upload', upload_filename: name, isNSFWAllowed: true },
      { 'x-internal-secret': SECRET },
    )
  expect(await details(ask('/_metadata', 'bytes.jpg'))).toMatchObject({ status: 400, limit: 'imageBytes' })
  expect(await details(ask('/_thumbnail', 'bytes.jpg'))).toMatchObject({ status: 404, limit: 'imageBytes' })
  expect(await details(ask('/_thumbnail', 'pixels.png'))).toMatchObject({ status: 404, limit: 'pixels' })
  expect(await (await ask('/_frames', 'bytes.jpg')).json()).toEqual({ frames: [] })
  const facts = (await (await ask('/_metadata', 'pixels.png')).json()) as object
  expect(facts).toMatchObject({ width: 1001, height: 1000 })
  expect(facts).not.toHaveProperty('placeholder')
  const address = { type: 'external', url: `${upstream.url}/bytes.jpg`, isNSFWAllowed: true }
  expect(await details(service.post('/_metadata', address, { 'x-internal-secret': SECRET }))).toMatchObject({
    status: 400,
    limit: 'imageBytes',
  })
})

describe('row 33: what is made is bounded before it is made', () => {
  const over = { status: 422, code: 'LIMIT_EXCEEDED' }
  test.each([
    ['enlarged', 'width=2000&height=2000&fit=fill&enlarge=true', 'outputPixels'],
    ['enlarged in its shape', 'width=2000&enlarge=true', 'outputPixels'],
    ['padded', 'width=2000&height=2000&fit=pad', 'outputPixels'],
    ['padded around nothing', 'width=2000&height=1000&fit=pad&enlarge=false', 'outputPixels'],
    ['by its density', 'width=500&height=500&dpr=5&fit=pad', 'outputPixels'],
    ['cropped and enlarged', 'crop=1:1:0:0&width=2000&height=2000&enlarge=true', 'outputPixels'],
    ['turned', 'width=2000&height=2000&fit=pad&rotate=90', 'outputPixels'],
    ['by a derivative', 'derivative=huge&fit=pad', 'outputPixels'],
    ['under an overlay', 'width=2000&height=2000&fit=pad&overlay=/files/good.jpg', 'outputPixels'],
    ['with what is searched for', 'width=2000&height=2000&fit=pad&trim=1', 'outputPixels'],
  ])('%s', async (_, query, limit) => {
    const began = performance.now()
    expect(await details(service.get(`/files/good.jpg?${query}&format=png`))).toMatchObject({
      ...over,
      limit,
    })
    expect(performance.now() - began).toBeLessThan(1500)
  })

  test('and an overlay never makes it larger', async () => {
    const query = 'width=20&format=png&overlay=/files/good.jpg&overlay_width=2000&overlay_margin=0'
    const response = await service.get(`/files/good.jpg?${query}`)
    const file = new Uint8Array(await response.arrayBuffer())
    expect(await sharp(file).metadata()).toMatchObject({ width: 20, height: 15 })
  })

  test('the frames of what is made count as those of an original do', async () => {
    for (const query of [
      'width=900&enlarge=true',
      'width=500&height=500&fit=pad',
      'width=400&height=400&fit=fill&enlarge=true',
    ])
      expect(await details(service.get(`/files/moving.gif?${query}&format=webp`))).toMatchObject({
        ...over,
        limit: 'pixels',
        maximum: 1_000_000,
      })
    expect((await service.get('/files/moving.gif?width=300&enlarge=true&format=webp')).status).toBe(200)
    expect(
      (await service.get('/files/moving.gif?width=900&enlarge=true&animated=false&format=webp')).status,
    ).toBe(200)
  })

  test.each([
    'width=2001',
    'width=99999999999',
    'width=1e9',
    'dpr=6',
    'dpr=1000',
    'blur=251',
    'pixelate=257',
    'width=-1',
    'width=0',
    'page=100000',
    'max_bytes=0',
    'rotate=1e9',
    'overlay_width=100000',
    'crop=1e9:1:0:0',
  ])('no number beyond its range: %s', async (query) => {
    expect(await outcome(service.get(`/files/good.jpg?${query}`))).toEqual([400, 'INVALID_PARAMETER'])
  })
})

test('section 2: addresses and headers that are too long, before anything is looked at', async () => {
  const touches = service.mount.touches
  expect(await details(service.get(`/files/good.jpg?width=10&x=${'y'.repeat(8200)}`))).toMatchObject({
    status: 414,
    limit: 'urlBytes',
    maximum: 8192,
  })
  const headers = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, 'y']))
  expect(await details(service.get('/files/good.jpg', { headers }))).toMatchObject({
    status: 431,
    limit: 'headerCount',
  })
  expect(
    await details(service.get('/files/good.jpg', { headers: { cookie: 'y'.repeat(17_000) } })),
  ).toMatchObject({
    status: 431,
    limit: 'headerBytes',
  })
  expect(service.mount.touches).toBe(touches)
})

test('section 2: one level of overlay', async () => {
  for (const overlay of [
    '/files/good.jpg?overlay=/files/good.jpg',
    '/cdn-cgi/image/width=10/files/good.jpg',
    '/external/v3/x',
    '/_metadata',
    '/files/../files/good.jpg',
  ])
    expect(
      (await service.get(`/files/good.jpg?width=10&overlay=${encodeURIComponent(overlay)}`)).status,
    ).toBeGreaterThanOrEqual(400)
})

test('row 39: words that mean nothing make no second rendition, and are named', async () => {
  const keys = new Set<string | null>()
  for (let at = 0; at < 20; at++) {
    const response = await service.get(
      `/files/good.jpg?width=33&format=webp&cb=${at}&x${at}=${Math.sqrt(at)}`,
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('x-param-warnings')).toContain('cb')
    keys.add(response.headers.get('x-cache-key'))
  }
  expect(keys.size).toBe(1)
  const own = await service.get('/files/good.jpg?format=webp&width=33')
  expect([own.headers.get('x-cache'), own.headers.get('x-cache-key')]).toEqual(['HIT', [...keys][0]])
})
