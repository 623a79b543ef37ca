/** Static mode: every path is an object, from memory and from a bucket, and nothing else is there. */
import { afterEach, expect, test } from 'vitest'
import { createMediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

function stage(mount: string, env: Record<string, string> = {}, document: object = {}) {
  const files = createMemoryMount()
  const config = { static: mount, storage: { cache: 'memory:' }, database: 'sqlite::memory:', ...document }
  const platform = createTestPlatform({ env, drivers: { 'memory:static': files.driver } })
  const media = createMediamorph(config as never, platform)
  open.push(media)
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
  return { get, files }
}

test('every path is an object, reserved ones too, with Range, 304 and HEAD', async () => {
  const { get, files } = stage('memory:static', {
    MEDIAMORPH_SECRET: 'secret of ours',
    MEDIAMORPH_INTERNAL_SECRET: 'secret inside',
  })
  const objects = [
    'a/b.txt',
    'metrics',
    'api/x.json',
    '_next/app.js',
    '_metadata',
    'external/x.css',
    'cdn-cgi/image/w=1/a.txt',
    'no name',
  ]
  for (const key of objects) files.put(key, `I am ${key}`)
  for (const key of objects) {
    const response = await get(`/${encodeURI(key)}?width=5`)
    expect([key, response.status, await response.text()]).toEqual([key, 200, `I am ${key}`])
  }
  const whole = await get('/a/b.txt')
  expect(whole.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const part = await get('/a/b.txt', { headers: { range: 'bytes=2-3' } })
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-3/12',
    'am',
  ])
  expect((await get('/a/b.txt', { headers: { range: 'bytes=12-' } })).status).toBe(416)
  expect((await get('/a/b.txt', { headers: { 'if-none-match': whole.headers.get('etag')! } })).status).toBe(
    304,
  )
  const head = await get('/a/b.txt', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '12', ''])
})

test('only health is beside it', async () => {
  const { get, files } = stage('memory:static')
  for (const key of ['healthz', '_health']) files.put(key, 'no')
  for (const path of ['/healthz', '/_health'])
    expect(await (await get(path)).json()).toEqual({ status: 'ok' })
  for (const path of ['/', '/none', '/demo']) expect((await get(path)).status).toBe(404)
  expect((await get('/_metadata', { method: 'POST' })).status).toBe(405)
  for (const path of ['/..%2fa', '/.env', '/a%5c..%5cb', '/a%00'])
    expect([path, (await get(path)).status]).toEqual([path, 400])
})

test('pictures are what their bytes are; what is nothing known is not shown (threats row 13)', async () => {
  const { get, files } = stage('memory:static')
  files.put('a.css', await jpegPicture())
  files.put('a.bin', '<script>')
  expect((await get('/a.css')).headers.get('content-type')).toBe('image/jpeg')
  const unknown = await get('/a.bin')
  expect([unknown.headers.get('content-type'), unknown.headers.get('content-disposition')]).toEqual([
    'application/octet-stream',
    'attachment',
  ])
})

test('s3:BUCKET is read with ranges, by the variables of the environment', async () => {
  const server = await startObjectServer()
  open.push(server)
  server.objects.set('bucket/a/b.js', new TextEncoder().encode('let a = 1'))
  const { get } = stage('s3:bucket', { S3_ENDPOINT: server.url })
  const response = await get('/a/b.js')
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'let a = 1',
  ])
  expect(response.headers.get('x-source-type')).toBe('s3')
  const part = await get('/a/b.js', { headers: { range: 'bytes=-1' } })
  expect([part.status, await part.text()]).toEqual([206, '1'])
  expect((await get('/none')).status).toBe(404)
})
