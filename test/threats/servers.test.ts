/** Rows 5, 6, 9, 29, 34 and 35, and section 1: servers on the loopback that mean harm. */
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { serveHttp, serveRaw, type Loopback } from '../support/loopback.ts'
import { closeAll, closing } from './stage.ts'
import { codeOf, guarded, LOOPBACK, whole } from './guard.ts'

afterEach(closeAll)

const opening = async (listener: RequestListener): Promise<Loopback> => closing(await serveHttp(listener))
const raw = async (onRequest: (socket: Socket) => void) => closing(await serveRaw(onRequest))
const saying = (text: string) => raw((socket) => void socket.write(text, 'latin1'))
const closed = (server: Loopback) => expect.poll(() => server.openSockets()).toBe(0)

describe('redirects', () => {
  const targets = async () => {
    let hits = 0
    const inside = await opening((_, response) => (hits++, response.end('inside')))
    return { inside, hits: () => hits }
  }

  test.each([301, 302, 303, 307, 308])(
    'row 5, row 6: a %s to what is not allowed meets nobody',
    async (status) => {
      const { inside, hits } = await targets()
      const bad = [
        `http://127.0.0.2:${inside.port}/`,
        `http://other.test:${inside.port}/`,
        `//other.test:${inside.port}/`,
        `http://good.test@other.test:${inside.port}/`,
        `http://user@good.test:${inside.port}/`,
        `http://good.test.evil.test:${inside.port}/`,
        'http://169.254.169.254/latest/meta-data/',
        'http://[::1]/',
        'http://0/',
        'ftp://good.test/',
        'file:///etc/passwd',
        'data:image/png;base64,AAAA',
        'javascript:alert(1)',
        'http://',
        'http://good.test:99999/',
      ]
      for (const location of bad) {
        const from = await opening((_, response) => response.writeHead(status, { location }).end())
        const get = guarded({ allowPrivate: ['127.0.0.1/32'], allowHosts: ['good.test'] })
        expect([location, await codeOf(get(`http://good.test:${from.port}/`))]).toEqual([
          location,
          'SOURCE_FAILED',
        ])
      }
      expect(hits()).toBe(0)
    },
  )

  test('row 5: a relative one, one without an address, and one whose body never ends', async () => {
    const server = await opening((request, response) => {
      if (request.url === '/a/b') response.writeHead(302, { location: '../c?d' }).write('x'.repeat(1000))
      else if (request.url === '/none') response.writeHead(302).end('stay')
      else response.end(`${request.method} ${request.url}`)
    })
    const text = async (path: string) => (await guarded(LOOPBACK)(server.origin + path)).text()
    expect(await text('/a/b')).toBe('GET /c?d')
    expect(await text('/none')).toBe('stay')
  })

  test('row 6: a host that a request chose must be named on every hop, whatever else is allowed', async () => {
    const { inside, hits } = await targets()
    const open = await opening((_, response) =>
      response.writeHead(302, { location: `http://anybody.test:${inside.port}/` }).end(),
    )
    const get = guarded({ ...LOOPBACK, allowHosts: ['*', 'good.test'] })
    const url = `http://good.test:${open.port}/`
    expect(await codeOf(get(url, { mustBeNamed: true }))).toBe('SOURCE_FAILED')
    expect(hits()).toBe(0)
    expect(await codeOf(get(url))).toBe('no error')
  })

  test('row 5: five hops are followed, six are not, and a circle ends', async () => {
    let hits = 0
    const server = await opening((request, response) => {
      hits++
      const left = Number(request.url?.slice(1))
      if (left === 0) response.end('done')
      else response.writeHead(302, { location: Number.isNaN(left) ? '' : `/${left - 1}` }).end()
    })
    const at = (path: string) => guarded(LOOPBACK)(server.origin + path)
    expect(await (await at('/5')).text()).toBe('done')
    expect(await codeOf(at('/6'))).toBe('SOURCE_FAILED')
    hits = 0
    expect(await codeOf(at('/circle'))).toBe('SOURCE_FAILED')
    expect(hits).toBe(6)
  })

  test('section 1: credentials stay with their origin: another host, another port, another scheme', async () => {
    const seen: (string | undefined)[] = []
    const last = await opening(
      (request, response) => (seen.push(request.headers.authorization), response.end()),
    )
    const first = await opening((request, response) => {
      const location =
        request.url === '/port' ? `http://one.test:${last.port}/` : `http://two.test:${last.port}/`
      response.writeHead(302, { location }).end()
    })
    for (const path of ['/port', '/host'])
      await guarded(LOOPBACK)(`http://one.test:${first.port}${path}`, {
        headers: { authorization: 'secret' },
      })
    expect(seen).toEqual([undefined, undefined])
  })
})

describe('bodies', () => {
  const MOST = 2_000_000
  const zeros = Buffer.alloc(48_000_000)
  const large = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 }
  const bombs: [string, Uint8Array][] = [
    ['gzip', gzipSync(zeros)],
    ['x-gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros, { params: large })],
  ]

  test.each(bombs)(
    'row 9: a bomb of %s is cut at the cap, whatever length is declared',
    async (encoding, bomb) => {
      expect(bomb.length).toBeLessThan(60_000)
      for (const length of [undefined, bomb.length]) {
        const server = await opening((_, response) => {
          const head = { 'content-encoding': encoding, ...(length ? { 'content-length': length } : {}) }
          response.writeHead(200, head).end(bomb)
        })
        const before = process.memoryUsage().rss
        const work = whole(guarded(LOOPBACK)(server.origin, { maxBytes: MOST }))
        expect(await codeOf(work)).toBe('SOURCE_TOO_LARGE')
        expect(process.memoryUsage().rss - before).toBeLessThan(48_000_000)
      }
    },
  )

  test.each(['gzip, gzip', 'gzip,br', 'zstd', 'compress', 'rot13', 'gzip;q=1'])(
    'row 29: %j is refused unread: nobody asked for it',
    async (encoding) => {
      const server = await opening((_, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(gzipSync(gzipSync('x'))),
      )
      expect(await codeOf(whole(guarded(LOOPBACK)(server.origin)))).toBe('SOURCE_FAILED')
      await closed(server)
    },
  )

  test.each(bombs)('row 29: what %s holds comes whole, and is damage where it is not', async (encoding) => {
    const packed = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync }
    const text = Buffer.from('morph '.repeat(30_000))
    const good = packed[encoding as 'gzip'](text)
    const send = async (bytes: Uint8Array) => {
      const head = { 'content-encoding': encoding, 'content-length': bytes.length }
      const server = await opening((_, response) => response.writeHead(200, head).end(bytes))
      return whole(guarded(LOOPBACK)(server.origin))
    }
    expect(Buffer.compare(await send(good), text)).toBe(0)
    const wrong = good.slice()
    wrong[wrong.length >> 1]! ^= 0x55
    for (const bad of [good.subarray(0, good.length - 5), wrong, Buffer.from('no such thing')])
      expect(await codeOf(send(bad))).toBe('SOURCE_FAILED')
  })

  test('row 9: an endless one is cut at the cap, chunked or not, and never runs ahead of its reader', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    for (const [head, piece] of [
      ['Transfer-Encoding: chunked', chunk],
      ['Connection: close', 'x'.repeat(65_536)],
    ] as const) {
      let sent = 0
      const server = await raw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`)
        const more = () => {
          while (!socket.destroyed && socket.write(piece)) sent += piece.length
          socket.once('drain', more)
        }
        more()
      })
      expect(await codeOf(whole(guarded(LOOPBACK)(server.origin, { maxBytes: MOST })))).toBe(
        'SOURCE_TOO_LARGE',
      )
      expect(sent).toBeLessThan(64_000_000)
      await closed(server)
    }
  })

  test.each([
    ['too long', 'Content-Length: 4', '0123456789', ['0123', 'SOURCE_FAILED']],
    ['too short', 'Content-Length: 40', '0123456789', ['SOURCE_FAILED']],
    ['said twice', 'Content-Length: 4\r\nContent-Length: 10', '0123456789', ['SOURCE_FAILED']],
    [
      'said beside chunks',
      'Content-Length: 4\r\nTransfer-Encoding: chunked',
      '2\r\nab\r\n0\r\n\r\n',
      ['SOURCE_FAILED', 'ab'],
    ],
    ['negative', 'Content-Length: -1', 'x', ['SOURCE_FAILED']],
    ['no number', 'Content-Length: 1e3', 'x', ['SOURCE_FAILED']],
    ['beyond numbers', 'Content-Length: 99999999999999999999999', 'x', ['SOURCE_FAILED']],
    [
      'of chunks that make no sense',
      'Transfer-Encoding: chunked',
      'zz\r\nab\r\n0\r\n\r\n',
      ['SOURCE_FAILED'],
    ],
    ['of a chunk beyond numbers', 'Transfer-Encoding: chunked', `${'f'.repeat(30)}\r\nab`, ['SOURCE_FAILED']],
  ] as const)('row 9: a length that is %s', async (_, head, body, wanted) => {
    const server = await raw((socket) => void socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`))
    const work = whole(guarded(LOOPBACK)(server.origin, { maxBytes: MOST }))
    const said = await work.then(
      (bytes) => Buffer.from(bytes).toString(),
      (error) => error.code,
    )
    expect(wanted).toContain(said)
    await closed(server)
  })

  test('row 9: a declared length over the cap is refused unread', async () => {
    const server = await saying(`HTTP/1.1 200 OK\r\nContent-Length: ${MOST + 1}\r\n\r\n`)
    const began = performance.now()
    expect(await codeOf(guarded(LOOPBACK)(server.origin, { maxBytes: MOST }))).toBe('SOURCE_TOO_LARGE')
    expect(performance.now() - began).toBeLessThan(250)
    await closed(server)
  })

  test('row 35: what a HEAD says binds nobody, and nobody asks for one', async () => {
    const methods: (string | undefined)[] = []
    const server = await opening((request, response) => {
      methods.push(request.method)
      if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': 10 }).end()
      const more = () => {
        while (!response.destroyed && response.write(zeros.subarray(0, 65_536)));
        response.once('drain', more)
      }
      more()
    })
    const head = await guarded(LOOPBACK)(server.origin, { method: 'HEAD' })
    expect([head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual(['10', 0])
    expect(await codeOf(whole(guarded(LOOPBACK)(server.origin, { maxBytes: MOST })))).toBe('SOURCE_TOO_LARGE')
    expect(methods).toEqual(['HEAD', 'GET'])
  })
})

describe('answers that are none', () => {
  test.each(['000', '099', '199', '600', '999'])(
    'section 1: status %s fails, and its connection ends',
    async (status) => {
      const server = await saying(`HTTP/1.1 ${status} Odd\r\nContent-Length: 1000000\r\n\r\nx`)
      expect(await codeOf(whole(guarded(LOOPBACK)(server.origin)))).toMatch(/^SOURCE_(?:FAILED|TIMEOUT)$/)
      await closed(server)
    },
  )

  test('section 1: a 205 whose body never ends is not drained', async () => {
    let sent = 0
    const server = await raw((socket) => {
      socket.write('HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`)) sent += 4096
        socket.once('drain', more)
      }
      more()
    })
    expect((await guarded(LOOPBACK)(server.origin)).status).toBe(205)
    await closed(server)
    expect(sent).toBeLessThan(64_000_000)
  })

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.0\r\n\r\n'],
    ['an old protocol', '\x15\x03\x01\x00\x02\x02\x28'],
    ['a header without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`],
    ['headers without number', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}\r\n`],
    ['a zero in a header', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('section 1: %s is the failure of the source', async (_, text) => {
    const server = await saying(text)
    expect(await codeOf(whole(guarded(LOOPBACK)(server.origin)))).toBe('SOURCE_FAILED')
    await closed(server)
  })

  test('section 1: hints without end are an answer that does not come', async () => {
    const server = await raw((socket) => {
      const clock = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n'), 20)
      socket.once('close', () => clearInterval(clock))
    })
    expect(await codeOf(guarded(LOOPBACK)(server.origin))).toBe('SOURCE_TIMEOUT')
    await closed(server)
  })
})

describe('time', () => {
  const dripping = (first: string, piece = 'x') =>
    raw((socket) => {
      socket.write(first)
      const clock = setInterval(() => socket.write(piece), 40)
      socket.once('close', () => clearInterval(clock))
    })

  test.each([
    ['a head', 'HTTP/1.1 200 OK\r\nX-Drip: ', 'x'],
    ['headers', 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'],
    ['a body', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
    [
      'gzip',
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\0',
      '\0',
    ],
  ])('row 9: %s that drips is cut: slow-loris', async (_, first, piece) => {
    const server = await dripping(first, piece)
    const began = performance.now()
    expect(await codeOf(whole(guarded({ ...LOOPBACK, totalMs: 400 })(server.origin)))).toMatch(
      /^SOURCE_(?:TIMEOUT|FAILED)$/,
    )
    expect(performance.now() - began).toBeLessThan(1500)
    await closed(server)
  })

  test('row 8: a name that takes its time costs no more than connectMs', async () => {
    const began = performance.now()
    const slow = guarded({ ...LOOPBACK, connectMs: 100 }, () => new Promise(() => {}))
    expect(await codeOf(slow('http://slow.test/'))).toBe('SOURCE_TIMEOUT')
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

describe('loops', () => {
  test('row 34: Via and CDN-Loop name us on every hop, behind those who were there before', async () => {
    const seen: unknown[] = []
    const server = await opening((request, response) => {
      seen.push([request.headers.via, request.headers['cdn-loop']])
      if (request.url === '/') response.writeHead(307, { location: '/next' }).end()
      else response.end()
    })
    const headers = { via: '1.0 other', 'cdn-loop': 'other; hops=1' }
    await guarded(LOOPBACK)(server.origin, { headers })
    const said = ['1.0 other, 1.1 mm-test', 'other; hops=1, mm-test']
    expect(seen).toEqual([said, said])
  })
})
