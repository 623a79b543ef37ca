/** Section 4: what is down costs the requests that need it, is said clearly, is named by /readyz, and comes back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph } from '../../src/index.ts'
import type { Driver } from '../../src/platform.ts'
import { openSqlite } from '../../runtimes/server/sqlite.ts'
import { freePort } from '../runtimes/ports.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'
import { serveHttp } from '../support/loopback.ts'
import { openServerDriver } from '../../runtimes/server/mounts.ts'
import { closeAll, closing, origin, outcome, stage } from './stage.ts'

afterEach(closeAll)

async function readyz({ get }: Pick<ReturnType<typeof stage>, 'get'>) {
  const response = await get('/readyz')
  const { ready, checks } = (await response.json()) as {
    ready: boolean
    checks: Record<string, { ok: boolean; error?: string }>
  }
  const down = Object.entries(checks).filter(([, { ok }]) => !ok)
  return {
    status: response.status,
    ready,
    down: Object.fromEntries(down.map(([name, { error }]) => [name, error])),
  }
}
const UP = { status: 200, ready: true, down: {} }

test('section 4: a full disk costs the keeping, not the answer; /readyz names it until there is room', async () => {
  let isFull = false
  const real = await openServerDriver('memory:', 'cache')
  const noRoom = () => {
    if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  const disk: Driver = {
    ...real,
    setItem: (...words) => (noRoom(), real.setItem!(...words)),
    setItemRaw: (...words: Parameters<NonNullable<Driver['setItemRaw']>>) => (
      noRoom(),
      real.setItemRaw!(...words)
    ),
  }
  const service = stage({ storage: { cache: 'memory:disk' } }, { drivers: { 'memory:disk': disk } })
  service.mount.put('a.jpg', await jpegPicture({ width: 64, height: 48 }))
  const cacheOf = async (width: number) => {
    const response = await service.get(`/files/a.jpg?width=${width}&format=png`)
    return [response.status, response.headers.get('x-cache')]
  }
  expect([await cacheOf(20), await readyz(service)]).toEqual([[200, 'MISS'], UP])
  isFull = true
  expect([await cacheOf(20), await cacheOf(21), await cacheOf(21)]).toEqual([
    [200, 'HIT'],
    [200, 'BYPASS'],
    [200, 'BYPASS'],
  ])
  expect(await outcome(service.get('/files/a.jpg'))).toEqual([200, 'image/jpeg'])
  expect(await outcome(service.get('/files/none.jpg?width=20'))).toEqual([404, 'NOT_FOUND'])
  expect(await readyz(service)).toMatchObject({
    status: 503,
    ready: false,
    down: { cache: expect.any(String) },
  })
  expect((await service.get('/healthz')).status).toBe(200)
  isFull = false
  expect([await cacheOf(21), await cacheOf(21), await readyz(service)]).toEqual([
    [200, 'MISS'],
    [200, 'HIT'],
    UP,
  ])
})

test('section 4: a dead database costs the keeping, not the answer, and /readyz names it', async () => {
  let isDead = false
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-dead-'))
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture({ width: 64, height: 48 }))
  const real = await openSqlite(join(folder, 'index.db'))
  const alive = () => {
    if (isDead) throw new Error('the database is gone')
  }
  const platform = {
    ...createTestPlatform({ drivers: { 'memory:files': mount.driver } }),
    openSql: async () => ({
      ...real,
      query: async (...words: Parameters<typeof real.query>) => (alive(), real.query(...words)),
      batch: async (...words: Parameters<typeof real.batch>) => (alive(), real.batch(...words)),
    }),
  }
  const config = {
    origins: [origin('files', { type: 'storage', mount: 'memory:files', key: '${key}' })],
    storage: { cache: 'memory:' },
  }
  const media = closing(createMediamorph(config as never, platform))
  const get = (path: string) => media.fetch(new Request(`http://media.test${path}`))
  const cacheOf = async (width: number) => {
    const response = await get(`/files/a.jpg?width=${width}&format=png`)
    return [response.status, response.headers.get('x-cache')]
  }
  try {
    expect(await cacheOf(20)).toEqual([200, 'MISS'])
    isDead = true
    expect([await cacheOf(20), await cacheOf(21)]).toEqual([
      [200, 'HIT'],
      [200, 'BYPASS'],
    ])
    const { status, down } = await readyz({ get })
    expect([status, Object.keys(down)]).toEqual([503, expect.arrayContaining(['database'])])
    expect(await outcome(get('/files/a.jpg'))).toEqual([200, 'image/jpeg'])
    isDead = false
    expect([await cacheOf(22), await readyz({ get })]).toEqual([[200, 'MISS'], UP])
  } finally {
    isDead = false
    await rm(folder, { recursive: true, force: true })
  }
})

test('section 4: a dead Redis limits nobody, and is named without taking the service out', async () => {
  const store = `redis://127.0.0.1:${await freePort()}`
  const service = stage({ rateLimit: { store, media: { limit: 1, windowMs: 60_000 } } })
  service.mount.put('a.jpg', await jpegPicture({ width: 64, height: 48 }))
  for (let at = 0; at < 3; at++) expect((await service.get('/files/a.jpg?width=20')).status).toBe(200)
  expect(await readyz(service)).toMatchObject({
    status: 200,
    ready: true,
    down: { redis: expect.any(String) },
  })
})

describe('section 4: a source that', () => {
  const s3 = (url: string) => ({
    type: 's3',
    endpoint: url,
    bucket: 'b',
    region: 'x',
    style: 'path',
    key: '${key}',
    accessKeyId: 'k',
    secretAccessKey: 's',
  })

  test.each([
    ['answers 500', 502, 'SOURCE_FAILED'],
    ['hangs', 504, 'SOURCE_TIMEOUT'],
    ['hangs in the middle', 504, 'SOURCE_TIMEOUT'],
  ])(
    '%s: its requests get their code, others are served, /readyz names it, and it comes back',
    async (how, status, code) => {
      let isDown = false
      const bucket = closing(
        await startObjectServer({
          instead(_, response) {
            if (!isDown) return false
            if (how === 'answers 500') response.writeHead(500).end('<Error/>')
            if (how === 'hangs in the middle')
              response.writeHead(200, { etag: '"x"', 'content-length': 9000 }).write('\xff')
            return true
          },
        }),
      )
      const picture = await jpegPicture({ width: 64, height: 48 })
      bucket.objects.set('b/a.jpg', picture)
      bucket.objects.set('b/b.jpg', picture)
      const service = stage({
        origins: [
          origin('files', { type: 'storage', mount: 'memory:files', key: '${key}' }),
          origin('bucket', s3(bucket.url)),
          {
            ...origin('both', s3(bucket.url), { type: 'storage', mount: 'memory:files', key: '${key}' }),
            ttl: { serverError: 0 },
          },
        ],
        outbound: { connectMs: 200, idleMs: 200, totalMs: 400 },
      })
      service.mount.put('a.jpg', picture)
      expect([(await service.get('/bucket/a.jpg?width=20')).status, await readyz(service)]).toEqual([200, UP])
      isDown = true
      // What is stored is answered; what is not gets its code, and nobody waits for it.
      const [stored, failed, own] = await Promise.all([
        service.get('/bucket/a.jpg?width=20'),
        outcome(service.get('/bucket/b.jpg?width=20&v=1')),
        service.get('/files/a.jpg?width=20'),
      ])
      expect([stored.status, failed, own.status]).toEqual([200, [status, code], 200])
      if (how !== 'hangs in the middle') {
        // The next source has it.
        expect((await service.get('/both/a.jpg?width=20')).status).toBe(200)
        expect(await readyz(service)).toEqual({
          status: 200,
          ready: true,
          down: { 'origin:bucket': `source 1 (s3): ${code}`, 'origin:both': `source 1 (s3): ${code}` },
        })
      }
      isDown = false
      expect((await service.get('/bucket/b.jpg?width=20&v=2')).status).toBe(200)
      expect((await service.get('/both/b.jpg?width=20')).status).toBe(200)
      expect(await readyz(service)).toEqual(UP)
    },
  )

  test('lacks one original is not down', async () => {
    const bucket = closing(await startObjectServer())
    const service = stage({ origins: [origin('bucket', s3(bucket.url))] })
    expect(await outcome(service.get('/bucket/none.jpg?width=20'))).toEqual([404, 'NOT_FOUND'])
    expect(await readyz(service)).toEqual(UP)
  })
})

describe('row 21, row 22, section 4: media that name others', () => {
  const box = (type: string, ...parts: (string | Buffer)[]): Buffer => {
    const content = Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)),
    )
    const head = Buffer.alloc(8)
    head.writeUInt32BE(content.length + 8)
    head.write(type, 4)
    return Buffer.concat([head, content])
  }
  const films = (url: string): Record<string, string | Buffer> => ({
    'a playlist': `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n${url}/a.ts\n#EXT-X-ENDLIST\n`,
    'a playlist of files': '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n',
    'a list for ffmpeg': `ffconcat version 1.0\nfile '${url}/a'\nfile /etc/passwd\n`,
    'a protocol of ffmpeg': `concat:${url}/a|file:/etc/passwd`,
    'a description of a session': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\n`,
    'a manifest': `<?xml version="1.0"?><MPD><BaseURL>${url}/</BaseURL></MPD>`,
    'a film whose data lie elsewhere': Buffer.concat([
      box('ftyp', 'isom\0\0\0\0isommp42'),
      box(
        'moov',
        box(
          'trak',
          box(
            'mdia',
            box('minf', box('dinf', box('dref', '\0\0\0\0\0\0\0\x01', box('url ', `\0\0\0\0${url}/a\0`)))),
          ),
        ),
      ),
      box('mdat', 'x'.repeat(64)),
    ]),
    'an AVI of a rare codec': Buffer.concat([
      Buffer.from('RIFF\x40\0\0\0AVI LIST', 'latin1'),
      Buffer.from('M8Y0'.repeat(20)),
    ]),
  })

  test.each(Object.keys(films('')))(
    '%s is refused under any name, and nothing is fetched or read',
    async (name) => {
      let hits = 0
      const inside = closing(await serveHttp((_, response) => (hits++, response.end('inside'))))
      const service = stage(
        {
          outbound: { allowPrivate: ['127.0.0.0/8'], connectMs: 300, idleMs: 300, totalMs: 600 },
          internal: { uploads: 'memory:files' },
        },
        { env: { MEDIAMORPH_INTERNAL_SECRET: 'of those inside' } },
      )
      const file = films(inside.origin)[name]!
      for (const extension of ['jpg', 'mp4', 'm3u8', 'txt', 'ffconcat', 'avi']) {
        service.mount.put(`a.${extension}`, typeof file === 'string' ? file : Uint8Array.from(file))
        for (const query of ['width=20&format=webp', 'mode=frame&time=1', 'format=mp4', 'mode=hls']) {
          const [status, code] = await outcome(service.get(`/files/a.${extension}?${query}`))
          expect([400, 415, 422, 501]).toContain(status)
          expect(code).toMatch(
            /^(?:UNSUPPORTED_MEDIA|NOT_SUPPORTED_HERE|CORRUPT_MEDIA|INVALID_PARAMETER|UNSUPPORTED_CODEC)$/,
          )
        }
        const body = { type: 'upload', upload_filename: `a.${extension}` }
        const thumbnail = await service.post('/_thumbnail', body, { 'x-internal-secret': 'of those inside' })
        expect([404, 501]).toContain(thumbnail.status)
      }
      expect(hits).toBe(0)
    },
  )
})
