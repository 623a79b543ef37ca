/** Metadata through the whole line: from a Request to the bytes of the answer, and to what is stored. */
import sharp from 'sharp'
import { afterEach, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform } from '../support/platform.ts'
import { toldBy, toldPicture } from '../support/told.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function stage() {
  const mount = createMemoryMount()
  const file = await toldPicture('jpeg', { orientation: 6, profile: 'p3' })
  mount.put('a.jpg', file)
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const config = {
    origins: [{ name: 'files', match: '^/files/(?<key>.+)$', sources: [source] }],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
  }
  const media = createMediamorph(
    config as never,
    createTestPlatform({ drivers: { 'memory:files': mount.driver } }),
  )
  open.push(media)
  const get = async (path: string) => {
    const answer = await media.fetch(new Request(`http://media.test${path}`))
    return { answer, body: new Uint8Array(await answer.arrayBuffer()), etag: answer.headers.get('etag') }
  }
  return { get, file }
}

test('keep: a photo on its side stands, says so, and is in its own colours', async () => {
  const { get, file } = await stage()
  const { answer, body } = await get('/files/a.jpg?format=webp&width=24&metadata=keep')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp'])
  const { exif, xmp, icc, orientation } = await toldBy(body)
  expect(exif).toMatchObject({ copyright: '(c) Somebody', make: 'Camera', gps: { latitude: 51.5 } })
  expect(orientation).toBe(1)
  expect(xmp).toContain('tiff:Orientation="1"')
  expect(Buffer.compare(icc!, (await sharp(file).metadata()).icc!)).toBe(0)
  expect(await sharp(body).metadata()).toMatchObject({ width: 24, height: 32 })
})

test('copyright: whose it is; none, which is the default: nothing, and one rendition', async () => {
  const { get } = await stage()
  const path = '/files/a.jpg?format=avif&width=24'
  const [rights, none, plain] = [
    await get(`${path}&metadata=copyright`),
    await get(`${path}&metadata=none`),
    await get(path),
  ]
  expect((await toldBy(rights.body)).exif).toEqual({ copyright: '(c) Somebody', artist: 'Ada' })
  expect(await toldBy(plain.body)).toEqual({})
  expect([none.etag, rights.etag === plain.etag]).toEqual([plain.etag, false])
  const cloudflare = await get('/cdn-cgi/image/format=avif,width=24,metadata=copyright/files/a.jpg')
  expect([cloudflare.etag, cloudflare.answer.headers.get('x-param-warnings')]).toEqual([rights.etag, null])
  expect((await get(`${path}&metadata=all`)).answer.status).toBe(400)
})
