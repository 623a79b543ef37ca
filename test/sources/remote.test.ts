/** What an original behind HTTP costs, and what becomes of sources that lie. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { readAll } from '../../src/lib/stream.ts'
import { createHttpSource } from '../../src/sources/http.ts'
import { openRemote } from '../../src/sources/remote-original.ts'
import { createS3Source } from '../../src/sources/s3.ts'
import { noise } from '../contracts/source.ts'
import { startObjectServer, type ObjectServerOptions } from '../support/object-server.ts'
import { createTestFetch } from '../support/outbound.ts'
import { isSigned, startS3Server } from '../support/s3-server.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const it of open.splice(0)) await it.close()
})

const PICTURE = noise(2_500_000, 5)
const signal = new AbortController().signal

async function start(options: ObjectServerOptions = {}, rules = {}) {
  const server = await startObjectServer(options)
  server.objects.set('a.bin', PICTURE)
  open.push(server)
  const settings = { url: `${server.url}/\${key}`, headers: { authorization: 'Bearer t' } }
  const source = createHttpSource(settings, createTestFetch({ idleMs: 300, ...rules }))
  return {
    server,
    async open(key = 'a.bin') {
      const original = await source.open({ captures: { key }, signal })
      open.push(original)
      return original
    },
    ranges: () => server.requests.map(({ headers }) => headers.range),
  }
}
const startLying = (instead: (request: IncomingMessage, response: ServerResponse) => boolean, rules = {}) =>
  start({ instead }, rules)
const same = (got: Uint8Array, wanted: Uint8Array) => Buffer.compare(got, wanted) === 0
const code = async (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  )

describe('requests', () => {
  it('of what looks like video or sound the beginning is asked for, then what is wanted', async () => {
    const it = await start()
    it.server.objects.set('a.mp4', PICTURE)
    const original = await it.open('a.mp4')
    expect(original.size).toBe(PICTURE.length)
    expect(same(await original.read({ start: 0, end: 65_536 }), PICTURE.subarray(0, 65_536))).toBe(true)
    expect(it.ranges()).toEqual(['bytes=0-65535'])
    expect(same(await original.read({ start: 2_400_000, end: 9e9 }), PICTURE.subarray(2_400_000))).toBe(true)
    expect(it.ranges()).toEqual(['bytes=0-65535', 'bytes=2400000-2499999'])
    expect(same(await readAll(original.stream()), PICTURE)).toBe(true)
    expect(it.ranges().slice(2)).toEqual(['bytes=65536-2499999'])
  })

  it.each<[string, ObjectServerOptions, number]>([
    ['that answers no ranges', { ranges: false }, 100_000],
    ['that does not tell versions apart', { validators: 'none' }, 100_000],
    ['that does not say how long it is', { length: false, ranges: false }, 100_000],
    ['of a file that is smaller', {}, 1000],
    ['of an empty file', {}, 0],
  ])('so too at a source %s', async (_, options, size) => {
    const it = await start(options)
    it.server.objects.set('a.MP4', PICTURE.subarray(0, size))
    const original = await it.open('a.MP4')
    expect(same(await original.read({ start: 0, end: 9e9 }), PICTURE.subarray(0, size))).toBe(true)
    expect(same(await readAll((await it.open('a.MP4')).stream()), PICTURE.subarray(0, size))).toBe(true)
  })

  it('a picture that is looked at and then read costs one', async () => {
    const it = await start()
    const original = await it.open()
    await original.read({ start: 0, end: 4096 })
    await original.read({ start: 0, end: 65_536 })
    await original.read({ start: 100, end: 200 })
    expect(same(await original.read({ start: 0, end: PICTURE.length }), PICTURE)).toBe(true)
    expect(it.ranges()).toEqual([undefined])
    expect(it.server.requests[0]?.headers.authorization).toBe('Bearer t')
  })

  it('one that is looked at and then streamed costs one', async () => {
    const it = await start()
    const original = await it.open()
    await original.read({ start: 0, end: 4096 })
    expect(same(await readAll(original.stream()), PICTURE)).toBe(true)
    expect(it.ranges()).toEqual([undefined])
  })

  it('a far range is asked for as such, pinned to the version', async () => {
    const it = await start()
    const original = await it.open()
    await original.read({ start: 0, end: 4096 })
    const range = { start: 2_000_000, end: 2_100_000 }
    expect(same(await readAll(original.stream(range)), PICTURE.slice(range.start, range.end))).toBe(true)
    expect(it.ranges()).toEqual([undefined, 'bytes=2000000-2099999'])
    const { headers } = it.server.requests[1]!
    expect([headers['if-match'], headers['if-range']]).toEqual([
      original.validator.text,
      original.validator.text,
    ])
  })

  it('reading on after a jump begins where the kept head ends', async () => {
    const it = await start()
    const original = await it.open()
    await original.read({ start: 0, end: 1000 })
    await original.read({ start: 2_400_000, end: 2_400_010 })
    expect(same(await original.read({ start: 0, end: PICTURE.length }), PICTURE)).toBe(true)
    expect(it.server.requests).toHaveLength(3)
  })

  it('connections are used again', async () => {
    const it = await start()
    const ports = new Set<number | undefined>()
    for (let i = 0; i < 4; i++) {
      const original = await it.open()
      await original.read({ start: 0, end: PICTURE.length })
      ports.add(it.server.requests.at(-1)?.socket.remotePort)
    }
    expect(ports.size).toBe(1)
  })
})

describe('changes underneath', () => {
  it('are asked about once more, then SOURCE_CHANGED', async () => {
    const it = await start()
    const original = await it.open()
    await original.read({ start: 0, end: 10 })
    it.server.objects.set('a.bin', noise(PICTURE.length, 6))
    expect(await code(original.read({ start: 2_000_000, end: 2_000_010 }))).toBe('SOURCE_CHANGED')
    expect(it.server.requests).toHaveLength(3)
  })

  it('that pass, as between machines that disagree, do no harm', async () => {
    let ranged = 0
    const it = await startLying((request, response) => {
      if (request.headers.range === undefined || ranged++ > 0) return false
      response.writeHead(412).end()
      return true
    })
    const original = await it.open()
    const got = await original.read({ start: 2_000_000, end: 2_000_010 })
    expect(got).toEqual(PICTURE.slice(2_000_000, 2_000_010))
  })

  it('are seen when preconditions are ignored', async () => {
    const it = await startLying((request, response) => {
      if (request.headers.range === undefined) return false
      response
        .writeHead(206, { etag: '"other"', 'content-range': 'bytes 2000000-2000009/2500000' })
        .end('0123456789')
      return true
    })
    const original = await it.open()
    expect(await code(original.read({ start: 2_000_000, end: 2_000_010 }))).toBe('SOURCE_CHANGED')
  })

  it('an original that is deleted meanwhile has changed', async () => {
    const it = await start()
    const original = await it.open()
    it.server.objects.clear()
    expect(await code(original.read({ start: 2_000_000, end: 2_000_010 }))).toBe('SOURCE_CHANGED')
  })

  it('a range that is not the one asked for is refused', async () => {
    const it = await startLying((request, response) => {
      if (request.headers.range === undefined) return false
      response.writeHead(206, { 'content-range': 'bytes 0-9/2500000' }).end('0123456789')
      return true
    })
    const original = await it.open()
    expect(await code(original.read({ start: 2_000_000, end: 2_000_010 }))).toBe('SOURCE_CHANGED')
  })
})

describe('threats row 9: sources that lie', () => {
  it('less than declared fails, read or streamed', async () => {
    const it = await startLying((_, response) => {
      response.writeHead(200, { 'content-length': 1000, etag: '"x"' })
      response.write('short')
      setTimeout(() => response.destroy(), 20)
      return true
    })
    expect(await code((await it.open()).read({ start: 0, end: 1000 }))).toBe('SOURCE_FAILED')
    expect(await code(readAll((await it.open()).stream()))).toBe('SOURCE_FAILED')
  })

  it('an endless body is read no further than asked', async () => {
    const it = await startLying((_, response) => {
      const chunk = new Uint8Array(65_536)
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', more)
      }
      response.writeHead(200, { etag: '"x"' })
      more()
      return true
    })
    const original = await it.open()
    expect((await original.read({ start: 0, end: 1_000_000 })).length).toBe(1_000_000)
    expect(await code(readAll(original.stream(), 3_000_000))).toBe('SOURCE_TOO_LARGE')
  })

  it('a body that falls silent is SOURCE_TIMEOUT', async () => {
    const it = await startLying((_, response) => {
      response.writeHead(200, { etag: '"x"' })
      return response.write('begin') || true
    })
    const original = await it.open()
    expect((await original.read({ start: 0, end: 5 })).length).toBe(5)
    expect(await code(original.read({ start: 0, end: 6 }))).toBe('SOURCE_TIMEOUT')
  })

  it('HTML is handed on as it is: whoever sniffs it refuses it', async () => {
    const it = await startLying((_, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end('<html></html>')
      return true
    })
    const original = await it.open()
    expect(new TextDecoder().decode(await original.read({ start: 0, end: 100 }))).toBe('<html></html>')
  })
})

describe('threats row 29: coded bodies', () => {
  it('are decoded, their length unknown, and read at random all the same', async () => {
    const zipped = gzipSync(PICTURE, { level: 1 })
    const it = await startLying((_, response) => {
      response
        .writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length, etag: '"z"' })
        .end(zipped)
      return true
    })
    const original = await it.open()
    expect(original.size).toBeUndefined()
    const far = { start: 2_000_000, end: 2_000_100 }
    expect(await original.read(far)).toEqual(PICTURE.slice(far.start, far.end))
    expect(same(await original.read({ start: 0, end: 9_000_000 }), PICTURE)).toBe(true)
    expect(it.ranges().every((range) => range === undefined)).toBe(true)
  })
})

describe('s3', () => {
  const credentials = { accessKeyId: 'AK', secretAccessKey: 'SK', region: 'auto' }

  it.each([
    ['another secret', { secretAccessKey: 'other' }],
    ['another region', { region: 'elsewhere' }],
  ])('a request with %s is refused by the service', async (_, wrong) => {
    const server = await startS3Server(credentials)
    open.push(server)
    server.objects.set('media/a.bin', PICTURE)
    const settings = {
      ...credentials,
      endpoint: server.url,
      bucket: 'media',
      key: '${key}',
      style: 'path',
    } as const
    const source = createS3Source({ ...settings, ...wrong }, createTestFetch())
    expect(await code(source.open({ captures: { key: 'a.bin' }, signal }))).toBe('SOURCE_FAILED')
  })

  it('without keys, requests are not signed', async () => {
    const server = await startObjectServer()
    open.push(server)
    server.objects.set('media/a.bin', PICTURE)
    const settings = {
      endpoint: server.url,
      bucket: 'media',
      key: '${key}',
      style: 'path',
      region: 'auto',
    } as const
    await (
      await createS3Source(settings, createTestFetch()).open({ captures: { key: 'a.bin' }, signal })
    ).close()
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })

  it('the verifier of these tests agrees with the example of the specification', () => {
    const example = {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      region: 'us-east-1',
    }
    const names = 'host;range;x-amz-content-sha256;x-amz-date'
    const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'
    const headers = {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      authorization: `AWS4-HMAC-SHA256 Credential=${example.accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${names},Signature=${signature}`,
    }
    const request = { method: 'GET', url: '/test.txt', headers }
    const then = Date.parse('2013-05-24T00:00:00Z')
    expect(isSigned(request, example, then)).toBe(true)
    expect(isSigned({ ...request, url: '/test2.txt' }, example, then)).toBe(false)
    expect(isSigned(request, example)).toBe(false)
  })

  it('keys are not sent along a redirect', async () => {
    const seen: unknown[] = []
    const other = await startObjectServer({
      instead: (request, response) => (seen.push(request.headers.authorization), response.end('x'), true),
    })
    const server = await startObjectServer({
      instead: (_, response) => (response.writeHead(307, { location: `${other.url}/a.bin` }).end(), true),
    })
    open.push(other, server)
    const settings = {
      ...credentials,
      endpoint: server.url,
      bucket: 'media',
      key: '${key}',
      style: 'path',
    } as const
    await code(createS3Source(settings, createTestFetch()).open({ captures: { key: 'a.bin' }, signal }))
    expect(seen.filter((value) => value !== undefined)).toEqual([])
  })
})

describe('everybody else', () => {
  it.each([true, false])(
    'has turns while a body comes without a pause (its length is known: %s)',
    async (isKnown) => {
      const block = new Uint8Array(100_000)
      let left = 200
      const body = new ReadableStream<Uint8Array>(
        { pull: (controller) => (left-- > 0 ? controller.enqueue(block) : controller.close()) },
        { highWaterMark: 0 },
      )
      const headers = { etag: '"1"', ...(isKnown ? { 'content-length': '20000000' } : {}) }
      const original = await openRemote('http', async () => new Response(body, { headers }))
      let turns = 0
      const clock = setInterval(() => turns++, 0)
      expect((await original.read({ start: 0, end: 30_000_000 })).length).toBe(20_000_000)
      clearInterval(clock)
      expect(turns).toBeGreaterThan(isKnown ? 10 : 20)
    },
  )
})
