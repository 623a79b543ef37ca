/** What the service does, seen from outside: one list for every runtime. */
import { createHash, createHmac } from 'node:crypto'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { externalUrl, signUrl } from '../../src/client.ts'
import { differenceHash, hashDistance } from '../support/compare.ts'
import { NOISE_PREDICTIONS } from '../support/pictures.ts'
import { tinyGrey } from '../support/tiny-video.ts'
import { SECRETS, type Stage } from './stage.ts'

export interface ServiceUnderTest {
  /** Without a slash at the end. */
  readonly url: string
  readonly stage: Stage
}

/** Renditions that must be the same bytes everywhere. */
const RENDITIONS: readonly (readonly [path: string, format: string, width: number, height: number])[] = [
  ['/files/photo.jpg?width=320&format=jpeg', 'jpeg', 320, 240],
  ['/files/photo.jpg?width=320&format=webp', 'webp', 320, 240],
  ['/files/photo.jpg?width=160&format=avif', 'heif', 160, 120],
  ['/files/photo.jpg?width=320&format=png', 'png', 320, 240],
  ['/files/photo.jpg?w=200&h=200&fit=cover&gravity=north&format=webp&quality=60', 'webp', 200, 200],
  ['/files/photo.jpg?width=300&height=300&fit=pad&background=red&format=png', 'png', 300, 300],
  ['/files/photo.jpg?crop=400:300:10:20&rotate=90&flip=h&format=jpeg', 'jpeg', 300, 400],
  ['/files/photo.jpg?derivative=thumb', 'jpeg', 64, 64],
  ['/files/tilted.jpg?width=150&format=jpeg', 'jpeg', 150, 200],
  ['/files/alpha.png?width=150&format=webp&quality=lossless', 'webp', 150, 100],
  ['/files/alpha.png?width=150&format=jpeg', 'jpeg', 150, 100],
  ['/files/photo.webp?width=100&format=png', 'png', 100, 75],
  ['/files/photo.avif?width=80&format=jpeg', 'jpeg', 80, 60],
  ['/files/turned.jxl?format=png', 'png', 16, 24],
  ['/files/with%20space%20%26%20%C3%BCn%C3%AF.jpg?width=120&format=webp', 'webp', 120, 90],
  ['/http/good/photo.jpg?width=120&format=jpeg', 'jpeg', 120, 90],
  ['/s3/photo.jpg?width=120&format=jpeg', 'jpeg', 120, 90],
  ['/cdn-cgi/image/width=110,format=webp/files/photo.jpg', 'webp', 110, 83],
]

const MAGIC: Readonly<Record<string, RegExp>> = {
  'image/jpeg': /^\xff\xd8\xff/,
  'image/png': /^\x89PNG\r\n\x1a\n/,
  'image/webp': /^RIFF....WEBP/s,
  'image/avif': /^....ftyp(avif|avis|mif1)/s,
}

/** Requests that cannot be answered with a picture: status and code. */
const REFUSED: readonly (readonly [what: string, path: string, status: number, code: string])[] = [
  ['a wrong parameter', '/files/photo.jpg?width=wide', 400, 'INVALID_PARAMETER'],
  ['a width over the cap', '/files/photo.jpg?width=8193', 400, 'INVALID_PARAMETER'],
  ['a dot-file', '/files/.hidden?width=100', 400, 'INVALID_PATH'],
  ['a path no origin matches', '/elsewhere/photo.jpg?width=100', 404, 'NO_MATCHING_ORIGIN'],
  ['an original that is not there', '/files/absent.jpg?width=100', 404, 'NOT_FOUND'],
  ['an original the origin does not have', '/http/absent/photo.jpg?width=100', 404, 'NOT_FOUND'],
  ['a text that is called a picture', '/files/text.jpg?width=100', 415, 'UNSUPPORTED_MEDIA'],
  ['a text that is called a picture, bare', '/files/text.jpg', 415, 'UNSUPPORTED_MEDIA'],
  ['an origin that answers HTML', '/http/html/photo.jpg?width=100', 415, 'UNSUPPORTED_MEDIA'],
  ['a truncated picture', '/files/truncated.jpg?width=100', 422, 'CORRUPT_MEDIA'],
  ['16384 x 16384 pixels in 33 kB', '/files/huge.png?width=100', 422, 'LIMIT_EXCEEDED'],
  ['an origin that lies about its length', '/http/lying/photo.jpg?width=100', 502, 'SOURCE_FAILED'],
  ['an origin that fails', '/http/failing/photo.jpg?width=100', 502, 'SOURCE_FAILED'],
  ['an origin that redirects for ever', '/http/looping/photo.jpg?width=100', 502, 'SOURCE_FAILED'],
  ['an origin that never answers', '/http/hanging/photo.jpg?width=100', 504, 'SOURCE_TIMEOUT'],
  ['an origin that stalls', '/http/stalling/photo.jpg?width=100', 504, 'SOURCE_TIMEOUT'],
]

/** SHA-256 of each rendition by the first runtime that made it. */
const firstSeen = new Map<string, { readonly runtime: string; readonly sha256: string }>()

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export function describeService(runtime: string, service: () => ServiceUnderTest): void {
  const get = (path: string, init?: RequestInit) =>
    fetch(service().url + path, { redirect: 'manual', ...init })
  const original = (name: string) => service().stage.files[name]!

  describe('operation', () => {
    test('it is alive and ready', async () => {
      const health = await get('/healthz')
      expect([health.status, health.headers.get('cache-control')]).toEqual([200, 'no-store'])
      const ready = await get('/readyz')
      expect(ready.status).toBe(200)
      expect(await ready.json()).toMatchObject({ ready: true })
    })

    test('reserved paths are nobody else’s', async () => {
      for (const path of ['/metrics', '/api/jobs', '/admin', '/_internal'])
        expect((await get(path)).status, path).toBe(404)
    })

    test('methods that change something are refused', async () => {
      const response = await get('/files/photo.jpg', { method: 'POST', body: 'x' })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    })
  })

  describe('asset routes and those inside', () => {
    const inside = { 'x-internal-secret': SECRETS.MEDIAMORPH_INTERNAL_SECRET }
    const post = (path: string, body: object, headers: Record<string, string> = inside) =>
      get(path, { method: 'POST', body: JSON.stringify(body), headers })

    test('a row of the table is a rendition', async () => {
      const response = await get('/covers/photo.webp?size=40')
      expect(response.headers.get('x-origin')).toBe('assets/covers')
      expect(await sharp(await bytesOf(response)).metadata()).toMatchObject({ format: 'webp', width: 40 })
      expect((await get('/covers/photo.webp?size=41')).status).toBe(400)
      expect((await get('/covers/none.webp')).status).toBe(404)
    })

    test('what an upload is, to those who have the secret', async () => {
      const file = original('photo.jpg')
      const facts = { format: 'jpeg', size: file.length, content_hash: sha256(file), width: 800, height: 600 }
      for (const body of [
        { type: 'upload', upload_filename: 'photo.jpg', isNSFWAllowed: true },
        { type: 's3', bucket: 'media', key: 'photo.jpg', isNSFWAllowed: true },
        { type: 'base64', base64: Buffer.from(file).toString('base64'), isNSFWAllowed: true },
        { type: 'external', url: `${service().stage.origin}/good/photo.jpg`, isNSFWAllowed: true },
      ]) {
        const response = await post('/_metadata', body)
        expect([body.type, await response.json()]).toMatchObject([body.type, facts])
      }
      expect((await post('/_metadata', {}, {})).status).toBe(401)
      const thumbnail = await post('/_thumbnail', { type: 'upload', upload_filename: 'photo.webp' })
      expect(await sharp(await bytesOf(thumbnail)).metadata()).toMatchObject({ format: 'jpeg', width: 320 })
    })
  })

  describe('pictures that are judged', () => {
    const headers = { 'x-internal-secret': SECRETS.MEDIAMORPH_INTERNAL_SECRET }
    const judged = async (path: string) => {
      const response = await get(path)
      const bytes = await bytesOf(response)
      return { bytes, told: [response.status, response.headers.get('x-nsfw')?.split(';')[0]] }
    }

    test('the classifier that comes along finds the same everywhere', async () => {
      const body = JSON.stringify({ type: 'upload', upload_filename: 'noise.png', isNSFWAllowed: false })
      const response = await get('/_metadata', { method: 'POST', body, headers })
      const { nsfw, nsfw_predictions: found } = (await response.json()) as {
        nsfw: boolean
        nsfw_predictions: Record<string, number>
      }
      expect(nsfw).toBe(true)
      for (const [name, probability] of Object.entries(NOISE_PREDICTIONS))
        expect(Math.abs((found[name] ?? NaN) - probability), name).toBeLessThan(1e-3)
    })

    test('is flagged, refused or blurred as the origin says', async () => {
      for (const query of ['', '?width=100&format=png']) {
        const { bytes, told } = await judged(`/flag/noise.png${query}`)
        expect(told).toEqual([200, 'unsafe'])
        if (query === '') expect(Buffer.compare(bytes, original('noise.png'))).toBe(0)
        expect((await judged(`/block/noise.png${query}`)).told).toEqual([403, undefined])
        const blurred = await judged(`/blur/noise.png${query}`)
        expect(blurred.told).toEqual([200, 'unsafe'])
        const { channels } = await sharp(blurred.bytes).stats()
        expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeLessThan(8)
      }
      expect((await judged('/block/photo.jpg?width=100&format=jpeg')).told).toEqual([200, 'safe'])
    })
  })

  describe('renditions', () => {
    test.each(RENDITIONS)('%s', async (path, format, width, height) => {
      const response = await get(path)
      const bytes = await bytesOf(response)
      expect(response.status, Buffer.from(bytes).toString('utf8').slice(0, 300)).toBe(200)
      expect(await sharp(bytes).metadata()).toMatchObject({ format, width, height })
      const type = response.headers.get('content-type') ?? ''
      expect(Buffer.from(bytes.subarray(0, 16)).toString('latin1')).toMatch(MAGIC[type] ?? /never/)
      expect(response.headers.get('content-length')).toBe(String(bytes.length))
      const seen = firstSeen.get(path) ?? { runtime, sha256: sha256(bytes) }
      firstSeen.set(path, seen)
      expect(sha256(bytes), `as on ${seen.runtime}`).toBe(seen.sha256)
    })

    test('HEIC, where the optional package can run', async () => {
      const response = await get('/files/plain.heic?format=png&width=48')
      const bytes = await bytesOf(response)
      if (runtime === 'workers') {
        expect(response.status).toBe(501)
        expect(Buffer.from(bytes).toString()).toContain('libheif-js')
      } else expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 48, height: 32 })
    })

    test('a frame of a video, where there are threads', async () => {
      const response = await get('/files/tiny.mkv?mode=frame&time=0.25&format=png&width=16')
      const bytes = await bytesOf(response)
      if (runtime === 'workers') return expect(response.status).toBe(501)
      expect(response.headers.get('x-transform-source')).toBe('ffmpeg-wasm')
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 16, height: 16 })
      const { channels } = await sharp(bytes).stats()
      expect(Math.abs((channels[0]?.mean ?? 0) - tinyGrey(6))).toBeLessThan(3)
    })

    test('look like the original', async () => {
      const made = await bytesOf(await get('/files/photo.jpg?width=400&format=jpeg'))
      const distance = hashDistance(await differenceHash(made), await differenceHash(original('photo.jpg')))
      expect(distance).toBeLessThanOrEqual(4)
    })

    test('the format follows Accept, and says so', async () => {
      const path = '/files/photo.jpg?width=96'
      const asked = async (accept: string) => {
        const response = await get(path, { headers: { accept } })
        await response.arrayBuffer()
        expect(response.headers.get('vary')?.toLowerCase()).toContain('accept')
        return response.headers.get('content-type')
      }
      expect(await asked('image/avif,image/webp,*/*')).toBe('image/avif')
      expect(await asked('image/webp,*/*')).toBe('image/webp')
      expect(await asked('*/*')).toBe('image/jpeg')
      const named = await get(`${path}&format=png`)
      await named.arrayBuffer()
      expect(named.headers.get('vary')?.toLowerCase() ?? '').not.toContain('accept')
    })

    test('a picture is never enlarged unless that is asked for', async () => {
      const size = async (path: string) => {
        const { width } = await sharp(await bytesOf(await get(path))).metadata()
        return width
      }
      expect(await size('/files/photo.webp?width=2000&format=jpeg')).toBe(320)
      expect(await size('/files/photo.webp?width=400&enlarge=true&format=jpeg')).toBe(400)
    })
  })

  describe('other grammars', () => {
    const { MEDIAMORPH_VYLUX_SECRET, MEDIAMORPH_EXTERNAL_SECRET } = SECRETS
    const size = async (response: Response) => {
      const bytes = await bytesOf(response)
      expect(response.status, Buffer.from(bytes).toString('utf8').slice(0, 300)).toBe(200)
      const { format, width, height } = await sharp(bytes).metadata()
      return [format, width, height]
    }

    test('an address of Vylux', async () => {
      const sign = (text: string) => createHmac('sha256', MEDIAMORPH_VYLUX_SECRET).update(text).digest('hex')
      const path = `w88_h44_q0/photo.jpg.webp`
      expect(await size(await get(`/img/${sign(path)}/${path}`))).toEqual(['webp', 88, 44])
      expect((await get(`/img/${sign('x')}/${path}`)).status).toBe(403)
      expect((await get(`/thumb/${sign('thumb/none.jpg')}/none.jpg`)).status).toBe(404)
    })

    test('an original on another host', async () => {
      const { origin } = service().stage
      const sign = (url: string, params = {}) =>
        signUrl(externalUrl('', url, params), MEDIAMORPH_EXTERNAL_SECRET)
      const photo = await sign(`${origin}/good/photo.jpg`, { width: 84, format: 'jpeg' })
      expect(await size(await get(photo))).toEqual(['jpeg', 84, 63])
      expect((await get(photo.replace('width=84', 'width=85'))).status).toBe(403)
      for (const [url, status] of [
        [`${origin}/html/photo.jpg`, 415],
        ['http://10.0.0.1/photo.jpg', 403],
      ] as const)
        expect([url, (await get(await sign(url))).status]).toEqual([url, status])
    })
  })

  describe('storing', () => {
    test('MISS, then HIT with the same bytes, then 304', async () => {
      const path = '/files/photo.jpg?width=211&format=webp'
      const first = await get(path)
      const made = await bytesOf(first)
      const second = await get(path)
      expect(await bytesOf(second)).toEqual(made)
      expect([first, second].map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT'])
      const etag = second.headers.get('etag')!
      expect(etag).toMatch(/^"[^"]+"$/)
      expect(first.headers.get('etag')).toBe(etag)
      const third = await get(path, { headers: { 'if-none-match': etag } })
      expect([third.status, (await bytesOf(third)).length, third.headers.get('etag')]).toEqual([304, 0, etag])
      const other = await get(path, { headers: { 'if-none-match': '"other"' } })
      expect([other.status, (await bytesOf(other)).length]).toEqual([200, made.length])
    })

    test('ways to write the same question share one rendition', async () => {
      await bytesOf(await get('/files/photo.jpg?width=212&height=212&fit=cover&format=jpeg'))
      const response = await get('/files/photo.jpg?f=jpg&h=212&fit=cover&w=212')
      await response.arrayBuffer()
      expect(response.headers.get('x-cache')).toBe('HIT')
    })

    test('equal requests at once ask the origin for one picture', async () => {
      const { stage } = service()
      const before = stage.asked('/slow/coalesced.jpg')
      const path = '/http/slow/coalesced.jpg?width=90&format=jpeg'
      const answers = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const response = await get(path)
          return { status: response.status, sha256: sha256(await bytesOf(response)) }
        }),
      )
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(answers[0]?.status).toBe(200)
      const asked = stage.asked('/slow/coalesced.jpg') - before
      // Workers may not share promises between requests: there they only read the store again.
      if (runtime !== 'workers') expect(asked).toBeLessThanOrEqual(3)
    })

    test('a stored rendition needs no origin', async () => {
      const { stage } = service()
      const before = stage.asked('/good/stored.jpg')
      const path = '/http/good/stored.jpg?width=91&format=jpeg'
      await bytesOf(await get(path))
      const asked = stage.asked('/good/stored.jpg')
      expect(asked - before).toBeLessThanOrEqual(3)
      await bytesOf(await get(path))
      expect(stage.asked('/good/stored.jpg')).toBe(asked)
    })

    test('HEAD says what GET would, without a body', async () => {
      const path = '/files/photo.jpg?width=213&format=webp'
      const head = await get(path, { method: 'HEAD' })
      expect(head.status).toBe(200)
      expect((await bytesOf(head)).length).toBe(0)
      const response = await get(path)
      const bytes = await bytesOf(response)
      expect(head.headers.get('content-length')).toBe(String(bytes.length))
      for (const name of ['content-type', 'etag', 'last-modified', 'x-resolved-width'])
        expect(head.headers.get(name), name).toBe(response.headers.get(name))
    })
  })

  describe.each([
    ['a rendition', '/files/photo.jpg?width=214&format=png'],
    ['an original', '/files/photo.jpg'],
    ['an original behind http', '/http/good/photo.jpg'],
  ])('ranges of %s', (_, path) => {
    const range = async (value: string, more: Record<string, string> = {}) => {
      const response = await get(path, { headers: { range: value, ...more } })
      return { response, bytes: await bytesOf(response), contentRange: response.headers.get('content-range') }
    }

    test('single, open, suffix, beyond the end, several', async () => {
      const whole = await bytesOf(await get(path))
      const size = whole.length
      const forms: readonly [string, number, number][] = [
        ['bytes=0-0', 0, 1],
        ['bytes=10-19', 10, 20],
        [`bytes=${size - 7}-`, size - 7, size],
        ['bytes=-5', size - 5, size],
        [`bytes=5-${size + 1000}`, 5, size],
      ]
      for (const [value, start, end] of forms) {
        const { response, bytes, contentRange } = await range(value)
        expect(response.status, value).toBe(206)
        expect(contentRange, value).toBe(`bytes ${start}-${end - 1}/${size}`)
        expect(bytes, value).toEqual(whole.subarray(start, end))
      }
      const beyond = await range(`bytes=${size}-`)
      expect([beyond.response.status, beyond.contentRange]).toEqual([416, `bytes */${size}`])
      const several = await range('bytes=0-1,4-5')
      expect([several.response.status, several.bytes.length]).toEqual([200, size])
    })

    test('If-Range holds the version', async () => {
      const response = await get(path)
      const size = (await bytesOf(response)).length
      const etag = response.headers.get('etag')!
      expect((await range('bytes=0-3', { 'if-range': etag })).bytes.length).toBe(4)
      expect((await range('bytes=0-3', { 'if-range': '"another"' })).bytes.length).toBe(size)
    })
  })

  describe('originals', () => {
    test('a bare path is the file itself', async () => {
      const response = await get('/files/photo.jpg')
      expect(await bytesOf(response)).toEqual(new Uint8Array(original('photo.jpg')))
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/jpeg',
        'accept-ranges': 'bytes',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'cross-origin-resource-policy': 'cross-origin',
      })
    })

    test('it has a validator', async () => {
      const etag = (await get('/files/photo.jpg', { method: 'HEAD' })).headers.get('etag')!
      const again = await get('/files/photo.jpg', { headers: { 'if-none-match': etag } })
      expect([again.status, (await bytesOf(again)).length]).toEqual([304, 0])
    })
  })

  describe('failure', () => {
    test.each(REFUSED)('%s: %s', async (_, path, status, code) => {
      const begun = performance.now()
      const response = await get(path)
      const body = (await response.json()) as { error: { code: string; requestId: string; message: string } }
      expect([response.status, body.error.code]).toEqual([status, code])
      expect(body.error.requestId).toBe(response.headers.get('x-request-id'))
      expect(body.error.message).not.toMatch(/\/tmp|node_modules|\.ts:/)
      expect(response.headers.get('content-type')).toContain('application/json')
      expect(performance.now() - begun).toBeLessThan(6000)
    })

    test('a request that has passed here before', async () => {
      const via = (await get('/healthz')).headers.get('via')!
      const response = await get('/files/photo.jpg?width=100', { headers: { via } })
      expect([response.status, await response.json()]).toEqual([
        508,
        expect.objectContaining({ error: expect.objectContaining({ code: 'REQUEST_LOOP' }) }),
      ])
    })

    test('a client that leaves is no failure of the next', async () => {
      const controller = new AbortController()
      const left = get('/files/large.jpg?width=2900&format=webp', { signal: controller.signal })
      setTimeout(() => controller.abort(), 150)
      await expect(left).rejects.toThrow()
      const next = await get('/files/photo.jpg?width=215&format=jpeg')
      expect([next.status, (await sharp(await bytesOf(next)).metadata()).width]).toEqual([200, 215])
    })

    test('after all that, it serves as before', async () => {
      const response = await get('/files/photo.jpg?width=216&format=webp')
      expect([response.status, (await sharp(await bytesOf(response)).metadata()).width]).toEqual([200, 216])
    })
  })
}
