/** Fluxer's asset routes, through the whole line: every row of the preset, what moves, what is missing, its statuses. */
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { signUrl } from '../../src/client.ts'
import { createMediamorph } from '../../src/index.ts'
import { makeGif } from '../support/animations.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture, picture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const moving = makeGif({
  width: 40,
  height: 20,
  colors: [
    [200, 0, 0],
    [0, 0, 200],
  ],
  loops: 0,
  frames: [0, 1].map((color) => ({
    width: 40,
    height: 20,
    pixels: Array.from({ length: 800 }, () => color),
  })),
})

async function stage(preset: Record<string, unknown> = {}, document: Record<string, unknown> = {}, env = {}) {
  const cdn = createMemoryMount()
  const config = {
    assets: [{ preset: 'fluxer', mount: 'memory:cdn', ...preset }],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    ...document,
  }
  const media = createMediamorph(
    config as never,
    createTestPlatform({ env, drivers: { 'memory:cdn': cdn.driver } }),
  )
  open.push(media)
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
  return { get, cdn }
}

const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const seen = async (response: Response) => {
  const {
    format,
    width,
    height,
    pages = 1,
  } = await sharp(await bytes(response), { animated: true }).metadata()
  return [format, width, pages > 1 ? height / pages : height, pages]
}
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}
const YEAR = 'public, max-age=31536000'

describe('every row of the preset', () => {
  test.each([
    ['/avatars/12/abc1.webp', 'avatars/12/abc1', ['webp', 128, 128, 1]],
    ['/icons/12/abc1.jpg', 'icons/12/abc1', ['jpeg', 128, 128, 1]],
    ['/banners/12/abc1.png?size=600', 'banners/12/abc1', ['png', 320, 240, 1]],
    ['/splashes/12/abc1.jpeg?size=160', 'splashes/12/abc1', ['jpeg', 160, 160, 1]],
    ['/embed-splashes/12/abc1.webp?size=300', 'embed-splashes/12/abc1', ['webp', 300, 240, 1]],
    ['/emojis/12.gif?size=48', 'emojis/12', ['webp', 48, 48, 1]],
    ['/stickers/12?size=160', 'stickers/12', ['webp', 160, 160, 1]],
    ['/stickers/12.webp?size=64', 'stickers/12', ['webp', 64, 64, 1]],
    ['/guilds/3/users/4/avatars/a_ff.webp?size=16', 'guilds/3/users/4/avatars/ff', ['webp', 16, 16, 1]],
    ['/guilds/3/users/4/banners/ff.gif?size=16', 'guilds/3/users/4/banners/ff', ['gif', 16, 16, 1]],
    ['/avatars/12/a_b_c.webp', 'avatars/12/b_c', ['webp', 128, 128, 1]],
    ['/avatars/12/abc1.png', 'avatars/12/abc1.png', ['png', 128, 128, 1]],
    ['/avatars/12/abc1.webp?format=png&size=20', 'avatars/12/abc1', ['webp', 20, 20, 1]],
  ])('%s is made of %s', async (path, key, expected) => {
    const { get, cdn } = await stage()
    cdn.put(key, await jpegPicture())
    const response = await get(path)
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, YEAR])
    expect(await seen(response)).toEqual(expected)
    expect(response.headers.get('vary') ?? '').not.toContain('Accept')
  })

  test('emojis stand whole on a transparent square; avatars fill it', async () => {
    const { get, cdn } = await stage()
    const wide = Uint8Array.from(await picture({ width: 80, height: 40 }).png().toBuffer())
    cdn.put('emojis/1', wide)
    cdn.put('avatars/1/f', wide)
    const alphaAt = async (response: Response) => {
      const { data, info } = await sharp(await bytes(response))
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
      return [0, info.height / 2].map((y) => data[(y * info.width + info.width / 2) * 4 + 3])
    }
    expect(await alphaAt(await get('/emojis/1.webp?size=40'))).toEqual([0, 255])
    expect(await alphaAt(await get('/avatars/1/f.webp?size=40'))).toEqual([255, 255])
  })

  test('quality is in their words, JPEG is progressive and PNG as small as it gets', async () => {
    const { get, cdn } = await stage()
    cdn.put('avatars/1/f', await jpegPicture({ width: 320, height: 320 }))
    const size = async (query: string, type = 'jpg') =>
      (await bytes(await get(`/avatars/1/f.${type}?size=256${query}`))).length
    const [low, usual, high, lossless] = await Promise.all(
      ['&quality=low', '', '&quality=high', '&quality=lossless'].map((query) => size(query)),
    )
    expect(low).toBeLessThan(usual!)
    expect([high, usual! < lossless!]).toEqual([usual, true])
    for (const [query, quality] of [
      ['low', '20'],
      ['high', '80'],
      ['lossless', '100'],
      ['55', '55'],
    ] as const) {
      const { get, cdn } = await stage({}, { debug: { public: true } })
      cdn.put('avatars/1/f', await jpegPicture())
      const view = await get(`/avatars/1/f.jpg?quality=${query}&debug=view`)
      const { recipe } = (await view.json()) as { recipe: object }
      expect(recipe).toMatchObject({ quality: Number(quality), progressive: true, to: 'jpeg' })
      const png = await get(`/avatars/1/f.png?quality=${query}&debug=view`)
      expect(await png.json()).toMatchObject({ recipe: { effort: 9, to: 'png' } })
    }
    const jpeg = await sharp(await bytes(await get('/avatars/1/f.jpg'))).metadata()
    expect(jpeg.isProgressive).toBe(true)
  })

  test('only what the row lets be asked counts, and multiplies nothing (threats row 39)', async () => {
    const { get, cdn } = await stage()
    cdn.put('avatars/1/f', await jpegPicture())
    const first = await get('/avatars/1/f.webp?size=64')
    const same = await get('/avatars/1/f.webp?size=64&width=9&w=9&blur=5&v=1&x=2&download=true')
    expect([first, same].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT'])
    expect(same.headers.get('x-param-warnings')).toMatch(/x: unknown.*width: not allowed.*blur: not allowed/)
    expect(same.headers.get('content-disposition')).toBeNull()
  })
})

describe('what moves', () => {
  test.each([
    ['/avatars/1/a_f.gif', ['gif', 40, 20, 2]],
    ['/avatars/1/a_f.gif?animated=false', ['gif', 40, 20, 1]],
    ['/avatars/1/a_f.webp', ['webp', 40, 20, 1]],
    ['/avatars/1/a_f.webp?animated=true', ['webp', 40, 20, 2]],
    ['/avatars/1/a_f.png', ['png', 40, 20, 1]],
    ['/avatars/1/a_f.jpg?animated=true', ['jpeg', 40, 20, 1]],
    ['/emojis/1.gif?size=16', ['webp', 16, 16, 2]],
    ['/emojis/1.webp?size=16', ['webp', 16, 16, 1]],
    ['/emojis/1.webp?size=16&animated=true', ['webp', 16, 16, 2]],
    ['/attachments/1/2/x.gif?width=20', ['gif', 20, 10, 1]],
    ['/attachments/1/2/x.gif?width=20&animated=true', ['gif', 20, 10, 2]],
  ])('%s', async (path, expected) => {
    const { get, cdn } = await stage()
    for (const key of ['avatars/1/f', 'emojis/1', 'attachments/1/2/x.gif']) cdn.put(key, moving)
    expect(await seen(await get(path))).toEqual(expected)
  })
})

describe('what is wrong', () => {
  test.each([
    ['/avatars/12/none.webp', 404, 'NOT_FOUND'],
    ['/emojis/9.webp', 404, 'NOT_FOUND'],
    ['/attachments/1/2/none.png', 404, 'NOT_FOUND'],
    ['/avatars/x/abc.webp', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/abc', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/a-b.webp', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/abc.svg', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/abc.webp?size=129', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/abc.webp?size=', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/abc.webp?quality=best', 400, 'INVALID_PARAMETER'],
    ['/avatars/12/abc.webp?animated=maybe', 400, 'INVALID_PARAMETER'],
    ['/emojis/abc.webp', 400, 'INVALID_PARAMETER'],
    ['/themes/0123456789ABCDEF.css', 400, 'INVALID_PARAMETER'],
    ['/themes/0123456789abcde.css', 400, 'INVALID_PARAMETER'],
    ['/attachments/1/2/a.png?width=0', 400, 'INVALID_PARAMETER'],
    ['/attachments/1/2/a.png?format=json', 400, 'INVALID_PARAMETER'],
    ['/avatars/12', 404, 'NO_MATCHING_ORIGIN'],
    ['/avatars/12/abc.webp/more', 404, 'NO_MATCHING_ORIGIN'],
    ['/nothing/12/abc.webp', 404, 'NO_MATCHING_ORIGIN'],
    // threats row 2: whatever the encoding, no path climbs.
    ['/attachments/1/2/..%2f..%2fsecret', 400, 'INVALID_PATH'],
    ['/attachments/1/2/%252e%252e%255csecret', 400, 'INVALID_PATH'],
    ['/attachments/1/2/..%5csecret', 400, 'INVALID_PATH'],
    ['/attachments/1/2/.env', 400, 'INVALID_PATH'],
    ['/attachments/1/2/a%00.png', 400, 'INVALID_PATH'],
    ['/attachments/1/2/a%2Fb.png', 404, 'NO_MATCHING_ORIGIN'],
  ])('%s is %i %s', async (path, status, code) => {
    const { get, cdn } = await stage()
    cdn.put('avatars/12/abc', await jpegPicture())
    cdn.put('secret', 'secret')
    expect(await outcome(await get(path))).toEqual([status, code])
  })

  test('a picture that cannot be read is served as it is, for a short time; no picture at all is an error', async () => {
    const { get, cdn } = await stage()
    const half = (await jpegPicture()).slice(0, 900)
    cdn.put('avatars/1/f', half)
    cdn.put('avatars/1/text', 'no picture')
    const response = await get('/avatars/1/f.webp')
    expect([response.status, response.headers.get('x-transform-source')]).toEqual([200, 'passthrough'])
    expect(response.headers.get('cache-control')).toContain('max-age=10,')
    expect(await bytes(response)).toEqual(half)
    expect(await outcome(await get('/avatars/1/text.webp'))).toEqual([415, 'UNSUPPORTED_MEDIA'])
    const theirs = await stage({}, { compat: { statuses: ['fluxer'] } })
    theirs.cdn.put('avatars/1/text', 'no picture')
    expect(await outcome(await theirs.get('/avatars/1/text.webp'))).toEqual([400, 'UNSUPPORTED_MEDIA'])
  })

  test('a wrong size is dropped and named where wrong parameters are', async () => {
    const { get, cdn } = await stage({}, { parameters: { invalid: 'warn' } })
    cdn.put('avatars/1/f', await jpegPicture())
    const response = await get('/avatars/1/f.webp?size=99')
    expect(response.headers.get('x-param-warnings')).toMatch(/^size: expected one of 16, 20/)
    expect(await seen(response)).toEqual(['webp', 128, 128, 1])
  })
})

describe('the ladder', () => {
  test.each([
    ['none', '16', 16],
    ['none', '4096', 320],
    ['none', '17', 400],
    ['up', '17', 128],
    ['up', '129', 160],
    ['up', '9999', 320],
    ['up', '0', 400],
    ['up', '1.5', 400],
    ['none', '128px', 400],
  ])('with rounding %s, %s of an avatar is %i', async (rounding, size, expected) => {
    const { get, cdn } = await stage({ rounding })
    cdn.put('avatars/1/f', await jpegPicture({ width: 320, height: 320 }))
    const response = await get(`/avatars/1/f.png?size=${size}`)
    expect(response.status === 200 ? (await seen(response))[1] : response.status).toBe(expected)
  })
})

describe('attachments', () => {
  test('whole, sniffed, with Range, 304 and HEAD, always as an attachment under their name', async () => {
    const { get, cdn } = await stage()
    const file = await jpegPicture()
    cdn.put('attachments/1/2/fünf.png', file)
    const path = '/attachments/1/2/f%C3%BCnf.png'
    const whole = await get(path)
    expect(
      Object.fromEntries(
        [...whole.headers].filter(([name]) => /^(content-(type|length|dis)|accept-r|x-content)/.test(name)),
      ),
    ).toEqual({
      'content-type': 'image/jpeg',
      'content-length': String(file.length),
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="f_nf.png"; filename*=UTF-8''f%C3%BCnf.png`,
      'x-content-type-options': 'nosniff',
    })
    expect(await bytes(whole)).toEqual(file)
    const part = await get(path, { headers: { range: 'bytes=-5' } })
    expect([part.status, await bytes(part)]).toEqual([206, file.slice(-5)])
    const beyond = await get(path, { headers: { range: `bytes=${file.length}-` } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${file.length}`])
    const again = await get(path, { headers: { 'if-none-match': whole.headers.get('etag')! } })
    expect(again.status).toBe(304)
    const head = await get(path, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(file.length)])
  })

  test.each([
    ['a.jpg', 'width=100&height=100', ['jpeg', 100, 100, 1], 'a.jpg'],
    ['a.jpg', 'width=100', ['jpeg', 100, 75, 1], 'a.jpg'],
    ['a.jpg', 'format=webp', ['webp', 320, 240, 1], 'a.webp'],
    ['a.b.jpeg', 'format=jpg&width=4000', ['jpeg', 320, 240, 1], 'a.b.jpg'],
    ['noname', 'format=png', ['png', 320, 240, 1], 'noname.png'],
  ])('%s with %s', async (name, query, expected, filename) => {
    const { get, cdn } = await stage()
    cdn.put(`attachments/1/2/${name}`, await jpegPicture())
    const response = await get(`/attachments/1/2/${name}?${query}`, {
      headers: { accept: 'image/avif,image/webp' },
    })
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${filename}"`)
    expect(await seen(response)).toEqual(expected)
  })

  test('a file that is no media is sent, never shown (threats row 13)', async () => {
    const { get, cdn } = await stage()
    cdn.put('attachments/1/2/a.png', '<script>alert(1)</script>')
    const response = await get('/attachments/1/2/a.png')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="a.png"')
    expect(response.headers.get('content-security-policy')).toContain('sandbox')
    expect(await outcome(await get('/attachments/1/2/a.png?width=10'))).toEqual([415, 'UNSUPPORTED_MEDIA'])
  })

  test('a video is served whole; of a damaged one there is no still', async () => {
    const { get, cdn } = await stage()
    const video = Uint8Array.from([
      0,
      0,
      0,
      24,
      ...Buffer.from('ftypisom\0\0\0\0isommp42'),
      ...Buffer.alloc(64),
    ])
    cdn.put('attachments/1/2/a.mp4', video)
    const whole = await get('/attachments/1/2/a.mp4')
    expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    expect(await outcome(await get('/attachments/1/2/a.mp4?format=jpeg'))).toEqual([422, 'CORRUPT_MEDIA'])
  })
})

test('themes are style sheets, for ever', async () => {
  const { get, cdn } = await stage()
  cdn.put('themes/0123456789abcdef.css', ':root { --a: 1 }')
  const response = await get('/themes/0123456789abcdef.css?width=5')
  expect([response.status, await response.text()]).toEqual([200, ':root { --a: 1 }'])
  const { headers } = response
  expect(headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(headers.get('cache-control')).toBe(`${YEAR}, immutable`)
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(headers.get('content-disposition')).toBeNull()
})

test('signed where the configuration wants it', async () => {
  const SECRET = 'secret of ours'
  const { get, cdn } = await stage({ access: 'signed' }, {}, { MEDIAMORPH_SECRET: SECRET })
  cdn.put('avatars/1/f', await jpegPicture())
  expect(await outcome(await get('/avatars/1/f.webp'))).toEqual([403, 'BAD_SIGNATURE'])
  const signed = await get(await signUrl('/avatars/1/f.webp?size=64', SECRET))
  expect(signed.status).toBe(200)
})

test('rows by hand, beside origins that answer what no row has', async () => {
  const { get, cdn } = await stage(
    {},
    {
      assets: [
        {
          name: 'covers',
          path: ['/covers/{shop:word}/{id:hex8}.{format}', '/c/{shop:word}/{id:hex8}.{format}'],
          key: ['covers/${shop}/${id}', 'covers/none'],
          mount: 'memory:cdn',
          formats: ['webp', 'jpg'],
          sizes: { steps: [50, 100], default: 50, rounding: 'up' },
          fit: 'cover',
          ttl: { ok: 60 },
        },
      ],
      origins: [
        {
          name: 'files',
          match: '^/(?<key>.+)$',
          sources: [{ type: 'storage', mount: 'memory:cdn', key: '${key}' }],
        },
      ],
    },
  )
  cdn.put('covers/a/00ff00ff', await jpegPicture())
  cdn.put('covers/none', await jpegPicture({ width: 80, height: 80 }))
  cdn.put('covers/a.jpg', await jpegPicture())
  for (const path of ['/covers/a/00ff00ff.webp?size=51', '/c/b/00000000.webp?size=70']) {
    const response = await get(path)
    expect(response.headers.get('x-origin')).toBe('assets/covers')
    expect((await seen(response)).slice(0, 2)).toEqual(['webp', path.startsWith('/covers') ? 100 : 80])
  }
  expect((await get('/covers/a.jpg?width=20')).headers.get('x-origin')).toBe('files')
})
