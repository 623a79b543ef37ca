/** Rows 3 to 8, 17 and 18 of what must be tried against us, and section 1: where an outbound request may go. */
import * as fc from 'fast-check'
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { createSafeFetch } from '../../src/lib/safe-fetch.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { closeAll, closing } from './stage.ts'
import { codeOf, guarded, LOOPBACK, RULES } from './guard.ts'

afterEach(closeAll)

const opening = async (listener: RequestListener): Promise<Loopback> => closing(await serveHttp(listener))

/** A runtime whose connections go nowhere: says which addresses it may connect to. */
function reaching(ip: string, ports = RULES.ports) {
  const safeFetch = createSafeFetch({
    rules: { ...RULES, ports },
    instanceId: 'mm-test',
    createPinnedFetch: (rules) => async () => {
      if (!rules.allowed(ip)) throw Object.assign(new Error(ip), { code: 'ADDRESS_DENIED' })
      return new Response('reached')
    },
  })
  return codeOf(safeFetch('http://name.test/', { signal: new AbortController().signal }))
}

/** The table as it is written: first and last of each block, and what stands just beside it and is public. */
const BLOCKS: readonly (readonly [block: string, inside: readonly string[], beside: readonly string[]])[] = [
  ['0/8', ['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
  ['10/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
  ['100.64/10', ['100.64.0.0', '100.127.255.255'], ['100.63.255.255', '100.128.0.0']],
  ['127/8', ['127.0.0.0', '127.255.255.255'], ['126.255.255.255', '128.0.0.0']],
  ['169.254/16', ['169.254.0.0', '169.254.255.255'], ['169.253.255.255', '169.255.0.0']],
  ['172.16/12', ['172.16.0.0', '172.31.255.255'], ['172.15.255.255', '172.32.0.0']],
  ['192.0.0/24', ['192.0.0.0', '192.0.0.255'], ['191.255.255.255', '192.0.1.0']],
  ['192.0.2/24', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  ['192.88.99/24', ['192.88.99.0', '192.88.99.255'], ['192.88.98.255', '192.88.100.0']],
  ['192.168/16', ['192.168.0.0', '192.168.255.255'], ['192.167.255.255', '192.169.0.0']],
  ['198.18/15', ['198.18.0.0', '198.19.255.255'], ['198.17.255.255', '198.20.0.0']],
  ['198.51.100/24', ['198.51.100.0', '198.51.100.255'], ['198.51.99.255', '198.51.101.0']],
  ['203.0.113/24', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
  ['224/4', ['224.0.0.0', '239.255.255.255'], ['223.255.255.255']],
  ['240/4', ['240.0.0.0', '255.255.255.255'], []],
  ['::', ['::'], []],
  ['::1', ['::1'], []],
  ['fc00::/7', ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], []],
  ['fe80::/10', ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe80::1%eth0'], []],
  ['ff00::/8', ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], []],
  ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'], ['2001:db7::1', '2001:db9::1']],
  ['IPv4-mapped', ['::ffff:127.0.0.1', '::ffff:a00:1', '::ffff:0:169.254.1.1'], ['::ffff:8.8.8.8']],
  ['IPv4-compatible', ['::127.0.0.1', '::c0a8:1'], ['::8.8.8.8']],
  ['6to4', ['2002:7f00:1::', '2002:c0a8:101::1'], ['2002:808:808::1']],
  ['NAT64', ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::8.8.8.8'], ['64:ff9b::8.8.8.8']],
  ['Teredo', ['2001:0:7f00:1::f7f7:f7f7', '2001:0:808:808::80ff:fffe'], ['2001:0:808:808::f7f7:f7f7']],
  ['ISATAP', ['2606:4700::5efe:10.0.0.1', '2606:4700::200:5efe:7f00:1'], ['2606:4700::5efe:8.8.8.8']],
]

describe('what a name may stand for', () => {
  test.each(BLOCKS)('row 3, row 17: %s, to its edges', async (_, inside, beside) => {
    for (const ip of inside) expect([ip, await reaching(ip)]).toEqual([ip, 'ADDRESS_REFUSED'])
    for (const ip of beside) expect([ip, await reaching(ip)]).toEqual([ip, 'no error'])
  })

  test.each(BLOCKS)('row 3, row 17: %s as literals', async (_, inside, beside) => {
    const get = guarded({ connectMs: 50, totalMs: 50 })
    const literal = (ip: string) =>
      ip.includes(':') ? `http://[${ip.replace(/%.*/, '')}]/` : `http://${ip}/`
    for (const ip of inside) expect([ip, await codeOf(get(literal(ip)))]).toEqual([ip, 'ADDRESS_REFUSED'])
    const own = createSafeFetch({
      rules: RULES,
      instanceId: 'mm-test',
      createPinnedFetch: () => async () => new Response('reached'),
    })
    for (const ip of beside) {
      const { signal } = new AbortController()
      expect([ip, await codeOf(own(literal(ip), { signal }))]).toEqual([ip, 'no error'])
    }
  })

  test.each([
    'http://0.0.0.0/',
    'http://[::]/',
    'http://0/',
    'http://0x0/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0X7F.1/',
    'http://127.1/',
    'http://127.0.1/',
    'http://017700000001/',
    'http://0177.0.0.01/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://127%2e0%2e0%2e1/',
    'http:\\\\127.0.0.1\\',
    'http:127.0.0.1',
    'http:////127.0.0.1/',
    '  http://127.0.0.1/  ',
    'ht\ntp://127.0.0.1/',
    'http://[0:0:0:0:0:ffff:127.0.0.1]/',
    'http://[0000::1]/',
  ])('row 4: %j is what it resolves to', async (url) => {
    let lookups = 0
    const get = guarded({}, async () => (lookups++, ['93.184.216.34']))
    expect(await codeOf(get(url))).toBe('ADDRESS_REFUSED')
    expect(lookups).toBe(0)
  })

  test('row 8: public and private records together, in any order, and a name that turns, meet no server', async () => {
    let hits = 0
    const { port } = await opening((_, response) => (hits++, response.end('inside')))
    const url = `http://mixed.test:${port}/`
    for (const records of [
      ['93.184.216.34', '127.0.0.1'],
      ['127.0.0.1', '93.184.216.34'],
      ['2606:4700::1111', '::ffff:127.0.0.1'],
      ['::1'],
      ['127.0.0.1', '127.0.0.1'],
    ])
      expect([records, await codeOf(guarded({ ports: [port] }, async () => records)(url))]).toEqual([
        records,
        'ADDRESS_REFUSED',
      ])
    // Judged once, connected to once: the second answer of a name that rebinds is judged as the first was.
    let asked = 0
    const rules = { ports: [port], allowPrivate: ['127.0.0.1/32'] }
    const turning = guarded(rules, async () => [asked++ === 0 ? '127.0.0.1' : '10.0.0.1'])
    expect(await (await turning(url)).text()).toBe('inside')
    expect(asked).toBe(1)
    expect(await codeOf(turning(url))).toBe('ADDRESS_REFUSED')
    expect([asked, hits]).toEqual([2, 1])
  })

  test('row 8: each hop of a redirect is resolved and judged for itself', async () => {
    let hits = 0
    const inside = await opening((_, response) => (hits++, response.end('inside')))
    const outside = await opening((_, response) =>
      response.writeHead(302, { location: `http://second.test:${inside.port}/` }).end(),
    )
    const rules = { allowPrivate: ['127.0.0.1/32'], ports: [inside.port] }
    const get = guarded(rules, async (host) => [host === 'first.test' ? '127.0.0.1' : '127.0.0.2'])
    expect(await codeOf(get(`http://first.test:${outside.port}/`))).toBe('SOURCE_FAILED')
    expect(hits).toBe(0)
  })
})

describe('section 1: schemes, users, ports', () => {
  test.each([
    ...['ftp', 'file', 'gopher', 'ws', 'wss', 'data', 'javascript', 'blob', 'about', 'jar', 'dict'].map(
      (scheme) => `${scheme}://public.test/`,
    ),
    'http://user@public.test/',
    'http://:pass@public.test/',
    'http://user:pass@public.test:80/',
    'http://public.test:22/',
    'http://public.test:6379/',
    'https://public.test:8443/',
  ])('%s is refused', async (url) => {
    expect(await codeOf(guarded({}, async () => ['93.184.216.34'])(url))).toBe('ADDRESS_REFUSED')
  })

  test('any port inside allowPrivate and for the literal host:port of a source, and for nothing else', async () => {
    const server = await opening((_, response) => response.end('ok'))
    const url = `http://name.test:${server.port}/`
    expect(await codeOf(guarded()(url))).toBe('ADDRESS_REFUSED')
    expect(await codeOf(guarded(LOOPBACK)(url))).toBe('no error')
    expect(await codeOf(guarded()(url, { trustedHost: `name.test:${server.port}` }))).toBe('no error')
    for (const trustedHost of ['name.test:80', `name.test.evil:${server.port}`, `other.test:${server.port}`])
      expect(await codeOf(guarded()(url, { trustedHost }))).toBe('ADDRESS_REFUSED')
  })
})

/** What addresses are made of, and what is taken for it. */
const MARKS = ['http://', 'https:', '//', '/', '\\', '@', ':', '#', '?', '.', '%2e', '%40', '%00', '\t', ' ']
const HOSTS = [
  'good.test',
  'evil.test',
  'GOOD.test',
  'a',
  '80',
  '443',
  '8080',
  '[::1]',
  '127.0.0.1',
  '。',
  'ß',
]

describe('allow-lists', () => {
  const server = () => opening((_, response) => response.end('ok'))

  test.each([
    'http://example.com.evil/',
    'http://example.com@evil/',
    'http://example.com:80@evil/',
    'http://example.com%40evil/',
    'http://evil-example.com/',
    'http://evilexample.com/',
    'http://example.com%23@evil/',
    'http://evil/example.com',
    'http://evil/?example.com',
    'http://evil#example.com',
    'http://example.co/',
    'http://example.com。evil/',
    'http://xn--example.com/',
    'http://exаmple.com/',
    'http://example.com..evil/',
  ])('row 7: %s is not example.com', async (url) => {
    const { port } = await server()
    const withPort = url.replace(/^(http:\/\/[^/?#]*)/, `$1:${port}`)
    for (const one of [url, withPort])
      expect(['ADDRESS_REFUSED', 'INVALID_URL']).toContain(
        await codeOf(guarded({ ...LOOPBACK, allowHosts: ['example.com'] })(one)),
      )
  })

  test.each(['example.com', 'EXAMPLE.com', 'example.com.', 'ｅxample.com', 'exam%70le.com', 'example。com'])(
    'row 7: %s is example.com',
    async (host) => {
      const { port } = await server()
      const url = `http://${host}:${port}/`
      expect(await codeOf(guarded({ ...LOOPBACK, allowHosts: ['example.com'] })(url))).toBe('no error')
      expect(await codeOf(guarded({ ...LOOPBACK, denyHosts: ['example.com'] })(url))).toBe('ADDRESS_REFUSED')
    },
  )

  test('row 7: a backslash ends a host, for the check and for the connection', async () => {
    const seen: unknown[] = []
    const { port } = await opening((request, response) => {
      seen.push(request.headers.host, request.url)
      response.end()
    })
    const url = `http://example.com:${port}\\@evil/`
    expect(await codeOf(guarded({ ...LOOPBACK, allowHosts: ['example.com'] })(url))).toBe('no error')
    expect(seen).toEqual([`example.com:${port}`, '/@evil/'])
  })

  test('row 16, row 17: a host that is denied as IPv4 is denied as IPv4 in IPv6', async () => {
    const { port } = await server()
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]']) {
      const url = `http://${host}:${port}/`
      expect(await codeOf(guarded({ ...LOOPBACK, denyHosts: ['127.0.0.1'] })(url))).toBe('ADDRESS_REFUSED')
      expect(await codeOf(guarded({ ...LOOPBACK, denyHosts: ['[::ffff:127.0.0.1]'] })(url))).toBe(
        'ADDRESS_REFUSED',
      )
      expect(await codeOf(guarded({ ...LOOPBACK, allowHosts: ['127.0.0.1'] })(url))).toBe('no error')
    }
  })

  test('row 18: whatever reaches a connection went through the one parser that judged it', async () => {
    const connected: string[] = []
    const safeFetch = createSafeFetch({
      rules: { ...RULES, allowHosts: ['good.test', '*.good.test'] },
      instanceId: 'mm-test',
      createPinnedFetch: (rules) => async (request) => {
        if (rules.allowed('93.184.216.34')) connected.push(request.url)
        return new Response('ok')
      },
    })
    const piece = fc.constantFrom(...MARKS, ...HOSTS)
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 9 }), async (pieces) => {
        const text = (pieces[0]?.startsWith('http') ? '' : 'http://') + pieces.join('')
        await safeFetch(text, { signal: new AbortController().signal }).catch(() => undefined)
        const url = connected.pop()
        if (url === undefined) return
        const { hostname, username, port, href } = new URL(url)
        expect(hostname.replace(/\.$/, '')).toMatch(/^(?:.*\.)?good\.test$/)
        expect(username).toBe('')
        expect(['', '80', '443']).toContain(port)
        // The fetch reads what the check has written, to the letter.
        expect(href).toBe(url)
        expect(new URL(text).hostname).toBe(hostname)
      }),
      { numRuns: 4000 },
    )
  })
})
