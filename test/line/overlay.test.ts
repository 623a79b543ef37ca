/** One picture laid over another, through the whole line: pixels, access, limits, and what is remembered. */
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { signUrl } from '../../src/client.ts'
import { countFrames } from '../../src/media/frame-count.ts'
import { psnr, rgba } from '../support/compare.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { picture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const logo = () =>
  sharp({ create: { width: 40, height: 20, channels: 4, background: { r: 200, g: 30, b: 60, alpha: 0.5 } } })
    .png()
    .toBuffer()
const base = () => picture({ width: 120, height: 90 }).png().toBuffer()

async function stage(
  origins: Record<string, unknown>[] = [],
  document: Record<string, unknown> = {},
  env: Record<string, string> = {},
) {
  const mount = createMemoryMount()
  mount.put('a.png', Uint8Array.from(await base()))
  mount.put('logo.png', Uint8Array.from(await logo()))
  const platform = createTestPlatform({ env, drivers: { 'memory:files': mount.driver } })
  const origin = (name: string, more: Record<string, unknown> = {}) => ({
    name,
    match: `^/${name}/(?<key>.+)$`,
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ...more,
  })
  const config = {
    origins: [
      origin('files', { access: 'public' }),
      ...origins.map(({ name, ...more }) => origin(name as string, more)),
    ],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    ...document,
  }
  const media = createMediamorph(config as never, platform)
  open.push(media)
  const get = (path: string) => media.fetch(new Request(`http://media.test${path}`))
  return { get, mount }
}
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
]

describe('its pixels', () => {
  test.each([
    ['', { left: 40, top: 35 }, 1, { width: 40, height: 20 }],
    ['&overlay_gravity=northwest', { left: 0, top: 0 }, 1, { width: 40, height: 20 }],
    ['&overlay_gravity=southeast&overlay_margin=7', { left: 73, top: 63 }, 1, { width: 40, height: 20 }],
    ['&overlay_width=60&overlay_gravity=north', { left: 30, top: 0 }, 1, { width: 60, height: 30 }],
    [
      '&overlay_width=25%25&overlay_gravity=west&overlay_opacity=0.4',
      { left: 0, top: 38 },
      0.4,
      { width: 30, height: 15 },
    ],
    ['&overlay_width=8000', { left: 0, top: 15 }, 1, { width: 120, height: 60 }],
  ])('%s', async (words, place, opacity, size) => {
    const { get } = await stage()
    const made = await rgba(
      await bytesOf(await get(`/files/a.png?format=png&overlay=/files/logo.png${words}`)),
    )
    const layer = await sharp(await logo())
      .resize({ ...size, fit: 'fill' })
      .ensureAlpha()
      .raw()
      .toBuffer()
    for (let at = 3; at < layer.length; at += 4) layer[at] = Math.round((layer[at] ?? 0) * opacity)
    const expected = await sharp(await base())
      .ensureAlpha()
      .composite([{ input: layer, raw: { ...size, channels: 4 }, ...place }])
      .raw()
      .toBuffer()
    expect(psnr(made.data, expected)).toBeGreaterThan(50)
  })

  test('lie over every frame, and over what has no alpha', async () => {
    const { get, mount } = await stage()
    const frames = await Promise.all(
      [1, 2, 3].map((seed) => picture({ width: 120, height: 90, seed }).png().toBuffer()),
    )
    mount.put(
      'a.webp',
      Uint8Array.from(
        await sharp(frames, { join: { animated: true } })
          .webp({ lossless: true })
          .toBuffer(),
      ),
    )
    const moving = await bytesOf(
      await get('/files/a.webp?format=webp&quality=lossless&overlay=/files/logo.png'),
    )
    expect(countFrames('webp', moving, 9)).toBe(3)
    const plain = await bytesOf(await get('/files/a.webp?format=webp&quality=lossless'))
    for (const page of [0, 2]) {
      const pixel = async (bytes: Uint8Array, left: number, top: number) =>
        Array.from(
          await sharp(bytes, { page })
            .removeAlpha()
            .extract({ left, top, width: 1, height: 1 })
            .raw()
            .toBuffer(),
        )
      const [r = 0] = await pixel(plain, 60, 45)
      expect(Math.abs(((await pixel(moving, 60, 45))[0] ?? 0) - (r + 200) / 2)).toBeLessThanOrEqual(2)
      expect(await pixel(moving, 5, 5)).toEqual(await pixel(plain, 5, 5))
    }
    const jpeg = await get('/files/a.png?format=jpeg&overlay=/files/logo.png')
    expect((await sharp(await bytesOf(jpeg)).metadata()).format).toBe('jpeg')
  })
})

describe('who may', () => {
  test('an unsigned address shows nothing of a signed origin, a signed one does', async () => {
    const secret = 'correct horse battery staple'
    const { get } = await stage([{ name: 'hidden' }], {}, { MEDIAMORPH_SECRET: secret })
    const path = '/files/a.png?format=png&overlay=/hidden/logo.png'
    expect(await codeOf(await get(path))).toEqual([403, 'BAD_SIGNATURE'])
    const signed = new URL(await signUrl(`http://media.test${path}`, secret))
    expect((await get(signed.pathname + signed.search)).status).toBe(200)
    signed.searchParams.set('overlay', '/files/logo.png')
    expect((await get(signed.pathname + signed.search)).status).toBe(403)
  })

  test.each([
    ['what is not there', 'overlay=/files/none.png', 404],
    ['what no origin has', 'overlay=/nowhere/logo.png', 404],
    ['a query of its own', 'overlay=/files/logo.png%3Foverlay=/files/a.png', 400],
    ['a path out of its place', 'overlay=/files/../logo.png', 400],
    ['an address elsewhere', 'overlay=http://127.0.0.1/logo.png', 400],
  ])('%s', async (_, words, status) => {
    const { get } = await stage()
    expect((await codeOf(await get(`/files/a.png?format=png&${words}`)))[0]).toBe(status)
  })

  test('what is no picture, and what is too large', async () => {
    const { get, mount } = await stage([], { limits: { pixels: 50_000 } })
    mount.put('text.png', new TextEncoder().encode('not a picture'))
    mount.put('large.png', Uint8Array.from(await picture({ width: 400, height: 300 }).png().toBuffer()))
    expect(await codeOf(await get('/files/a.png?format=png&overlay=/files/text.png'))).toEqual([
      415,
      'UNSUPPORTED_MEDIA',
    ])
    expect(await codeOf(await get('/files/a.png?format=png&overlay=/files/large.png'))).toEqual([
      422,
      'LIMIT_EXCEEDED',
    ])
    expect((await get('/files/a.png?format=png&overlay=/files/logo.png')).status).toBe(200)
  })
})

test('what did not change is served, and a changed overlay makes another rendition', async () => {
  const { get, mount } = await stage([
    { name: 'fleeting', access: 'public', ttl: { ok: 0 }, staleWhileRevalidate: 0 },
  ])
  const path = '/files/a.png?format=png&overlay=/files/logo.png'
  const first = await get(path)
  const touched = mount.touches
  expect([(await get(path)).headers.get('x-cache'), mount.touches]).toEqual(['HIT', touched])
  expect((await get('/files/a.png?format=png')).headers.get('etag')).not.toBe(first.headers.get('etag'))

  const short = '/fleeting/a.png?format=png&overlay=/fleeting/logo.png'
  const before = await bytesOf(await get(short))
  expect(await bytesOf(await get(short))).toEqual(before)
  const green = { create: { width: 30, height: 30, channels: 3, background: '#0f0' } } as const
  mount.put('logo.png', Uint8Array.from(await sharp(green).png().toBuffer()), 1_700_000_100_000)
  const after = await rgba(await bytesOf(await get(short)))
  const middle = (45 * 120 + 60) * 4
  expect(Array.from(after.data.subarray(middle, middle + 3))).toEqual([0, 255, 0])
})
