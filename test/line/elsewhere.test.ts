/** Video that is made elsewhere: another Mediamorph or Cloudflare's `/cdn-cgi/media/` is asked, and what it says is carried over. */
import type { AddressInfo } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serve } from '@hono/node-server'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { signUrl } from '../../src/client.ts'
import { createMediamorph } from '../../src/index.ts'
import type { FfmpegSettings, Platform } from '../../src/platform.ts'
import { freePort } from '../runtimes/ports.ts'
import { createTestFfmpegs } from '../support/ffmpegs.ts'
import { serveHttp } from '../support/loopback.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform } from '../support/platform.ts'
import { FFMPEG, hasFfmpeg, makeVideo } from '../support/videos.ts'

const SECRET = 'a-secret-that-both-services-know'
const mount = createMemoryMount()
const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

interface Staged {
  readonly url: string
  get(path: string): Promise<Response>
}

/** A service on loopback; its document may name its own address. */
async function stage(
  document: (url: string) => Record<string, unknown>,
  { hasFfmpegs = false, secret = '', origin = {}, port = 0 } = {},
): Promise<Staged> {
  const platform: Platform = {
    ...createTestPlatform({
      drivers: { 'memory:files': mount.driver },
      env: secret === '' ? {} : { MEDIAMORPH_SECRET: secret },
    }),
    ...(hasFfmpegs
      ? { createFfmpegs: (settings: FfmpegSettings) => createTestFfmpegs({ ...settings, wasm: false }) }
      : {}),
  }
  const server = serve({
    fetch: (request) => media.fetch(request),
    port,
    hostname: '127.0.0.1',
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
    ttl: { clientError: 0, serverError: 0 },
    ...origin,
  }
  const base = { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:' }
  const media = createMediamorph({ ...base, ...document(url) } as never, platform)
  open.push(media, { close: () => new Promise((resolve) => server.close(resolve)) })
  return { url, get: (path) => fetch(`${url}/files/${path}`) }
}

async function zone(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = await serveHttp((request, response) => void answer(request, response))
  open.push(server)
  return server.origin
}

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
const failureOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return { status: response.status, code: error.code, message: error.message }
}

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  beforeAll(() => {
    const mp4 = makeVideo({ as: 'mp4' })
    const damaged = Uint8Array.from(mp4)
    damaged.fill(0xff, Buffer.from(damaged).indexOf('mdat') + 8)
    mount.put('a.mp4', mp4)
    mount.put('ä b.mp4', mp4)
    mount.put('damaged.mp4', damaged)
  })

  describe('another Mediamorph', () => {
    const withSecret = { hasFfmpegs: true, secret: SECRET }
    let other: Staged
    let closing: { close(): Promise<unknown> }[] = []
    beforeAll(async () => {
      other = await stage(() => ({}), { hasFfmpegs: true })
      closing = open.splice(0)
    })
    afterAll(async () => {
      for (const one of closing.toReversed()) await one.close()
    })
    const asking = (remote: object, more = {}) => stage(() => ({ remote }), more)

    test.each([
      'a.mp4?mode=frame&time=1.3&format=png&width=48',
      'a.mp4?mode=frame&format=png&crop=50%:50%:10:5&background=rgba(255,0,0,0.5)&brightness=1.5&tint=sienna',
      'a.mp4?mode=frame&time=auto&format=webp&width=30&height=30&fit=cover&gravity=0.1x0.9&dpr=1.5',
      'a.mp4?mode=spritesheet&imageCount=4&width=24&height=24&fit=contain&format=png&columns=3',
      'a.mp4?format=mp4&width=48&time=0.5&duration=1&rotate=12.5&fps=10&speed=2&audio=false&compression=low',
      'a.mp4?mode=audio&format=mp3&bitrate=64k',
      'a.mp4?mode=waveform&width=100',
      'a.mp4?format=gif&width=32&duration=1',
      '%C3%A4%20b.mp4?mode=frame&format=png',
    ])('makes %s, to the byte', async (path) => {
      const { get } = await asking({ url: other.url })
      const [ours, theirs] = [await get(path), await other.get(path)]
      expect([ours.status, ours.headers.get('x-transform-source')]).toEqual([200, 'remote'])
      for (const name of ['content-type', 'x-resolved-width', 'x-resolved-height'])
        expect(ours.headers.get(name)).toBe(theirs.headers.get(name))
      const body = await bytesOf(ours)
      expect([body.length > 20, Buffer.compare(body, await bytesOf(theirs))]).toEqual([true, 0])
      const again = await get(path)
      expect([again.headers.get('x-cache'), Buffer.compare(await bytesOf(again), body)]).toEqual(['HIT', 0])
    })

    test('is asked by signed addresses', async () => {
      const locked = await stage(() => ({}), withSecret)
      expect((await locked.get('a.mp4?mode=frame&format=png')).status).toBe(403)
      const { get } = await asking({ url: `${locked.url}/`, secret: SECRET })
      expect((await get('a.mp4?mode=frame&format=png')).status).toBe(200)
      const wrong = await asking({ url: locked.url, secret: 'another-one-of-sixteen' })
      expect(await failureOf(await wrong.get('a.mp4?mode=frame&format=png'))).toMatchObject({
        status: 502,
        code: 'REMOTE_FAILED',
      })
    })

    test('is asked for what Accept chooses', async () => {
      const { url } = await asking({ url: other.url })
      const response = await fetch(`${url}/files/a.mp4?mode=frame`, { headers: { accept: 'image/webp,*/*' } })
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp'])
    })

    test('is not asked for what is made here, and a storyboard names the sheet that it makes', async () => {
      const { get } = await asking({ url: other.url })
      for (const path of ['a.mp4?time=0.5&duration=1&format=mp4', 'a.mp4?format=json'])
        expect((await get(path)).headers.get('x-transform-source')).toBe('container')
      const storyboard = await get('a.mp4?mode=storyboard&imageCount=4')
      expect(storyboard.headers.get('x-transform-source')).toBe('remote')
      expect(await storyboard.text()).toContain('a.mp4?mode=spritesheet')
    })

    test('tells what is wrong with the original, and the original comes where the origin says so', async () => {
      const { get } = await asking({ url: other.url })
      expect(await failureOf(await get('damaged.mp4?mode=frame'))).toMatchObject({
        status: 422,
        code: 'CORRUPT_MEDIA',
      })
      const kept = await asking({ url: other.url }, { origin: { fallback: 'original' } })
      const response = await kept.get('damaged.mp4?mode=frame')
      expect([response.status, response.headers.get('x-transform-source')]).toEqual([200, 'passthrough'])
      await response.arrayBuffer()
    })

    test('that cannot either says why: 501', async () => {
      const bare = await stage(() => ({}))
      const { get } = await asking({ url: bare.url })
      const { status, code, message } = await failureOf(await get('a.mp4?mode=frame'))
      expect([status, code]).toEqual([501, 'NOT_SUPPORTED_HERE'])
      expect(message).toContain('No engine here can make that of mp4')
    })

    test.each([
      [503, { 'retry-after': '7' }, '{"error":{"code":"BUSY","message":"x"}}', 503, 'BUSY', '7'],
      [202, { 'retry-after': '9' }, '{"status":"queued","jobId":"1"}', 503, 'BUSY', '9'],
      [429, { 'retry-after': '3' }, '{"error":{"code":"RATE_LIMITED"}}', 503, 'BUSY', '3'],
      [503, {}, '<h1>Bad gateway</h1>', 503, 'BUSY', '5'],
      [504, {}, '{"error":{"code":"SOURCE_TIMEOUT","message":"x"}}', 504, 'SOURCE_TIMEOUT', null],
      [404, {}, '{"error":{"code":"NOT_FOUND","message":"x"}}', 502, 'REMOTE_FAILED', null],
      [500, {}, '{"error":{"code":"INTERNAL","message":"x"}}', 502, 'REMOTE_FAILED', null],
      [200, { 'content-type': 'text/html' }, '<script>', 502, 'REMOTE_FAILED', null],
    ])('that answers %i %j %s', async (status, headers, body, ours, code, wait) => {
      const url = await zone((_, response) => response.writeHead(status, headers).end(body))
      const { get } = await asking({ url })
      const response = await get('a.mp4?mode=frame')
      expect(response.headers.get('retry-after')).toBe(wait)
      expect(await failureOf(response)).toMatchObject({ status: ours, code })
    })

    test('that is not there, is silent, stops, or sends too much', async () => {
      const gone = await asking({ url: 'http://127.0.0.1:9' })
      expect(await failureOf(await gone.get('a.mp4?mode=frame'))).toMatchObject({ code: 'REMOTE_FAILED' })
      const silent = await asking({ url: await zone(() => undefined), timeoutMs: 300 })
      const began = performance.now()
      expect(await failureOf(await silent.get('a.mp4?mode=frame'))).toMatchObject({
        status: 504,
        code: 'REMOTE_TIMEOUT',
      })
      expect(performance.now() - began).toBeLessThan(3000)
      const halting = await zone((_, response) => {
        response.writeHead(200, { 'content-type': 'image/png', 'content-length': '1000' })
        response.write('half')
        setTimeout(() => response.destroy(), 50)
      })
      const half = await asking({ url: halting })
      expect(await failureOf(await half.get('a.mp4?mode=frame'))).toMatchObject({ code: 'REMOTE_FAILED' })
      const endless = await zone((_, response) => {
        response.writeHead(200, { 'content-type': 'image/png' })
        const more = () =>
          void (response.writable && response.write(Buffer.alloc(65_536), () => setImmediate(more)))
        more()
      })
      const large = await stage(() => ({ remote: { url: endless }, limits: { outputBytes: 1_000_000 } }))
      expect(await failureOf(await large.get('a.mp4?mode=frame'))).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    })

    test('is never asked in a circle, whoever is asked first, nor is what that one could not make held against clients', async () => {
      const ports = [await freePort(), await freePort()]
      const [a = '', b = ''] = ports.map((port) => `http://127.0.0.1:${port}`)
      const [first, second] = [
        await stage(() => ({ remote: { url: b, timeoutMs: 5000 } }), { port: ports[0] ?? 0 }),
        await stage(() => ({ remote: { url: a, timeoutMs: 5000 } }), { port: ports[1] ?? 0 }),
      ]
      const began = performance.now()
      const answers = await Promise.all(
        [first, second, first, second].map(({ get }) => get('a.mp4?mode=frame')),
      )
      for (const answer of answers)
        expect(await failureOf(answer)).toMatchObject({ status: 508, code: 'REQUEST_LOOP' })
      expect(performance.now() - began).toBeLessThan(3000)
    })

    test('may ask a third', async () => {
      const middle = await asking({ url: other.url })
      const { get } = await asking({ url: middle.url })
      const response = await get('a.mp4?mode=frame&format=png')
      expect([response.status, response.headers.get('x-transform-source')]).toEqual([200, 'remote'])
      await response.arrayBuffer()
    })
  })

  describe("Cloudflare's /cdn-cgi/media/", () => {
    /** Fetches the original as Cloudflare does; pictures tell by their colour how long it is. */
    async function cloudflare(document: object = {}, more: { secret?: string; origin?: object } = {}) {
      const asked: string[] = []
      const url = await zone(async ({ url: path = '' }, response) => {
        const [, options = '', source = ''] = /^\/cdn-cgi\/media\/([^/]+)\/(.+)$/.exec(path) ?? []
        asked.push(options)
        const time = Number(/time=([\d.]+)s/.exec(options)?.[1] ?? 0)
        const fails = FAILS[Math.round(time * 100)]
        if (fails)
          return response
            .writeHead(fails[0], { 'cf-resized': `err=${fails[1]}`, 'retry-after': '4' })
            .end('x')
        const original = await fetch(source)
        if (original.status !== 200) return response.writeHead(403, { 'cf-resized': 'err=9408' }).end()
        const { length } = new Uint8Array(await original.arrayBuffer())
        if (!options.includes('mode=frame'))
          return response.writeHead(200, { 'content-type': 'video/mp4' }).end(options)
        const [width, height] = ['width', 'height'].map((name) =>
          Number(new RegExp(`${name}=(\\d+)`).exec(options)?.[1]),
        )
        const background = { r: length % 251, g: 7, b: 9 }
        const picture = sharp({ create: { width: width ?? 1, height: height ?? 1, channels: 3, background } })
        response.writeHead(200, { 'content-type': 'image/png' }).end(await picture.png().toBuffer())
      })
      const service = await stage((publicUrl) => ({ publicUrl, cloudflare: { url }, ...document }), more)
      return { ...service, asked }
    }
    const FAILS: Readonly<Record<number, readonly [number, number]>> = {
      41: [415, 9412],
      42: [413, 9402],
      43: [502, 9404],
      44: [503, 9503],
      45: [400, 9401],
    }
    const length = () => mount.files.get('a.mp4')?.body.length ?? 0

    test.each([
      ['public', '', {}],
      ['signed', SECRET, { access: 'signed' }],
    ])('makes a frame of a %s original', async (_, secret, origin) => {
      const { url, asked } = await cloudflare({}, { secret, origin })
      const path = '/files/a.mp4?mode=frame&time=1.5&format=png&width=48'
      const address = secret === '' ? path : await signUrl(path, secret)
      const response = await fetch(url + address)
      const body = await bytesOf(response)
      expect([response.status, response.headers.get('x-transform-source')]).toEqual([200, 'cloudflare'])
      const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true })
      expect([info.width, info.height, data[0]]).toEqual([48, 32, length() % 251])
      expect(asked).toEqual(['mode=frame,time=1.5s,format=png,width=48,height=32,fit=contain'])
    })

    test('makes a part of a video', async () => {
      const { get } = await cloudflare()
      const response = await get(
        'a.mp4?mode=video&format=mp4&width=48&height=48&fit=cover&time=0.5&duration=1.5',
      )
      expect(await response.text()).toBe(
        'mode=video,time=0.5s,duration=1.5s,audio=true,width=48,height=48,fit=cover',
      )
    })

    test.each([
      [0.41, 422, 'UNSUPPORTED_CODEC', null],
      [0.42, 413, 'SOURCE_TOO_LARGE', null],
      [0.43, 502, 'REMOTE_FAILED', null],
      [0.44, 503, 'BUSY', '4'],
      [0.45, 501, 'NOT_SUPPORTED_HERE', null],
    ])('fails at %s with %i %s', async (time, status, code, wait) => {
      const { get } = await cloudflare()
      const response = await get(`a.mp4?mode=frame&time=${time}`)
      expect(response.headers.get('retry-after')).toBe(wait)
      expect(await failureOf(response)).toMatchObject({ status, code })
    })

    test('gets no original that the origin hands out to nobody', async () => {
      const { get, asked } = await cloudflare({}, { origin: { originals: 'none' } })
      expect(await failureOf(await get('a.mp4?mode=frame'))).toMatchObject({ status: 501 })
      expect(asked).toEqual([])
    })

    test('is asked before another Mediamorph, which makes what fails there', async () => {
      const other = await stage(() => ({}), { hasFfmpegs: true })
      const { get } = await cloudflare({ remote: { url: other.url }, debug: { public: true } })
      const by = async (path: string) => {
        const response = await get(path)
        await response.arrayBuffer()
        return [response.status, response.headers.get('x-transform-source')]
      }
      expect(await by('a.mp4?mode=frame&time=1')).toEqual([200, 'cloudflare'])
      expect(await by('a.mp4?mode=frame&time=0.41')).toEqual([200, 'remote'])
      expect(await by('a.mp4?mode=video&format=mp4&width=48&fps=5')).toEqual([200, 'remote'])
      const seen = await (await get('a.mp4?mode=video&format=mp4&width=48&fps=5&debug=view')).json()
      expect(seen).toMatchObject({
        engine: 'remote',
        passedOver: [{ engine: 'cloudflare', lack: 'parameters of the encoder' }],
      })
    })
  })
})
