/** Rows 11, 13, 30, 31, 32 and 37: what answers say of themselves, and what never goes through to a source. */
import sharp, { type Sharp } from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { makeGif } from '../support/animations.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture, picture } from '../support/pictures.ts'
import { bytesOf, closeAll, closing, origin, outcome, stage } from './stage.ts'

afterEach(closeAll)

const colors = [
  [200, 0, 0],
  [0, 0, 200],
]
const moving = makeGif({
  width: 40,
  height: 20,
  colors,
  loops: 0,
  frames: [0, 1].map((color) => ({
    width: 40,
    height: 20,
    pixels: Array.from({ length: 800 }, () => color),
  })),
})

test('row 11: nothing personal goes to a source or comes back from one, so that nothing personal is shared', async () => {
  const server = closing(await startObjectServer())
  server.objects.set('a.jpg', await jpegPicture({ width: 40, height: 30 }))
  const service = stage({
    origins: [origin('http', { type: 'http', url: `${server.url}/\${key}`, headers: { 'x-own': 'ours' } })],
  })
  const personal = {
    cookie: 'session=of-ada',
    authorization: 'Bearer of-ada',
    'x-forwarded-for': '203.0.113.9',
    'x-own': 'theirs',
    referer: 'http://ada.test/',
    accept: 'text/html',
  }
  for (const query of ['?width=20', ''])
    expect((await service.get(`/http/a.jpg${query}`, { headers: personal })).status).toBe(200)
  expect(server.requests.length).toBeGreaterThan(0)
  for (const { headers } of server.requests) {
    expect(headers).toMatchObject({ 'x-own': 'ours', accept: '*/*' })
    for (const name of ['cookie', 'authorization', 'x-forwarded-for', 'referer'])
      expect(headers[name]).toBeUndefined()
  }
  const shared = await service.get('/http/a.jpg?width=20')
  expect([shared.headers.get('x-cache'), shared.headers.get('set-cookie')]).toEqual(['HIT', null])
})

describe('row 13: what pretends to be a picture', () => {
  const html = '<html><script>alert(1)</script></html>'
  const files: [string, string | Buffer][] = [
    ['HTML', html],
    ['HTML behind a comment', `<!-- ${'x'.repeat(2000)} -->${html}`],
    ['HTML that begins as a GIF', `GIF89${html}`],
    ['a script', '#!/bin/sh\nid\n'],
    ['JSON', '{"a":1}'],
    ['PDF', '%PDF-1.7\n'],
    ['XML', '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>1</script></html>'],
    ['nothing', ''],
  ]
  test.each(files)('%s', async (_, text) => {
    const service = stage()
    service.mount.put('a.jpg', text)
    for (const query of ['', '?width=10', '?format=json', '?download=true'])
      expect([query, ...(await outcome(service.get(`/files/a.jpg${query}`)))]).toEqual([
        query,
        415,
        'UNSUPPORTED_MEDIA',
      ])
  })

  test('and what is one, of any name, says its type, is not looked into, and runs nothing', async () => {
    const service = stage()
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
    service.mount.put('a.html', await jpegPicture({ width: 40, height: 30 }))
    service.mount.put('a.svg', svg)
    for (const [path, type] of [
      ['/files/a.html', 'image/jpeg'],
      ['/files/a.html?width=10&format=png', 'image/png'],
      ['/files/a.svg', 'image/svg+xml'],
    ] as const) {
      const { headers } = await service.get(path)
      expect([path, headers.get('content-type')]).toEqual([path, type])
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/)
      expect(headers.get('content-security-policy')).toMatch(/sandbox/)
    }
  })
})

describe('row 30: a matrix of headers', () => {
  test.each([
    ['image/avif,image/webp', 'image/avif', 'Accept'],
    ['image/webp', 'image/webp', 'Accept'],
    ['image/jxl', 'image/jpeg', 'Accept'],
    ['image/jxl,image/avif;q=0,image/webp', 'image/webp', 'Accept'],
    ['*/*', 'image/jpeg', 'Accept'],
    ['', 'image/jpeg', 'Accept'],
  ])('Accept: %s is answered with %s, and varies on it', async (accept, type, vary) => {
    const service = stage({ formats: { jxl: true } })
    service.mount.put('a.jpg', await jpegPicture({ width: 40, height: 30 }))
    const headers = accept === '' ? {} : { accept }
    for (let at = 0; at < 2; at++) {
      const response = await service.get('/files/a.jpg?width=20', { headers })
      expect([response.headers.get('content-type'), response.headers.get('vary')]).toEqual([type, vary])
    }
    const fixed = await service.get('/files/a.jpg?width=20&format=png', { headers })
    expect(fixed.headers.get('vary') ?? '').not.toContain('Accept')
  })

  test('a 304 of an original or a rendition has no body, no type, and says what a 200 would', async () => {
    const service = stage()
    service.mount.put('a.jpg', await jpegPicture({ width: 40, height: 30 }))
    for (const path of ['/files/a.jpg', '/files/a.jpg?width=20&format=png']) {
      const whole = await service.get(path)
      const etag = whole.headers.get('etag')!
      for (const [headers, status] of [
        [{ 'if-none-match': etag }, 304],
        [{ 'if-none-match': `W/${etag}, "other"` }, 304],
        [{ 'if-none-match': '"other"' }, 200],
        [{ 'if-modified-since': whole.headers.get('last-modified')! }, 304],
        [{ range: 'bytes=0-1', 'if-none-match': etag }, 304],
        [{ range: 'bytes=0-1' }, 206],
        [{ range: 'bytes=999999999-' }, 416],
      ] as const) {
        const answer = await service.get(path, { headers })
        expect([path, headers, answer.status]).toEqual([path, headers, status])
        const body = await bytesOf(answer)
        if (status !== 304) continue
        expect(body.length).toBe(0)
        for (const name of ['content-type', 'content-length', 'content-range'])
          expect(answer.headers.get(name)).toBeNull()
        for (const name of ['etag', 'cache-control', 'vary'])
          expect(answer.headers.get(name)).toBe(whole.headers.get(name))
      }
    }
  })

  test('of what moves, the height is that of a frame', async () => {
    const service = stage()
    service.mount.put('a.gif', moving)
    const response = await service.get('/files/a.gif?width=20&format=webp')
    expect(response.headers.get('x-resolved-width')).toBe('20')
    expect(response.headers.get('x-resolved-height')).toBe('10')
    expect((await sharp(await bytesOf(response), { animated: true }).metadata()).pages).toBe(2)
  })
})

test('row 31: no error is kept longer than it may be true', async () => {
  const service = stage({}, { env: { MEDIAMORPH_ADMIN_TOKEN: 'a token of somebody' } })
  service.mount.put('bad.jpg', (await jpegPicture({ width: 40, height: 30 })).slice(0, 300))
  service.mount.put('text.jpg', 'no media')
  const said: Record<string, [number, string | null]> = {}
  for (const path of [
    '/files/a.jpg?width=x',
    '/files/none.jpg?width=10',
    '/files/bad.jpg?width=10',
    '/files/text.jpg?width=10',
    '/nowhere/a.jpg',
    '/files/%2e%2e/a.jpg',
    '/files/a.jpg?debug=view',
    '/metrics',
  ]) {
    const { status, headers } = await service.get(path)
    said[path] = [status, headers.get('cache-control')]
    expect(status).toBeGreaterThanOrEqual(400)
    const age = /max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]
    expect([path, headers.get('cache-control')]).toEqual([
      path,
      age === undefined ? 'no-store' : `public, max-age=${age}`,
    ])
    expect(Number(age ?? 0)).toBeLessThanOrEqual(60)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('row 32: every orientation, turned and cropped, is what it is for who stands upright', async () => {
  const service = stage()
  const upright = picture({ width: 60, height: 40 })
  const raw = await upright.clone().png().toBuffer()
  // What a camera stores for each orientation, so that all of them show the same.
  const stored: Record<number, (image: Sharp) => Sharp> = {
    1: (it) => it,
    2: (it) => it.flop(),
    3: (it) => it.rotate(180),
    4: (it) => it.flip(),
    5: (it) => it.flip().rotate(90),
    6: (it) => it.rotate(270),
    7: (it) => it.flip().rotate(270),
    8: (it) => it.rotate(90),
  }
  const crop = 'crop=30:20:5:10'
  for (const query of [
    crop,
    `${crop}&rotate=90`,
    `${crop}&rotate=180`,
    `${crop}&rotate=270`,
    `${crop}&flip=h`,
  ]) {
    const seen: string[] = []
    for (let orientation = 1; orientation <= 8; orientation++) {
      const turned = await stored[orientation]!(sharp(raw)).png().toBuffer()
      const file = await sharp(turned).withMetadata({ orientation }).png().toBuffer()
      service.mount.put(`${orientation}.png`, Uint8Array.from(file))
      const made = await bytesOf(await service.get(`/files/${orientation}.png?${query}&format=png`))
      seen.push((await sharp(made).raw().toBuffer()).toString('base64'))
    }
    expect(new Set(seen).size).toBe(1)
  }
})

test('row 37: a source further down, and the original in place of a rendition, pass the same guard', async () => {
  let hits = 0
  const inside = closing(
    await startObjectServer({ instead: (_, response) => (hits++, response.end('inside'), true) }),
  )
  const first = closing(
    await startObjectServer({
      instead: (request, response) => {
        if (!request.url?.includes('away')) return false
        response.writeHead(302, { location: `http://127.0.0.1:${inside.port}/a.jpg` }).end()
        return true
      },
    }),
  )
  const service = stage({
    origins: [
      {
        ...origin(
          'files',
          { type: 'http', url: `${first.url}/\${key}` },
          { type: 'http', url: 'http://${key}.test/a' },
        ),
        fallback: 'original',
      },
    ],
  })
  const [status] = await outcome(service.get('/files/away?width=10'))
  expect([status >= 400, hits]).toEqual([true, 0])
  expect(await outcome(service.get('/files/169.254.169.254?width=10'))).toEqual([403, 'ADDRESS_REFUSED'])
})
