/** Runs the same under Node, Bun and Deno. */
import { createHash } from 'node:crypto'
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { createPinnedFetch, type PinnedFetchOptions } from '../../../runtimes/server/pinned-fetch.ts'
import { isPublicAddress } from '../../../src/lib/cidr.ts'
import type { OutboundRules } from '../../../src/platform.ts'
import { serveHttp, serveRaw, serveTls, type Loopback } from '../../support/loopback.ts'
import { CERTIFICATE } from '../../support/certificate.ts'

const RULES: OutboundRules = { allowed: () => true, connectMs: 1000, idleMs: 1000, totalMs: 5000 }
const opened: Loopback[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

async function opening(server: Promise<Loopback>): Promise<Loopback> {
  opened.push(await server)
  return server
}

/** Resolves every name to these addresses. */
function to(...addresses: string[]): PinnedFetchOptions {
  return { resolve: async () => addresses }
}

/** Every name is an address of the loopback, or those given. */
function pinned(rules: Partial<OutboundRules> = {}, options: PinnedFetchOptions = {}) {
  return createPinnedFetch({ ...RULES, ...rules }, { ...to('127.0.0.1'), ...options })
}

function neverAnswers(): Promise<string[]> {
  return new Promise(() => {})
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'no error'
}

test('speaks to the address under the name, once resolved, with a connection used again', async () => {
  const hosts: (string | undefined)[] = []
  const server = await opening(
    serveHttp((request, response) => (hosts.push(request.headers.host), response.end('hi'))),
  )
  let lookups = 0
  const fetchPinned = pinned({}, { resolve: async () => (lookups++, ['127.0.0.1']) })
  for (let i = 0; i < 3; i++) {
    const response = await fetchPinned(new Request(`http://pictures.test:${server.port}/a?b=c`))
    expect([response.status, await response.text()]).toEqual([200, 'hi'])
  }
  expect(hosts).toEqual(Array(3).fill(`pictures.test:${server.port}`))
  expect(lookups).toBe(3)
  expect(server.openSockets()).toBe(1)
})

test('one address of many that is not allowed refuses the host, before any connection', async () => {
  let hits = 0
  const server = await opening(serveHttp((_, response) => (hits++, response.end())))
  const work = pinned(
    { allowed: isPublicAddress },
    to('93.184.216.34', '127.0.0.1'),
  )(new Request(`http://mixed.test:${server.port}/`))
  expect(await codeOf(work)).toBe('ADDRESS_DENIED')
  expect(hits).toBe(0)
})

test('a name that is resolved to nothing, or to no address, is refused', async () => {
  const request = new Request('http://odd.test/')
  expect(await codeOf(pinned({}, to())(request))).toBe('NAME_UNKNOWN')
  expect(await codeOf(pinned({}, to('other.test'))(request))).toBe('ADDRESS_DENIED')
})

test('what answers elsewhere at the second look-up is not met: rebinding', async () => {
  const server = await opening(serveHttp((_, response) => response.end('public')))
  let lookups = 0
  const resolve = async () => [lookups++ === 0 ? '127.0.0.1' : '127.0.0.9']
  const fetchPinned = pinned({ allowed: (ip) => ip === '127.0.0.1' }, { resolve })
  expect(await (await fetchPinned(new Request(`http://turn.test:${server.port}/`))).text()).toBe('public')
  expect(await codeOf(fetchPinned(new Request(`http://turn.test:${server.port}/`)))).toBe('ADDRESS_DENIED')
})

test('the next address is tried when one refuses the connection', async () => {
  const server = await opening(serveHttp((_, response) => response.end('second')))
  const response = await pinned(
    {},
    to('127.0.0.77', '127.0.0.1'),
  )(new Request(`http://two.test:${server.port}/`))
  expect(await response.text()).toBe('second')
})

test('a request that was sent is not repeated at the next address', async () => {
  let hits = 0
  const server = await opening(serveRaw((socket) => (hits++, socket.destroy())))
  await expect(
    pinned({}, to('127.0.0.1', '127.0.0.1'))(new Request(`http://cut.test:${server.port}/`)),
  ).rejects.toThrow()
  expect(hits).toBe(1)
})

test('a pooled connection that its server has closed is replaced, once', async () => {
  let sockets = 0
  const server = await opening(
    serveRaw((socket) => {
      sockets++
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
      // The second request on the same connection meets a server that has just given it up.
      socket.once('data', () => socket.destroy())
    }),
  )
  const fetchPinned = pinned()
  for (let i = 0; i < 3; i++) {
    expect(await (await fetchPinned(new Request(`${server.origin}/${i}`))).text()).toBe('hi')
  }
  expect(sockets).toBeGreaterThan(1)
})

test('redirects are handed out, not followed', async () => {
  const server = await opening(
    serveHttp((_, response) => response.writeHead(302, { location: 'http://other.test/' }).end()),
  )
  const response = await pinned()(new Request(`http://from.test:${server.port}/`))
  expect([response.status, response.headers.get('location')]).toEqual([302, 'http://other.test/'])
})

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
])('%s is decoded', async (encoding, compress) => {
  const text = 'morph '.repeat(50_000)
  const server = await opening(
    serveHttp((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(compress(text))),
  )
  const response = await pinned()(new Request(server.origin))
  expect([response.headers.get('content-encoding'), response.headers.get('content-length')]).toEqual([
    null,
    null,
  ])
  expect(await response.text()).toBe(text)
})

test('an encoding that nobody asked for and nobody knows is refused', async () => {
  const server = await opening(
    serveHttp((_, response) => response.writeHead(200, { 'content-encoding': 'rot13' }).end('uv')),
  )
  expect(await codeOf(pinned()(new Request(server.origin)))).toBe('ENCODING_UNKNOWN')
})

test('a gzip body that ends early is an error', async () => {
  const whole = gzipSync(createHash('sha512').update('x').digest('hex').repeat(5000))
  const server = await opening(
    serveHttp((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, whole.length >> 1)),
    ),
  )
  await expect((await pinned()(new Request(server.origin))).arrayBuffer()).rejects.toThrow()
})

test('fewer bytes than declared are an error', async () => {
  const server = await opening(
    serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort')),
  )
  await expect((await pinned()(new Request(server.origin))).text()).rejects.toThrow()
})

test('bytes after those declared belong to nobody', async () => {
  const server = await opening(
    serveRaw((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbodymore'),
    ),
  )
  const text = await (await pinned()(new Request(server.origin))).text().catch(() => 'refused')
  expect(['body', 'refused']).toContain(text)
})

test('a chunked body without its end is an error', async () => {
  const server = await opening(
    serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n')),
  )
  await expect((await pinned()(new Request(server.origin))).text()).rejects.toThrow()
})

test('no headers in time', async () => {
  const server = await opening(serveRaw(() => {}))
  expect(await codeOf(pinned({ idleMs: 100 })(new Request(server.origin)))).toBe('IDLE_TIMEOUT')
  await expect.poll(() => server.openSockets()).toBe(0)
})

test('a body that falls silent', async () => {
  const server = await opening(serveHttp((_, response) => void response.write('begin')))
  const response = await pinned({ idleMs: 100 })(new Request(server.origin))
  expect(await codeOf(response.text())).toBe('IDLE_TIMEOUT')
  await expect.poll(() => server.openSockets()).toBe(0)
})

test('a look-up that never answers', async () => {
  const options = { resolve: neverAnswers }
  const work = pinned({ connectMs: 50 }, options)(new Request('http://slow.test/'))
  expect(await codeOf(work)).toBe('CONNECT_TIMEOUT')
})

test('a TLS handshake that never ends', async () => {
  const server = await opening(serveRaw(() => {}))
  const work = pinned({ connectMs: 100 })(new Request(`https://tls.test:${server.port}/`))
  expect(await codeOf(work)).toBe('CONNECT_TIMEOUT')
})

test('cancelling the body closes the socket', async () => {
  const server = await opening(serveHttp((_, response) => void response.write(new Uint8Array(100_000))))
  const response = await pinned()(new Request(server.origin))
  const reader = response.body!.getReader()
  await reader.read()
  await reader.cancel()
  await expect.poll(() => server.openSockets()).toBe(0)
})

test.each(['before the headers', 'in the body'])(
  'aborting %s gives the reason and closes the socket',
  async (when) => {
    const server = await opening(
      serveHttp((_, response) => {
        if (when === 'in the body') response.write('begin')
      }),
    )
    const controller = new AbortController()
    const reason = new Error('enough')
    const work = pinned()(new Request(server.origin, { signal: controller.signal })).then((response) =>
      response.text(),
    )
    setTimeout(() => controller.abort(reason), 50)
    await expect(work).rejects.toBe(reason)
    await expect.poll(() => server.openSockets()).toBe(0)
  },
)

test('a body that nobody reads is not pulled into memory', async () => {
  let sent = 0
  const server = await opening(
    serveHttp((_, response) => {
      const chunk = new Uint8Array(65_536)
      const more = () => {
        while (sent < 64_000_000 && response.write(chunk)) sent += chunk.length
        if (sent < 64_000_000) response.once('drain', () => ((sent += chunk.length), more()))
      }
      more()
    }),
  )
  const response = await pinned()(new Request(server.origin))
  await new Promise((done) => setTimeout(done, 300))
  expect(sent).toBeLessThan(32_000_000)
  await response.body!.cancel()
})

test('HEAD and 304 have no body', async () => {
  const server = await opening(
    serveHttp((request, response) =>
      request.method === 'HEAD'
        ? response.writeHead(200, { 'content-length': 9 }).end()
        : response.writeHead(304).end(),
    ),
  )
  const head = await pinned()(new Request(server.origin, { method: 'HEAD' }))
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '9', ''])
  const unchanged = await pinned()(new Request(server.origin))
  expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
})

test('proxies of the environment are not used', async () => {
  const proxy = await opening(serveHttp((_, response) => response.end('proxied')))
  const server = await opening(serveHttp((_, response) => response.end('direct')))
  const names = ['HTTP_PROXY', 'http_proxy', 'NODE_USE_ENV_PROXY'] as const
  const before = names.map((name) => process.env[name])
  for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin
  try {
    const response = await pinned()(new Request(`http://direct.test:${server.port}/`))
    expect(await response.text()).toBe('direct')
  } finally {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name]
      else process.env[name] = before[i]
    })
  }
})

test('a certificate is checked against the name, by the authority that was given', async () => {
  const server = await opening(serveTls((_, response) => response.end('secret')))
  const get = (host: string, options: PinnedFetchOptions) =>
    pinned({}, options)(new Request(`https://${host}:${server.port}/`)).then((response) => response.text())
  expect(await get('pictures.test', { ca: CERTIFICATE })).toBe('secret')
  expect(await get('pictures.test.', { ca: CERTIFICATE })).toBe('secret')
  await expect(get('other.test', { ca: CERTIFICATE })).rejects.toThrow()
  await expect(get('127.0.0.1', { ca: CERTIFICATE })).rejects.toThrow()
  await expect(get('pictures.test', {})).rejects.toThrow()
})
