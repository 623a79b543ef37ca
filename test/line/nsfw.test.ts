/** What origins do with unsafe pictures, through the whole line, with a service on loopback that judges them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { externalUrl, signUrl } from '../../src/client.ts'
import { createMediamorph, loadConfig } from '../../src/index.ts'
import { makeGif } from '../support/animations.ts'
import { psnr } from '../support/compare.ts'
import { jxlKind } from '../support/jxl.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { BLUE, markedPicture, RED, sharpestEdge, startNsfwService } from '../support/nsfw-service.ts'
import { startObjectServer } from '../support/object-server.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).toReversed()) await it.close()
})

const outbound = { connectMs: 500, idleMs: 1000, totalMs: 2000 }

async function stage(
  policy: string,
  { nsfw = {}, http = {}, origin = {}, document = {} }: Record<string, Record<string, unknown>> = {},
  env: Record<string, string> = {},
) {
  const service = await startNsfwService()
  open.push(service)
  const mount = createMemoryMount()
  mount.put('red.png', await markedPicture(RED))
  mount.put('blue.png', await markedPicture(BLUE))
  const platform = createTestPlatform({ env, drivers: { 'memory:files': mount.driver } })
  const at = (name: string, more: object) => ({
    name,
    match: `^/${name}/(?<key>.+)$`,
    access: 'public',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ...more,
  })
  const media = createMediamorph(
    {
      origins: [at('files', { nsfw: policy, ...origin }), at('free', {})],
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
      outbound,
      nsfw: { classifier: 'http', http: { url: service.url, ...http }, ...nsfw },
      ...document,
    } as never,
    platform,
  )
  open.push(media)
  const get = (path: string, init?: RequestInit) =>
    media.fetch(new Request(new URL(path, 'http://media.test'), init))
  return { service, mount, media, get, lines: platform.lines }
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())
const told = (response: Response) => [response.status, response.headers.get('x-nsfw')]
const outcome = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return [response.status, error.code]
}
const UNSAFE = 'unsafe; probability=0.970'
const SAFE = 'safe; probability=0.020'

/** Nothing of the marks is left, and the colour around them is. */
async function expectVeiled(file: Uint8Array): Promise<void> {
  expect(await sharpestEdge(file)).toBeLessThan(24)
  const { channels } = await sharp(file).stats()
  expect(channels[0]!.mean).toBeGreaterThan(channels[2]!.mean)
}

describe('allow', () => {
  test('nobody looks, and nothing is said', async () => {
    const { get, service } = await stage('allow')
    for (const path of ['/files/red.png?width=60', '/files/red.png', '/free/red.png?width=60'])
      expect(told(await get(path))).toEqual([200, null])
    expect(service.asked).toEqual([])
  })
})

describe('flag', () => {
  test('says what a picture is, on every answer about it', async () => {
    const { get, lines } = await stage('flag')
    for (const query of ['', '?width=60', '?width=60', '?format=json']) {
      expect([query, ...told(await get(`/files/red.png${query}`))]).toEqual([query, 200, UNSAFE])
      expect([query, ...told(await get(`/files/blue.png${query}`))]).toEqual([query, 200, SAFE])
    }
    const again = await get('/files/red.png?width=60')
    const same = await get('/files/red.png?width=60', {
      headers: { 'if-none-match': again.headers.get('etag')! },
    })
    expect([again.headers.get('x-cache'), ...told(same)]).toEqual(['HIT', 304, UNSAFE])
    expect(again.headers.get('access-control-expose-headers')).toContain('X-NSFW')
    expect(await (await get('/files/red.png?format=json')).json()).toMatchObject({
      nsfw: { state: 'unsafe', probability: 0.97 },
    })
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>).at(-1)
    expect(logged).toMatchObject({ message: 'request', nsfw: 'unsafe', nsfwProbability: 0.97 })
  })

  test('changes no byte', async () => {
    const { get, mount } = await stage('flag')
    expect(await bytesOf(await get('/files/red.png'))).toEqual(mount.files.get('red.png')!.body)
    const pair = await Promise.all(
      ['files', 'free'].map(async (origin) => bytesOf(await get(`/${origin}/red.png?width=60&format=png`))),
    )
    expect(pair[0]).toEqual(pair[1])
  })
})

describe('block', () => {
  test.each(['', '?width=60', '?format=json', '?crop=10:10:0:0', '?trim=10', '?blur=50'])(
    'red.png%s is refused, blue.png%s is not',
    async (query) => {
      const { get } = await stage('block')
      const refused = await get(`/files/red.png${query}`)
      expect([refused.headers.get('cache-control'), ...(await outcome(refused))]).toEqual([
        'public, max-age=60',
        403,
        'NSFW_BLOCKED',
      ])
      expect(told(await get(`/files/blue.png${query}`))).toEqual([200, SAFE])
    },
  )

  test('parts, heads and conditions are no way around', async () => {
    const { get } = await stage('block')
    for (const init of [
      { headers: { range: 'bytes=0-99' } },
      { headers: { 'if-none-match': '*' } },
      { method: 'HEAD' },
    ] as RequestInit[])
      for (const query of ['', '?width=60'])
        expect((await get(`/files/red.png${query}`, init)).status).toBe(403)
  })

  test('a fallback and a redirect are no way around', async () => {
    const { get } = await stage('block', { origin: { fallback: 'original' } })
    expect(await outcome(await get('/files/red.png?width=60'))).toEqual([403, 'NSFW_BLOCKED'])
    const redirected = await get('/cdn-cgi/image/width=60,onerror=redirect/files/red.png')
    expect(await outcome(redirected)).toEqual([403, 'NSFW_BLOCKED'])
  })

  test('of an overlay, whatever it lies on', async () => {
    const { get } = await stage('block')
    const response = await get('/free/blue.png?width=60&overlay=/files/red.png')
    expect(await outcome(response)).toEqual([403, 'NSFW_BLOCKED'])
    expect(told(await get('/free/red.png?width=60&overlay=/files/blue.png'))).toEqual([200, SAFE])
  })
})

describe('blur', () => {
  test.each([
    ['', 240, 160],
    ['?width=120&format=png', 120, 80],
    ['?width=100&height=100&fit=cover&format=webp', 100, 100],
    ['?crop=60:40:10:10&width=240&enlarge=true&format=png', 240, 160],
    ['?rotate=90&flip=h&format=jpeg', 160, 240],
    ['?trim=10&format=png', undefined, undefined],
    ['?gravity=auto&width=80&height=80&fit=cover&format=png', 80, 80],
    ['?sharpen=10&contrast=2&format=png', 240, 160],
    ['?quality=auto&format=jpeg', 240, 160],
  ])('red.png%s is not to be recognised', async (query, width, height) => {
    const { get } = await stage('blur')
    const response = await get(`/files/red.png${query}`)
    expect(told(response)).toEqual([200, UNSAFE])
    const file = await bytesOf(response)
    if (width !== undefined) expect(await sharp(file).metadata()).toMatchObject({ width, height })
    await expectVeiled(file)
    const { body } = { body: await bytesOf(await get(`/files/blue.png${query}`)) }
    if (query === '') expect(await sharpestEdge(body)).toBeGreaterThan(150)
  })

  test('pieces put together give no more than the whole', async () => {
    const { get } = await stage('blur')
    const piece = async (x: number) => {
      const file = await bytesOf(await get(`/files/red.png?crop=2:2:${x}:60&format=png`))
      return (await sharp(file).stats()).channels[0]!.mean
    }
    const means = await Promise.all([60, 66, 72, 78, 84, 90].map(piece))
    const steps = means.slice(1).map((mean, at) => Math.abs(mean - means[at]!))
    expect(Math.max(...steps)).toBeLessThan(40)
  })

  test('an original in ranges is ranges of the blurred one', async () => {
    const { get } = await stage('blur')
    const whole = await get('/files/red.png')
    const file = await bytesOf(whole)
    const part = await get('/files/red.png', { headers: { range: 'bytes=8-99' } })
    expect([part.status, part.headers.get('etag')]).toEqual([206, whole.headers.get('etag')])
    expect(await bytesOf(part)).toEqual(file.slice(8, 100))
    const untouched = await get('/free/red.png')
    expect(whole.headers.get('etag')).not.toBe(untouched.headers.get('etag'))
  })

  test('what is told of it, placeholder and colours, is of the blurred one, without EXIF', async () => {
    const { get, mount } = await stage('blur')
    mount.put(
      'told.jpg',
      Uint8Array.from(
        await sharp(await markedPicture(RED))
          .withExif({ IFD0: { Artist: 'Somebody', Copyright: 'Somebody' } })
          .jpeg()
          .toBuffer(),
      ),
    )
    type Told = { exif?: object; placeholder: { thumbhash: string; palette: string[] } }
    const tell = async (origin: string) =>
      (await (await get(`/${origin}/told.jpg?format=json&metadata=keep`)).json()) as Told
    const [veiled, plain] = [await tell('files'), await tell('free')]
    expect(plain.exif).toMatchObject({ copyright: 'Somebody' })
    expect(veiled.exif).toBeUndefined()
    const darkest = ({ placeholder: { palette } }: Told) =>
      Math.min(...palette.map((color) => Number.parseInt(color.slice(1, 3), 16)))
    expect(darkest(veiled)).toBeGreaterThan(darkest(plain) + 40)
    expect(veiled.placeholder.thumbhash).not.toBe(plain.placeholder.thumbhash)
    const kept = await bytesOf(await get('/files/told.jpg?width=60&metadata=keep&format=jpeg'))
    expect((await sharp(kept).metadata()).exif).toBeUndefined()
  })

  test('what moves stands still', async () => {
    const { get, mount } = await stage('blur')
    const colors = [
      [220, 10, 20],
      [230, 20, 30],
    ]
    const frame = (color: number) => ({
      width: 60,
      height: 40,
      pixels: Array.from({ length: 2400 }, () => color),
    })
    mount.put('red.gif', makeGif({ width: 60, height: 40, colors, loops: 0, frames: [frame(0), frame(1)] }))
    for (const query of ['', '?format=webp', '?page=1&format=png']) {
      const file = await bytesOf(await get(`/files/red.gif${query}`))
      expect([query, (await sharp(file, { animated: true }).metadata()).pages ?? 1]).toEqual([query, 1])
    }
  })

  test('an unsafe overlay is blurred, and what it lies on is not', async () => {
    const { get } = await stage('blur')
    const laid = async (overlay: string) =>
      bytesOf(await get(`/free/blue.png?format=png&overlay_width=120&overlay=${overlay}`))
    const [veiled, plain] = [await laid('/files/red.png'), await laid('/free/red.png')]
    const part = (file: Uint8Array, left: number) =>
      sharp(file).extract({ left, top: 50, width: 56, height: 60 }).removeAlpha().png().toBuffer()
    expect(await sharpestEdge(await part(plain, 92))).toBeGreaterThan(150)
    expect(await sharpestEdge(await part(veiled, 92))).toBeLessThan(40)
    expect(psnr(await part(plain, 0), await part(veiled, 0))).toBe(Infinity)
  })

  test('where no blurred one can be made, the original is no fallback', async () => {
    const { get, mount } = await stage('blur', {
      origin: { fallback: 'original' },
      nsfw: { onError: 'closed' },
    })
    const whole = await markedPicture(RED)
    mount.put('half.png', whole.slice(0, whole.length / 2))
    for (const query of ['', '?width=60'])
      expect(await outcome(await get(`/files/half.png${query}`))).toEqual([422, 'CORRUPT_MEDIA'])
  })
})

describe('who is looked at, and when', () => {
  test('each version of an original once, whatever is asked of it, and by however many', async () => {
    const { get, service, mount } = await stage('flag')
    const queries = ['', '?width=60', '?width=61&format=webp', '?format=json', '?rotate=90']
    await Promise.all(queries.map((query) => get(`/files/blue.png${query}`)))
    for (const query of queries) expect(told(await get(`/files/blue.png${query}`))).toEqual([200, SAFE])
    expect(service.asked.length).toBe(1)
    mount.put('blue.png', await markedPicture(RED), 1_700_000_100_000)
    expect(told(await get('/files/blue.png'))).toEqual([200, UNSAFE])
    expect(service.asked.length).toBe(2)
  })

  test('a purge forgets what was found', async () => {
    const { get, service, media } = await stage('flag')
    await get('/files/blue.png?width=60')
    await media.purge({ path: '/files/blue.png' })
    await get('/files/blue.png?width=60')
    expect(service.asked.length).toBe(2)
  })

  test('what is sent is a JPEG of the whole picture, with what the operator adds', async () => {
    const headers = { authorization: 'Bearer ${env:TOKEN}' }
    const { get, service, mount, lines } = await stage(
      'flag',
      { http: { headers } },
      { TOKEN: 'token-of-it' },
    )
    mount.put('large.png', await markedPicture(BLUE, { width: 1200, height: 600 }))
    await get('/files/large.png?crop=10:10:0:0')
    const [asked] = service.asked
    const { authorization, 'content-type': type, 'content-length': length } = asked!.headers
    expect([asked!.method, authorization, type, length]).toEqual([
      'POST',
      'Bearer token-of-it',
      'image/jpeg',
      String(asked!.body.length),
    ])
    expect(lines.join()).not.toContain('token-of-it')
    expect(await sharp(asked!.body).metadata()).toMatchObject({ format: 'jpeg', width: 512, height: 256 })
  })

  test('of what moves several frames are looked at, and the worst counts', async () => {
    const { get, service, mount } = await stage('flag')
    const colors = [
      [10, 20, 220],
      [220, 10, 20],
    ]
    const frame = (color: number) => ({
      width: 40,
      height: 40,
      pixels: Array.from({ length: 1600 }, () => color),
    })
    const gif = (...shades: number[]) =>
      makeGif({ width: 40, height: 40, colors, loops: 0, frames: shades.map(frame) })
    mount.put('last.gif', gif(0, 0, 0, 0, 1))
    mount.put('none.gif', gif(0, 0, 0, 0, 0))
    mount.put('second.gif', gif(0, 1, 0, 0, 0))
    expect(told(await get('/files/last.gif'))).toEqual([200, UNSAFE])
    expect(service.asked.length).toBe(3)
    expect(told(await get('/files/none.gif?width=20'))).toEqual([200, SAFE])
    expect(told(await get('/files/second.gif?width=20'))).toEqual([200, SAFE])
    expect(told(await get('/files/second.gif?page=1&format=png'))).toEqual([200, UNSAFE])
  })

  test('what moves and is read in its first frame alone is not judged by that', async () => {
    for (const [onError, status] of [
      ['closed', 422],
      ['open', 200],
    ] as const) {
      const { get, mount, service } = await stage('block', { nsfw: { onError } })
      mount.put('moves.jxl', Uint8Array.from(await jxlKind('animated')))
      expect((await get('/files/moves.jxl')).status).toBe(status)
      expect(service.asked).toEqual([])
      expect(told(await get('/files/moves.jxl?format=png'))).toEqual([200, SAFE])
    }
  })

  test('sound and files that are no media are not looked at', async () => {
    const { get, service, mount } = await stage('block', { origin: { originals: 'any' } })
    mount.put('a.txt', 'text')
    mount.put('a.mp3', 'ID3 and more')
    for (const path of ['/files/a.txt', '/files/a.mp3']) expect(told(await get(path))).toEqual([200, null])
    expect(service.asked).toEqual([])
  })
})

describe('other ways to a picture', () => {
  test('addresses on other hosts, by `external.nsfw`', async () => {
    const host = await startObjectServer()
    open.push(host)
    host.objects.set('red.png', await markedPicture(RED))
    const secret = 'secret of other hosts'
    const { get } = await stage(
      'allow',
      {
        document: {
          external: { enabled: true, nsfw: 'block' },
          outbound: { ...outbound, allowPrivate: ['127.0.0.0/8'] },
        },
      },
      { MEDIAMORPH_EXTERNAL_SECRET: secret },
    )
    for (const params of [{}, { width: 40 }]) {
      const path = await signUrl(externalUrl('', `${host.url}/red.png`, params), secret)
      expect(await outcome(await get(path))).toEqual([403, 'NSFW_BLOCKED'])
    }
  })

  test('asset routes, by their own word or that of all', async () => {
    const row = {
      path: '/covers/{file:word}.{format}',
      key: '${file}.png',
      mount: 'memory:files',
      formats: ['png'],
    }
    const assets = [
      { ...row, name: 'covers', nsfw: 'blur', fallback: 'original' },
      { ...row, name: 'icons', path: '/icons/{file:word}' },
    ]
    const { get } = await stage('allow', { document: { assets }, nsfw: { default: 'block' } })
    const cover = await get('/covers/red.png')
    expect(told(cover)).toEqual([200, UNSAFE])
    await expectVeiled(await bytesOf(cover))
    expect(await outcome(await get('/icons/red'))).toEqual([403, 'NSFW_BLOCKED'])
    expect(told(await get('/icons/blue'))).toEqual([200, SAFE])
  })

  test("Fluxer's preset, in all its rows", async () => {
    const assets = [{ preset: 'fluxer', mount: 'memory:files', nsfw: 'block' }]
    const { get, mount } = await stage('allow', { document: { assets } })
    const red = await markedPicture(RED)
    mount.put('avatars/1/abc', red)
    mount.put('attachments/1/2/a.png', red)
    for (const path of ['/avatars/1/abc.webp', '/attachments/1/2/a.png', '/attachments/1/2/a.png?width=40'])
      expect(await outcome(await get(path))).toEqual([403, 'NSFW_BLOCKED'])
  })

  test('static mode, by the word of all', async () => {
    for (const [policy, status] of [
      ['block', 403],
      ['blur', 200],
    ] as const) {
      const document = { origins: [], static: 'memory:files' }
      const { get, mount } = await stage('allow', { document, nsfw: { default: policy } })
      mount.put('page.html', '<p>text</p>')
      const response = await get('/red.png')
      expect(response.status).toBe(status)
      if (status === 200) await expectVeiled(await bytesOf(response))
      expect(told(await get('/blue.png'))).toEqual([200, SAFE])
      expect(told(await get('/page.html'))).toEqual([200, null])
    }
  })

  test('/_metadata, with the same classifier and threshold', async () => {
    const inside = { MEDIAMORPH_INTERNAL_SECRET: 'secret-of-those-inside' }
    const { get, service, lines } = await stage(
      'allow',
      { document: { internal: { uploads: 'memory:files' } }, nsfw: { threshold: 0.98 } },
      inside,
    )
    const ask = async (more: object) => {
      const body = JSON.stringify({ type: 'upload', upload_filename: 'red.png', ...more })
      const headers = { 'x-internal-secret': inside.MEDIAMORPH_INTERNAL_SECRET }
      return (await get('/_metadata', { method: 'POST', body, headers })).json()
    }
    const porn = 0.97
    expect(await ask({ isNSFWAllowed: false })).toMatchObject({
      nsfw: false,
      nsfw_probability: porn,
      nsfw_predictions: { drawing: 0, hentai: 0, neutral: 1 - porn, porn, sexy: 0 },
    })
    expect(await ask({ isNSFWAllowed: true })).toMatchObject({ nsfw: false, nsfw_probability: 0 })
    expect(service.asked.length).toBe(1)
    service.instead = (response) => response.writeHead(500).end()
    expect(await ask({ isNSFWAllowed: false })).toMatchObject({
      nsfw: false,
      nsfw_probability: 0,
      width: 240,
    })
    expect(lines.some((line) => line.includes('not judged'))).toBe(true)
  })
})

describe('another classifier, threshold or policy', () => {
  test('is another question, and findings are asked for anew only where they may differ', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mediamorph-nsfw-'))
    open.push({ close: () => rm(folder, { recursive: true, force: true }) })
    const kept = { storage: { cache: `fs:${folder}/cache` }, database: `sqlite:${folder}/index.db` }
    const service = await startNsfwService()
    open.push(service)
    const ask = async (policy: string, nsfw: object = {}, http: object = {}) => {
      const one = await stage(policy, {
        document: kept,
        nsfw: { ...nsfw },
        http: { url: service.url, ...http },
      })
      const answers = [await one.get('/files/red.png?width=60'), await one.get('/files/red.png')]
      const states = answers.map(({ status, headers }) => `${status} ${headers.get('x-nsfw')?.split(';')[0]}`)
      await one.media.close()
      return [...states, service.asked.length]
    }
    expect(await ask('allow')).toEqual(['200 undefined', '200 undefined', 0])
    expect(await ask('block')).toEqual(['403 undefined', '403 undefined', 1])
    expect(await ask('flag')).toEqual(['200 unsafe', '200 unsafe', 1])
    expect(await ask('flag', { threshold: 0.98 })).toEqual(['200 safe', '200 safe', 1])
    expect(await ask('block', { threshold: 0.98 })).toEqual(['200 safe', '200 safe', 1])
    expect(await ask('flag', {}, { version: '2' })).toEqual(['200 unsafe', '200 unsafe', 2])
    expect(await ask('flag', { frames: 1 }, { version: '2' })).toEqual(['200 unsafe', '200 unsafe', 3])
    expect(await ask('allow')).toEqual(['200 undefined', '200 undefined', 3])
  })
})

describe('a classifier that fails', () => {
  const failures: ReadonlyArray<readonly [string, NonNullable<Service['instead']>]> = [
    ['500', (response) => response.writeHead(500).end('{"nsfw":false,"probability":0}')],
    ['no JSON', (response) => response.end('fine')],
    ['no answer to the question', (response) => response.end('{"ok":true}')],
    ['a probability that is none', (response) => response.end('{"nsfw":false,"probability":1.5}')],
    ['a list', (response) => response.end('[]')],
    ['too much', (response) => response.end(`{"nsfw":false,"x":"${'x'.repeat(70_000)}"}`)],
    ['a redirect', (response) => response.writeHead(307, { location: '/elsewhere' }).end()],
    ['silence', () => undefined],
    ['half an answer', (response) => response.writeHead(200, { 'content-length': 99 }).end('{"nsfw":')],
  ]

  test.each(failures)('%s: closed by default', async (_, instead) => {
    const { get, service, lines } = await stage('block', { http: { timeoutMs: 200 } })
    service.instead = instead
    for (const query of ['', '?width=60']) {
      const response = await get(`/files/blue.png${query}`)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await outcome(response)).toEqual([503, 'NSFW_UNJUDGED'])
    }
    expect(lines.some((line) => line.includes('"message":"not judged"'))).toBe(true)
    service.instead = undefined
    for (const query of ['', '?width=60'])
      expect(told(await get(`/files/blue.png${query}`))).toEqual([200, SAFE])
  })

  test('closed: blur blurs, flag says that it is unknown, and neither holds for long', async () => {
    const lasting = { ttl: { ok: 1000, serverError: 1 }, staleWhileRevalidate: 1000 }
    for (const [policy, isVeiled] of [
      ['blur', true],
      ['flag', false],
    ] as const) {
      const { get, service } = await stage(policy, { origin: lasting })
      service.instead = (response) => response.writeHead(500).end()
      for (const query of ['', '?width=60']) {
        const response = await get(`/files/red.png${query}`)
        expect(told(response)).toEqual([200, 'unknown'])
        expect(response.headers.get('cache-control')).toBe('public, max-age=1, s-maxage=1')
        expect((await sharpestEdge(await bytesOf(response))) < 24).toBe(isVeiled)
      }
      service.instead = undefined
      await new Promise((resolve) => setTimeout(resolve, 1100))
      expect(told(await get('/files/blue.png?width=60'))).toEqual([200, SAFE])
      expect(told(await get('/files/red.png?width=60'))).toEqual([200, UNSAFE])
    }
  })

  test.each(['block', 'blur', 'flag'])('open: %s shows it, says so, and not for long', async (policy) => {
    const { get, service } = await stage(policy, {
      nsfw: { onError: 'open' },
      origin: { ttl: { serverError: 7 } },
    })
    service.instead = (response) => response.writeHead(500).end()
    for (const query of ['', '?width=60']) {
      const response = await get(`/files/red.png${query}`)
      expect(told(response)).toEqual([200, 'unknown'])
      expect(response.headers.get('cache-control')).toBe('public, max-age=7, s-maxage=7')
      expect(await sharpestEdge(await bytesOf(response))).toBeGreaterThan(150)
    }
  })

  test.each([
    ['closed', 422],
    ['open', 200],
  ])('a picture that cannot be decoded, %s: %i', async (onError, status) => {
    const { get, mount } = await stage('block', { nsfw: { onError } })
    const whole = await markedPicture(BLUE)
    mount.put('half.png', whole.slice(0, whole.length / 2))
    expect((await get('/files/half.png')).status).toBe(status)
  })

  test('only `nsfw` or only a probability will do; the threshold is ours', async () => {
    const { get, service, mount } = await stage('flag')
    const answers = [
      ['{"nsfw":true}', 'unsafe; probability=1.000'],
      ['{"nsfw":false}', 'safe; probability=0.000'],
      ['{"probability":0.9}', 'unsafe; probability=0.900'],
      ['{"nsfw":true,"probability":0.7}', 'safe; probability=0.700'],
      ['{"nsfw":false,"probability":0.99,"predictions":"none"}', 'unsafe; probability=0.990'],
    ] as const
    for (const [at, [answer, header]] of answers.entries()) {
      mount.put('blue.png', await markedPicture(BLUE), 1_700_000_200_000 + at * 1000)
      service.instead = (response) => response.end(answer)
      expect([answer, ...told(await get('/files/blue.png'))]).toEqual([answer, 200, header])
    }
  })
})

describe('what a start says', () => {
  test('which classifier it is, and how it fails', () => {
    const at = (nsfw: object) => loadConfig({ document: { ...BASE, nsfw }, env: {} }).notes
    expect(at({})).toEqual([])
    expect(at({ classifier: 'builtin', threshold: 0.7 })).toEqual([
      'nsfw: judged by builtin, unsafe above 0.7; what cannot be judged counts as unsafe (fails closed)',
    ])
    expect(at({ classifier: 'http', http: { url: 'http://a.test' }, onError: 'open' })[0]).toContain(
      'by http, unsafe above 0.85; what cannot be judged counts as safe (fails open)',
    )
  })

  test('a file that is no model is a fault of the configuration, and so is a runtime that has none', async () => {
    const document = { ...BASE, nsfw: { classifier: 'onnx', onnx: { path: '/nowhere/model.onnx' } } } as never
    const media = createMediamorph(document, createTestPlatform())
    open.push(media)
    await expect(media.work()).rejects.toThrow('nsfw.onnx: /nowhere/model.onnx cannot be read')
    const platform = { ...createTestPlatform(), lacksNet: () => 'there is none here' }
    expect(() => createMediamorph(document, platform)).toThrow('nsfw.classifier: there is none here')
  })
})

type Service = Awaited<ReturnType<typeof startNsfwService>>
const BASE = { static: 'memory:', storage: { cache: 'memory:' }, database: 'sqlite::memory:' }
