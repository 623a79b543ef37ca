import { expect, test } from 'vitest'
import { okCacheControl, errorCacheControl } from '../../src/http/cache-control.ts'
import { decide } from '../../src/http/conditional.ts'
import { addCors } from '../../src/http/cors.ts'
import { contentDisposition } from '../../src/http/disposition.ts'
import { hasPassed, traceIdOf } from '../../src/http/identity.ts'

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const it = { etag: '"abc"', lastModified: at, size: 100 }
const date = new Date(at).toUTCString()
const ask = (headers: Record<string, string>, method = 'GET', what: Parameters<typeof decide>[2] = it) =>
  decide(method, new Headers(headers), what)

test.each([
  [{}, { status: 200 }],
  [{ 'if-none-match': '"abc"' }, { status: 304 }],
  [{ 'if-none-match': 'W/"abc"' }, { status: 304 }],
  [{ 'if-none-match': '"x", "abc"' }, { status: 304 }],
  [{ 'if-none-match': '*' }, { status: 304 }],
  [{ 'if-none-match': '"x"', 'if-modified-since': date }, { status: 200 }],
  [{ 'if-modified-since': date }, { status: 304 }],
  [{ 'if-modified-since': 'yesterday' }, { status: 200 }],
  [{ range: 'bytes=0-9' }, { status: 206, span: { start: 0, end: 10 } }],
  [{ range: 'bytes=90-' }, { status: 206, span: { start: 90, end: 100 } }],
  [{ range: 'bytes=-5' }, { status: 206, span: { start: 95, end: 100 } }],
  [{ range: 'bytes=-500' }, { status: 206, span: { start: 0, end: 100 } }],
  [{ range: 'bytes=95-500' }, { status: 206, span: { start: 95, end: 100 } }],
  [{ range: 'bytes=100-' }, { status: 416 }],
  [{ range: 'bytes=-0' }, { status: 416 }],
  [{ range: 'bytes=9-3' }, { status: 200 }],
  [{ range: 'bytes=0-1,5-6' }, { status: 200 }],
  [{ range: 'items=0-1' }, { status: 200 }],
  [
    { range: 'bytes=0-9', 'if-range': '"abc"' },
    { status: 206, span: { start: 0, end: 10 } },
  ],
  [{ range: 'bytes=0-9', 'if-range': 'W/"abc"' }, { status: 200 }],
  [{ range: 'bytes=0-9', 'if-range': '"old"' }, { status: 200 }],
  [
    { range: 'bytes=0-9', 'if-range': date },
    { status: 206, span: { start: 0, end: 10 } },
  ],
  [{ range: 'bytes=0-9', 'if-none-match': '"abc"' }, { status: 304 }],
])('%j', (headers, expected) => {
  expect(ask(headers as Record<string, string>)).toEqual(expected)
})

test('ranges are for GET and for known sizes', () => {
  expect(ask({ range: 'bytes=0-9' }, 'HEAD')).toEqual({ status: 200 })
  expect(ask({ range: 'bytes=0-9' }, 'GET', { etag: '"abc"' })).toEqual({ status: 200 })
})

test('max-age never outlives the signature; a signed version is immutable', () => {
  const policy = {
    ttl: { ok: 86400, clientError: 60, serverError: 0 },
    cacheControl: {},
    staleWhileRevalidate: 100,
  }
  expect(okCacheControl(policy, { now: 0 })).toBe(
    'public, max-age=86400, s-maxage=86400, stale-while-revalidate=100',
  )
  expect(okCacheControl(policy, { now: 1000, expiresAt: 1060 })).toBe('public, max-age=60, s-maxage=60')
  expect(okCacheControl(policy, { now: 1000, expiresAt: 1060, immutable: true })).toBe(
    'public, max-age=60, s-maxage=60',
  )
  expect(okCacheControl(policy, { now: 0, immutable: true })).toContain('max-age=31536000')
  expect(okCacheControl({ ...policy, cacheControl: { ok: 'private' } }, { now: 0 })).toBe('private')
  expect(okCacheControl({ ...policy, cacheControl: { ok: 'private' } }, { now: 0, expiresAt: 9 })).toBe(
    'public, max-age=9, s-maxage=9',
  )
  expect(errorCacheControl(404, true, policy)).toBe('public, max-age=60')
  expect(errorCacheControl(502, true, policy)).toBe('no-store')
  expect(errorCacheControl(404, false, policy)).toBe('no-store')
})

test('Content-Disposition: RFC 6266 and 8187', () => {
  expect(contentDisposition({ download: false })).toBeUndefined()
  expect(contentDisposition({ download: true })).toBe('attachment')
  expect(contentDisposition({ filename: 'a b.jpg', download: false })).toBe('inline; filename="a b.jpg"')
  expect(contentDisposition({ filename: 'é"(\r\n).jpg', download: true })).toBe(
    `attachment; filename="__(__).jpg"; filename*=UTF-8''%C3%A9%22%28%0D%0A%29.jpg`,
  )
  expect(contentDisposition({ filename: 'a\ud800.jpg', download: false })).toContain("UTF-8''a_.jpg")
})

test('CORS: a list answers with the one origin and varies on it', () => {
  const headers = new Headers()
  addCors(headers, { origins: ['https://a.example'] }, 'https://a.example')
  expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([
    'https://a.example',
    'Origin',
  ])
  const other = new Headers()
  addCors(other, { origins: ['https://a.example'] }, 'https://b.example')
  expect([other.get('access-control-allow-origin'), other.get('vary')]).toEqual([null, 'Origin'])
})

test('threats row 34: our own id in Via or CDN-Loop is a loop, a longer one is not', () => {
  expect(hasPassed(new Headers({ via: '1.1 other, 1.1 mm-1' }), 'mm-1')).toBe(true)
  expect(hasPassed(new Headers({ 'cdn-loop': 'mm-1; a=b' }), 'mm-1')).toBe(true)
  expect(hasPassed(new Headers({ via: '1.1 mm-12' }), 'mm-1')).toBe(false)
})

test('the trace id comes from traceparent when it is well formed', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'
  expect(traceIdOf(new Headers({ traceparent: `00-${trace}-b7ad6b7169203331-01` }), 'a-b')).toBe(trace)
  expect(traceIdOf(new Headers({ traceparent: 'junk' }), 'a-b')).toBe('ab')
})
