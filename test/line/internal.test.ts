/** Internal routes, through the whole line: who may ask, every shape of a request, what is answered, and how it fails. */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { createMediamorph } from '../../src/index.ts'
import { makeGif } from '../support/animations.ts'
import { emptyAvi } from '../support/avi.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const SECRET = 'secret-of-those-inside'
/** Of which no engine reads more than what it is. */
const video = emptyAvi()
const colors = [
  [200, 0, 0],
  [0, 0, 200],
]
const moving = makeGif({
  width: 4,
  height: 2,
  colors,
  loops: 0,
  frames: [0, 1].map((color) => ({ width: 4, height: 2, pixels: Array.from({ length: 8 }, () => color) })),
})

function stage(
  document: Record<string, unknown> = {},
  env: Record<string, string> = { MEDIAMORPH_INTERNAL_SECRET: SECRET },
) {
  const [cdn, uploads] = [createMemoryMount(), createMemoryMount()]
  const config = {
    assets: [{ preset: 'fluxer', mount: 'memory:cdn' }],
    internal: { uploads: 'memory:uploads', buckets: { cdn: 'memory:cdn' } },
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    outbound: { connectMs: 500, idleMs: 500, totalMs: 2000 },
    ...document,
  }
  const drivers = { 'memory:cdn': cdn.driver, 'memory:uploads': uploads.driver }
  const media = createMediamorph(config as never, createTestPlatform({ env, drivers }))
  open.push(media)
  const send = (path: string, init: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
  const post = (
    path: string,
    body: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${SECRET}` },
  ) => send(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
  return { cdn, uploads, send, post }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const json = async (response: Response) => [response.status, await response.json()]
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}
const ZERO = { drawing: 0, hentai: 0, neutral: 0, porn: 0, sexy: 0 }
const ROUTES = ['/_metadata', '/_thumbnail', '/_frames']

describe('who may ask', () => {
  test.each(ROUTES)('%s by Bearer or X-Internal-Secret, and by nothing else', async (path) => {
    const { post, uploads } = stage()
    uploads.put('a', await jpegPicture())
    const body = { type: 'upload', upload_filename: 'a', isNSFWAllowed: true }
    for (const headers of [{ authorization: `Bearer ${SECRET}` }, { 'x-internal-secret': SECRET }])
      expect((await post(path, body, headers)).status).toBe(200)
    const wrong = [
      {},
      { authorization: 'Bearer secret' },
      { authorization: `Bearer ${SECRET}x` },
      { authorization: SECRET },
      { authorization: 'Bearer ' },
      { 'x-internal-secret': `${SECRET}x` },
      { 'x-internal-secret': '' },
      { 'x-api-key': SECRET },
    ] as Record<string, string>[]
    for (const headers of wrong)
      expect([headers, ...(await outcome(await post(path, body, headers)))]).toEqual([
        headers,
        401,
        'UNAUTHORIZED',
      ])
  })

  test.each(ROUTES)(
    '%s is absent without a secret, whatever the method, and in static mode',
    async (path) => {
      const { post, send } = stage({}, {})
      expect(await outcome(await post(path, {}))).toEqual([404, 'NO_MATCHING_ORIGIN'])
      for (const method of ['GET', 'PUT', 'DELETE']) expect((await send(path, { method })).status).toBe(404)
      const bucket = stage({ static: 'memory:cdn', assets: [] })
      expect((await bucket.post(path, {})).status).toBe(405)
    },
  )

  test('only POST, said to those alone who may ask', async () => {
    const { send } = stage()
    expect((await send('/_metadata', {})).status).toBe(401)
    const response = await send('/_metadata', { headers: { 'x-internal-secret': SECRET } })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('/_metadata', () => {
  test('of every shape says the same of the same picture', async () => {
    const server = await startObjectServer()
    open.push(server)
    const { post, cdn, uploads } = stage({ outbound: { allowPrivate: ['127.0.0.0/8'] } })
    const file = await jpegPicture()
    server.objects.set('a.jpg', file)
    uploads.put('up/load', file)
    cdn.put('avatars/1/f', file)
    const expected = {
      format: 'jpeg',
      content_type: 'image/jpeg',
      content_hash: sha256(file),
      size: file.length,
      width: 320,
      height: 240,
      placeholder: expect.stringMatching(/^[\w+/]{20,}=*$/),
      animated: false,
      nsfw: false,
      nsfw_probability: 0,
      nsfw_predictions: ZERO,
    }
    const shapes = [
      { type: 'external', url: `${server.url}/a.jpg`, isNSFWAllowed: false },
      { type: 'upload', upload_filename: 'up/load', filename: 'a.gif', isNSFWAllowed: true },
      { type: 'base64', base64: base64(file), isNSFWAllowed: false },
      { type: 's3', bucket: 'cdn', key: 'avatars/1/f', isNSFWAllowed: true },
      { type: 's3', bucket: 'cdn', key: 'avatars/1/f', version: 2, nsfw: 'flag' },
    ]
    for (const body of shapes)
      expect([body.type, ...(await json(await post('/_metadata', body)))]).toEqual([body.type, 200, expected])
    for (const body of [shapes[0], shapes[3]]) {
      const response = await post('/_metadata', { ...body, with_base64: true })
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.json()).toEqual({ ...expected, base64: base64(file) })
    }
  })

  test('of what moves, of what is tiny, and of a video', async () => {
    const { post, uploads } = stage()
    uploads.put('gif', moving)
    uploads.put('mp4', video)
    const of = async (upload_filename: string) =>
      (await post('/_metadata', { type: 'upload', upload_filename, isNSFWAllowed: false })).json()
    expect(await of('gif')).toMatchObject({
      format: 'gif',
      width: 4,
      height: 2,
      animated: true,
      placeholder: '',
    })
    expect(await of('mp4')).toEqual({
      format: 'avi',
      content_type: 'video/x-msvideo',
      content_hash: sha256(video),
      size: video.length,
      width: 32,
      height: 24,
      duration: 2,
      nsfw: false,
      nsfw_probability: 0,
      nsfw_predictions: ZERO,
    })
  })

  test('a video that is larger than pictures may be is hashed as it streams', async () => {
    const { post, uploads } = stage({ limits: { imageBytes: 4096 } })
    uploads.put('mp4', video)
    const body = { type: 'upload', upload_filename: 'mp4', isNSFWAllowed: false }
    expect(await (await post('/_metadata', body)).json()).toMatchObject({
      content_hash: sha256(video),
      size: video.length,
    })
    const tight = stage({ limits: { imageBytes: 4096, sourceBytes: 5000 } })
    tight.uploads.put('mp4', video)
    expect(await outcome(await tight.post('/_metadata', body))).toEqual([400, 'SOURCE_TOO_LARGE'])
  })

  test.each<[string, unknown, string]>([
    ['no JSON', '{"type":', 'INVALID_BODY'],
    ['a number', '1', 'INVALID_BODY'],
    ['a list', [], 'INVALID_BODY'],
    ['no type', { isNSFWAllowed: true }, 'INVALID_BODY'],
    ['another type', { type: 'file', path: '/etc/passwd', isNSFWAllowed: true }, 'INVALID_BODY'],
    ['a type of the prototype', { type: 'constructor', isNSFWAllowed: true }, 'INVALID_BODY'],
    ['no isNSFWAllowed', { type: 'base64', base64: 'AAAA' }, 'INVALID_BODY'],
    ['isNSFWAllowed as a text', { type: 'base64', base64: 'AAAA', isNSFWAllowed: 'true' }, 'INVALID_BODY'],
    [
      'with_base64 as a number',
      { type: 'external', url: 'https://a.example', with_base64: 1, isNSFWAllowed: true },
      'INVALID_BODY',
    ],
    ['no key', { type: 's3', bucket: 'cdn', isNSFWAllowed: true }, 'INVALID_BODY'],
    ['an empty key', { type: 's3', bucket: 'cdn', key: '', isNSFWAllowed: true }, 'INVALID_BODY'],
    ['no base64', { type: 'base64', base64: '%%%', isNSFWAllowed: true }, 'INVALID_BODY'],
    ['no media', { type: 'base64', base64: 'AAAA', isNSFWAllowed: true }, 'UNSUPPORTED_MEDIA'],
    ['nothing there', { type: 'upload', upload_filename: 'none', isNSFWAllowed: true }, 'NOT_FOUND'],
    ['another bucket', { type: 's3', bucket: 'other', key: 'a', isNSFWAllowed: true }, 'NOT_FOUND'],
    [
      'a path that climbs (threats row 2)',
      { type: 's3', bucket: 'cdn', key: '../secret', isNSFWAllowed: true },
      'INVALID_PATH',
    ],
    [
      'an encoded one (threats row 2)',
      { type: 'upload', upload_filename: 'a/%2e%2e/b', isNSFWAllowed: true },
      'INVALID_PATH',
    ],
    [
      'a backslash (threats row 2)',
      { type: 'upload', upload_filename: 'a\\b', isNSFWAllowed: true },
      'INVALID_PATH',
    ],
    ['no address', { type: 'external', url: 'nowhere', isNSFWAllowed: true }, 'INVALID_URL'],
    [
      'a file address',
      { type: 'external', url: 'file:///etc/passwd', isNSFWAllowed: true },
      'ADDRESS_REFUSED',
    ],
    [
      'a private address (threats row 4)',
      { type: 'external', url: 'http://0.0.0.0/', isNSFWAllowed: true },
      'ADDRESS_REFUSED',
    ],
    [
      'its metadata service (threats row 14)',
      { type: 'external', url: 'http://169.254.169.254/', isNSFWAllowed: true },
      'ADDRESS_REFUSED',
    ],
    [
      'a number of an address (threats row 4)',
      { type: 'external', url: 'http://2130706433/', isNSFWAllowed: true },
      'ADDRESS_REFUSED',
    ],
  ])('%s is 400', async (_, body, code) => {
    const { post } = stage()
    expect(await outcome(await post('/_metadata', body))).toEqual([400, code])
  })

  test('a body is counted while it is read, whatever its length is said to be (threats row 9)', async () => {
    const { post, send } = stage({ limits: { bodyBytes: 1000 } })
    const large = JSON.stringify({ type: 'base64', base64: 'A'.repeat(2000), isNSFWAllowed: true })
    expect(await outcome(await post('/_metadata', large))).toEqual([413, 'BODY_TOO_LARGE'])
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent++
        controller.enqueue(new Uint8Array(100).fill(32))
      },
    })
    const headers = { 'x-internal-secret': SECRET }
    const init = { method: 'POST', body: endless, headers, duplex: 'half' }
    expect(await outcome(await send('/_metadata', init as RequestInit))).toEqual([413, 'BODY_TOO_LARGE'])
    expect(sent).toBeLessThan(20)
  })

  test('damaged pictures keep what their header says', async () => {
    const { post } = stage()
    const half = (await jpegPicture()).slice(0, 900)
    const response = await post('/_metadata', { type: 'base64', base64: base64(half), isNSFWAllowed: true })
    const facts = (await response.json()) as object
    expect(facts).toMatchObject({ width: 320, height: 240 })
    expect(facts).not.toHaveProperty('placeholder')
  })
})

describe('/_thumbnail', () => {
  const body = { type: 'upload', upload_filename: 'a' }

  test('is a JPEG, or JSON for who asks for that', async () => {
    const { post, uploads } = stage()
    uploads.put('a', moving)
    const response = await post('/_thumbnail', body)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    const file = new Uint8Array(await response.arrayBuffer())
    expect(await sharp(file).metadata()).toMatchObject({ format: 'jpeg', width: 4, height: 2 })
    const other = await post('/_thumbnail', body, { 'x-internal-secret': SECRET, accept: 'application/json' })
    expect(await other.json()).toEqual({ thumbnail: base64(file), mime_type: 'image/jpeg' })
  })

  test('of a video that is not read here is 501 with the reason, of anything else that fails 404', async () => {
    const { post, uploads } = stage()
    expect(await outcome(await post('/_thumbnail', body))).toEqual([404, 'NOT_FOUND'])
    uploads.put('a', 'no media')
    expect(await outcome(await post('/_thumbnail', body))).toEqual([404, 'UNSUPPORTED_MEDIA'])
    uploads.put('a', (await jpegPicture()).slice(0, 900))
    expect(await outcome(await post('/_thumbnail', body))).toEqual([404, 'CORRUPT_MEDIA'])
    uploads.put('a', video)
    const [status, answer] = await json(await post('/_thumbnail', body))
    expect([status, answer]).toMatchObject([
      501,
      { error: { message: expect.stringContaining('No engine here') } },
    ])
    expect(await outcome(await post('/_thumbnail', { type: 's3', bucket: 'cdn', key: 'a' }))).toEqual([
      400,
      'INVALID_BODY',
    ])
  })
})

describe('/_frames', () => {
  test('a picture is its one frame, unchanged', async () => {
    const { post, uploads, cdn } = stage()
    const file = await jpegPicture()
    for (const mount of [uploads, cdn]) mount.put('a', file)
    for (const body of [
      { type: 'upload', upload_filename: 'a' },
      { type: 's3', bucket: 'cdn', key: 'a' },
    ])
      expect(await json(await post('/_frames', body))).toEqual([
        200,
        { frames: [{ timestamp: 0, mime_type: 'image/jpeg', base64: base64(file) }] },
      ])
  })

  test('of what fails there are none; of a video that is not read here 501; a wrong request is 400', async () => {
    const { post, uploads } = stage()
    const body = { type: 'upload', upload_filename: 'a' }
    expect(await json(await post('/_frames', body))).toEqual([200, { frames: [] }])
    uploads.put('a', 'no media')
    expect(await json(await post('/_frames', body))).toEqual([200, { frames: [] }])
    uploads.put('a', video)
    expect(await outcome(await post('/_frames', body))).toEqual([501, 'NOT_SUPPORTED_HERE'])
    for (const wrong of [
      { type: 'external', url: 'https://a.example' },
      { type: 'base64', base64: 'AAAA' },
      {},
    ])
      expect(await outcome(await post('/_frames', wrong))).toEqual([400, 'INVALID_BODY'])
  })
})
