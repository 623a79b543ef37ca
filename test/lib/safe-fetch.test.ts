/** Live servers that mean harm, by the rows of what must be tried against an outbound fetch. */
import { createGzip, gzipSync } from 'node:zlib'
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { createPinnedFetch } from '../../runtimes/server/pinned-fetch.ts'
import { MediaError } from '../../src/error.ts'
import { isPublicAddress } from '../../src/lib/cidr.ts'
import { createSafeFetch, type SafeFetchOptions, type SafeFetchRules } from '../../src/lib/safe-fetch.ts'
import { CERTIFICATE } from '../support/certificate.ts'
import { serveHttp, serveRaw, serveTls, type Loopback } from '../support/loopback.ts'

const RULES: SafeFetchRules = {
  allowHosts: ['*'],
  denyHosts: [],
  allowPrivate: [],
  ports: [80, 443],
  maxRedirects: 5,
  connectMs: 1000,
  idleMs: 300,
  totalMs: 1000,
}
const LOOPBACK: Partial<SafeFetchRules> = { allowPrivate: ['127.0.0.0/8'] }
const opened: Loopback[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

async function serving(server: Promise<Loopback>): Promise<Loopback> {
  opened.push(await server)
  return server
}

function opening(listener: RequestListener): Promise<Loopback> {
  return serving(serveHttp(listener))
}

type Names = Readonly<Record<string, readonly string[]>>

/** Pinned, with names as given; others are on the loopback. */
function fetcher(rules: Partial<SafeFetchRules> = {}, names: Names = {}) {
  const safeFetch = createSafeFetch({
    rules: { ...RULES, ...rules },
    instanceId: 'mm-test',
    createPinnedFetch: (outbound) =>
      createPinnedFetch(outbound, { resolve: async (host) => names[host] ?? ['127.0.0.1'] }),
  })
  return (url: string, options: Partial<SafeFetchOptions> = {}) =>
    safeFetch(url, { signal: new AbortController().signal, ...options })
}

/** Without pinning, as on Workers. */
function unpinned(rules: Partial<SafeFetchRules> = {}) {
  const safeFetch = createSafeFetch({ rules: { ...RULES, ...rules }, instanceId: 'mm-test' })
  return (url: string, options: Partial<SafeFetchOptions> = {}) =>
    safeFetch(url, { signal: new AbortController().signal, ...options })
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error instanceof MediaError ? error.code : error
  }
  return 'no error'
}

async function bodyOf(work: Promise<Response>): Promise<Uint8Array> {
  return new Uint8Array(await (await work).arrayBuffer())
}

function redirect(location: string, status = 302): RequestListener {
  return (_, response) => response.writeHead(status, { location }).end()
}

describe('threats row 3, row 4, row 6, row 7, row 8, row 14, row 15, row 16, row 17, row 18: addresses', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://127.1/',
    'http://0/',
    'http://127.0.0.1./',
    'http://１２７.０.０.１/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'http://localhost./',
    'http://LOCALHOST/',
    'http://user@127.0.0.1/',
    'http://example.com@127.0.0.1/',
    'http://user:secret@public.test/',
    'ftp://public.test/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'gopher://public.test/',
    'http://public.test:22/',
  ])('%s is refused', async (url) => {
    expect(await codeOf(fetcher({}, { 'public.test': ['93.184.216.34'] })(url))).toBe('ADDRESS_REFUSED')
    const named = unpinned({ allowHosts: ['public.test', '127.0.0.1', '[::1]'] })
    expect(await codeOf(named(url))).toMatch(/^(?:ADDRESS_REFUSED|NOT_SUPPORTED_HERE)$/)
  })

  test.each(['', 'no address', 'http://', 'http://a b/', 'http://1.2.3.4.5.6:99999/'])(
    '%j is malformed',
    async (url) => expect(await codeOf(fetcher()(url))).toBe('INVALID_URL'),
  )

  test('public and private records together are refused', async () => {
    const { port } = await opening((_, response) => response.end('inside'))
    const names = { 'mixed.test': ['93.184.216.34', '127.0.0.1'] }
    expect(await codeOf(fetcher({ ports: [port] }, names)(`http://mixed.test:${port}/`))).toBe(
      'ADDRESS_REFUSED',
    )
  })

  test('a name that turns private between two look-ups is not followed: rebinding', async () => {
    const { port } = await opening((_, response) => response.end('inside'))
    const asked: string[] = []
    const safeFetch = createSafeFetch({
      rules: { ...RULES, ports: [port] },
      instanceId: 'mm-test',
      createPinnedFetch: (rules) =>
        createPinnedFetch(
          { ...rules, allowed: (ip) => (asked.push(ip), rules.allowed(ip)) },
          { resolve: async () => [asked.length === 0 ? '192.0.2.1' : '127.0.0.1'] },
        ),
    })
    const { signal } = new AbortController()
    expect(await codeOf(safeFetch(`http://turn.test:${port}/`, { signal }))).toBe('ADDRESS_REFUSED')
    expect(await codeOf(safeFetch(`http://turn.test:${port}/`, { signal }))).toBe('ADDRESS_REFUSED')
    expect(asked.some(isPublicAddress)).toBe(false)
  })

  test('allowPrivate opens its block on any port, and no other', async () => {
    const { port } = await opening((_, response) => response.end('inside'))
    const safeFetch = fetcher({ allowPrivate: ['127.0.0.1/32'] }, { 'b.test': ['127.0.0.2'] })
    expect(await (await safeFetch(`http://a.test:${port}/`)).text()).toBe('inside')
    expect(await codeOf(safeFetch(`http://b.test:${port}/`))).toBe('ADDRESS_REFUSED')
  })

  test('a configured source may be private on any port, another port of it may not', async () => {
    const server = await opening((_, response) => response.end('inside'))
    const other = await opening((_, response) => response.end('other'))
    const options = { trustedHost: server.host }
    expect(await (await fetcher()(server.origin, options)).text()).toBe('inside')
    expect(await codeOf(fetcher()(other.origin, options))).toBe('ADDRESS_REFUSED')
    expect(await codeOf(fetcher({ denyHosts: ['127.0.0.1'] })(server.origin, options))).toBe(
      'ADDRESS_REFUSED',
    )
  })

  test.each([
    ['good.test', 'good.test', true],
    ['good.test', 'GOOD.TEST', true],
    ['good.test', 'good.test.', true],
    ['GOOD.test.', 'good.test', true],
    ['good.test', 'good.test.evil.test', false],
    ['good.test', 'evil-good.test', false],
    ['good.test', 'sub.good.test', false],
    ['*.good.test', 'sub.good.test', true],
    ['*.good.test', 'a.sub.good.test', true],
    ['*.good.test', 'good.test', false],
    ['*.good.test', 'evilgood.test', false],
    ['bücher.test', 'xn--bcher-kva.test', true],
    ['xn--bcher-kva.test', 'BÜCHER.test', true],
  ])('allowHosts %s and %s: %s', async (pattern, host, isAllowed) => {
    const { port } = await opening((_, response) => response.end('ok'))
    const work = fetcher({ ...LOOPBACK, allowHosts: [pattern] })(`http://${host}:${port}/`)
    expect(await codeOf(work)).toBe(isAllowed ? 'no error' : 'ADDRESS_REFUSED')
    const denied = fetcher({ ...LOOPBACK, denyHosts: [pattern] })(`http://${host}:${port}/`)
    expect(await codeOf(denied)).toBe(isAllowed ? 'ADDRESS_REFUSED' : 'no error')
  })

  test('a host that a request chose must be named', async () => {
    const { port } = await opening((_, response) => response.end('ok'))
    const url = `http://a.good.test:${port}/`
    const options = { mustBeNamed: true }
    expect(await codeOf(fetcher(LOOPBACK)(url, options))).toBe('ADDRESS_REFUSED')
    expect(await codeOf(fetcher({ ...LOOPBACK, allowHosts: ['*.good.test'] })(url, options))).toBe('no error')
  })

  test('without pinning, only trusted and named hosts are fetched from', async () => {
    const server = await opening((_, response) => response.end('ok'))
    const url = `http://localhost:${server.port}/`
    expect(await codeOf(unpinned()(url))).toBe('NOT_SUPPORTED_HERE')
    expect(await codeOf(unpinned({ allowHosts: ['localhost'] })(url))).toBe('ADDRESS_REFUSED')
    const named = unpinned({ allowHosts: ['localhost'], ports: [server.port] })
    expect(await (await named(url)).text()).toBe('ok')
    expect(await (await unpinned()(server.origin, { trustedHost: server.host })).text()).toBe('ok')
  })
})

describe('threats row 5, row 6, row 34: redirects', () => {
  test.each([301, 302, 303, 307, 308])('%s is followed', async (status) => {
    const target = await opening((_, response) => response.end('there'))
    const { origin } = await opening(redirect(`${target.origin}/x`, status))
    expect(await (await fetcher(LOOPBACK)(origin)).text()).toBe('there')
  })

  test('to a private address is the failure of the source, before and without a connection', async () => {
    let hits = 0
    const inside = await opening((_, response) => (hits++, response.end('inside')))
    const outside = await opening(redirect(inside.origin))
    expect(await codeOf(fetcher()(outside.origin, { trustedHost: outside.host }))).toBe('SOURCE_FAILED')
    const byName = await opening(redirect(`http://inside.test:${inside.port}/`))
    const rules = { ports: [80, inside.port] }
    expect(await codeOf(fetcher(rules)(byName.origin, { trustedHost: byName.host }))).toBe('SOURCE_FAILED')
    expect(hits).toBe(0)
  })

  test.each(['file:///etc/passwd', 'data:text/plain,x', 'ftp://a.test/', 'http://user@a.test/', 'http://'])(
    'to %s is the failure of the source',
    async (location) => {
      const { origin } = await opening(redirect(location))
      expect(await codeOf(fetcher(LOOPBACK)(origin))).toBe('SOURCE_FAILED')
    },
  )

  test('from https to http is the failure of the source', async () => {
    let hits = 0
    const plain = await opening((_, response) => (hits++, response.end('in the clear')))
    const secure = await serving(serveTls(redirect(plain.origin)))
    const safeFetch = createSafeFetch({
      rules: { ...RULES, ...LOOPBACK },
      instanceId: 'mm-test',
      createPinnedFetch: (outbound) =>
        createPinnedFetch(outbound, { resolve: async () => ['127.0.0.1'], ca: CERTIFICATE }),
    })
    const options = { signal: new AbortController().signal }
    expect(await codeOf(safeFetch(`https://pictures.test:${secure.port}/`, options))).toBe('SOURCE_FAILED')
    expect(hits).toBe(0)
  })

  test('in a circle, and one too many, end', async () => {
    let hits = 0
    const { origin } = await opening((request, response) => {
      hits++
      const left = Number(request.url?.slice(1))
      if (left === 0) response.end('done')
      else response.writeHead(302, { location: Number.isNaN(left) ? '/again' : `/${left - 1}` }).end()
    })
    expect(await codeOf(fetcher(LOOPBACK)(`${origin}/again`))).toBe('SOURCE_FAILED')
    expect(hits).toBe(6)
    expect(await (await fetcher(LOOPBACK)(`${origin}/5`)).text()).toBe('done')
    expect(await codeOf(fetcher(LOOPBACK)(`${origin}/6`))).toBe('SOURCE_FAILED')
  })

  test('credentials stay with their origin', async () => {
    const seen: Record<string, unknown>[] = []
    const target = await opening((request, response) => (seen.push(request.headers), response.end()))
    const same = await opening((request, response) => {
      seen.push(request.headers)
      if (request.url === '/1') response.writeHead(302, { location: '/2' }).end()
      else response.writeHead(302, { location: target.origin }).end()
    })
    const headers = {
      authorization: 'Bearer x',
      cookie: 'a=b',
      'x-key': 'k',
      accept: 'image/*',
      range: 'bytes=0-1',
    }
    await fetcher(LOOPBACK)(`${same.origin}/1`, { headers })
    expect(seen).toHaveLength(3)
    expect(seen[1]).toMatchObject(headers)
    expect(seen[2]).toMatchObject({ accept: 'image/*', range: 'bytes=0-1', via: '1.1 mm-test' })
    for (const name of ['authorization', 'cookie', 'x-key']) expect(seen[2]).not.toHaveProperty(name)
  })

  test('every request says what it takes, and who asks, unless told otherwise', async () => {
    const seen: unknown[] = []
    const { origin } = await opening((request, response) => {
      const { accept, 'accept-encoding': encoding, 'user-agent': agent } = request.headers
      seen.push([accept, encoding, agent])
      response.end()
    })
    await fetcher(LOOPBACK)(origin)
    await fetcher(LOOPBACK)(origin, { headers: { accept: 'image/*', 'user-agent': 'other' } })
    expect(seen).toEqual([
      ['*/*', 'identity', 'Mediamorph'],
      ['image/*', 'identity', 'other'],
    ])
  })

  test('every hop names us, so that a loop is seen', async () => {
    const seen: unknown[] = []
    const { origin } = await opening((request, response) => {
      seen.push([request.url, request.headers.via, request.headers['cdn-loop']])
      if (request.url === '/') response.writeHead(302, { location: '/next' }).end()
      else response.end()
    })
    await fetcher(LOOPBACK)(origin, { headers: { via: '1.1 other' } })
    expect(seen).toEqual(['/', '/next'].map((path) => [path, '1.1 other, 1.1 mm-test', 'mm-test']))
  })
})

describe('threats row 9, row 29, row 35: bodies', () => {
  test('without end are cut at the cap, and the socket closed', async () => {
    const server = await opening((_, response) => {
      const more = () => {
        while (response.write(new Uint8Array(65_536)));
        response.once('drain', more)
      }
      more()
    })
    const response = await fetcher(LOOPBACK)(server.origin, { maxBytes: 1_000_000 })
    expect(await codeOf(response.arrayBuffer())).toBe('SOURCE_TOO_LARGE')
    await expect.poll(() => server.openSockets()).toBe(0)
  })

  test('that declare too much are refused unread', async () => {
    const { origin } = await opening((_, response) =>
      response.writeHead(200, { 'content-length': 10_000 }).write('x'),
    )
    expect(await codeOf(fetcher(LOOPBACK)(origin, { maxBytes: 9999 }))).toBe('SOURCE_TOO_LARGE')
  })

  test('of exactly the cap are whole', async () => {
    const { origin } = await opening((_, response) => response.end(new Uint8Array(1000)))
    expect(await bodyOf(fetcher(LOOPBACK)(origin, { maxBytes: 1000 }))).toHaveLength(1000)
  })

  test('that unpack to more than the cap are cut: gzip bomb', async () => {
    const { origin } = await opening((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      const gzip = createGzip()
      gzip.pipe(response)
      for (let i = 0; i < 64; i++) gzip.write(new Uint8Array(1_000_000))
      gzip.end()
    })
    const work = bodyOf(fetcher(LOOPBACK)(origin, { maxBytes: 2_000_000 }))
    expect(await codeOf(work)).toBe('SOURCE_TOO_LARGE')
  })

  test('truncated inside gzip fail', async () => {
    const whole = gzipSync('morph '.repeat(10_000))
    const { origin } = await opening((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, 60)),
    )
    expect(await codeOf(bodyOf(fetcher(LOOPBACK)(origin)))).toBe('SOURCE_FAILED')
  })

  test('shorter than declared fail; longer ones are cut or fail', async () => {
    const answer = (length: number) => (socket: { end(text: string): unknown }) =>
      void socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nten bytes!`)
    const short = await serving(serveRaw(answer(100)))
    expect(await codeOf(bodyOf(fetcher(LOOPBACK)(short.origin)))).toBe('SOURCE_FAILED')
    const long = await serving(serveRaw(answer(4)))
    const bytes = await bodyOf(fetcher(LOOPBACK)(long.origin)).catch((error: MediaError) => error.code)
    expect(['SOURCE_FAILED', new TextEncoder().encode('ten ')]).toContainEqual(bytes)
  })
})

describe('threats row 9: time', () => {
  test('a server that never answers', async () => {
    const server = await serving(serveRaw(() => {}))
    expect(await codeOf(fetcher(LOOPBACK)(server.origin))).toBe('SOURCE_TIMEOUT')
    await expect.poll(() => server.openSockets()).toBe(0)
  })

  test('a server that never answers, where nothing can be pinned', async () => {
    const { origin, host } = await opening(() => {})
    const before = performance.now()
    const rules = { connectMs: 100, idleMs: 100, totalMs: 10_000 }
    expect(await codeOf(unpinned(rules)(origin, { trustedHost: host }))).toBe('SOURCE_TIMEOUT')
    expect(performance.now() - before).toBeLessThan(2000)
  })

  test('headers and bodies that drip end with the total: slow-loris', async () => {
    const drip = (first: string) =>
      serving(
        serveRaw((socket) => {
          socket.write(first)
          const clock = setInterval(() => socket.write('x'), 50)
          socket.once('close', () => clearInterval(clock))
        }),
      )
    const headers = await drip('HTTP/1.1 200 OK\r\nX-Drip: ')
    const body = await drip('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
    const began = performance.now()
    expect(await codeOf(fetcher(LOOPBACK)(headers.origin))).toBe('SOURCE_TIMEOUT')
    expect(await codeOf(bodyOf(fetcher(LOOPBACK)(body.origin)))).toBe('SOURCE_TIMEOUT')
    expect(performance.now() - began).toBeLessThan(4000)
    await expect.poll(() => headers.openSockets() + body.openSockets()).toBe(0)
  })

  test('redirects share one total', async () => {
    const { origin } = await opening((_, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 250)
    })
    expect(await codeOf(fetcher({ ...LOOPBACK, maxRedirects: 20 })(origin))).toBe('SOURCE_TIMEOUT')
  })

  test('a slow reader of ours times nothing out', async () => {
    const { origin } = await opening((_, response) => response.end(new Uint8Array(300_000)))
    const response = await fetcher({ ...LOOPBACK, totalMs: 200 })(origin)
    const reader = response.body!.getReader()
    let size = 0
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.length
      await new Promise((done) => setTimeout(done, 100))
    }
    expect(size).toBe(300_000)
  })

  test("the caller's abort gives its reason, in headers and in the body", async () => {
    const server = await opening((request, response) => {
      if (request.url === '/body') response.write('x')
    })
    for (const path of ['/', '/body']) {
      const controller = new AbortController()
      const reason = new Error('enough')
      setTimeout(() => controller.abort(reason), 50)
      const work = bodyOf(fetcher(LOOPBACK)(server.origin + path, { signal: controller.signal }))
      expect(await codeOf(work)).toBe(reason)
    }
    await expect.poll(() => server.openSockets()).toBe(0)
  })

  test('a closed port is the failure of the source', async () => {
    const server = await serveHttp(() => {})
    await server.close()
    expect(await codeOf(fetcher(LOOPBACK)(server.origin))).toBe('SOURCE_FAILED')
  })
})
