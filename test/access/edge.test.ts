/** The edge gate: through the whole line, with lists from a stand-in on the loopback. */
import { afterEach, describe, expect, test } from 'vitest'
import { createEdgeRanges, parseRanges } from '../../src/access/edge.ts'
import { createMediamorph, type FetchContext, type Mediamorph } from '../../src/index.ts'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { createTestFetch } from '../support/outbound.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { createTestPlatform } from '../support/platform.ts'

const open: (Mediamorph | Loopback)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Lists as Cloudflare publishes them; `answer` may change between fetches. */
async function standIn(answer: { status: number; body: string }) {
  let asked = 0
  const server = await serveHttp((_, response) => {
    asked++
    response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.body)
  })
  open.push(server)
  return { url: `${server.origin}/ips-v4`, asked: () => asked }
}

async function gated(edge: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const platform = createTestPlatform({ drivers: { 'memory:files': mount.driver } })
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const document = {
    origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    edge: { requireCloudflare: true, ...edge },
    ...more,
  }
  const media = createMediamorph(document as never, platform)
  open.push(media)
  const get = async (path: string, context: FetchContext, headers: Record<string, string> = {}) => {
    const response = await media.fetch(new Request(`http://media.test${path}`, { headers }), context)
    return response.ok ? response.status : ((await response.json()) as { error: { code: string } }).error.code
  }
  return { get, lines: platform.lines }
}

const PICTURE = '/files/a.jpg?width=20'

describe('the gate', () => {
  test('judges the TCP peer by the list that was fetched', async () => {
    const { url } = await standIn({ status: 200, body: '203.0.113.0/24\n2001:db8:5::/48\n' })
    const { get } = await gated({ cloudflareLists: [url] })
    await expect.poll(() => get(PICTURE, { clientAddress: '203.0.113.4' })).toBe(200)
    expect(await get(PICTURE, { clientAddress: '::ffff:203.0.113.4' })).toBe(200)
    expect(await get(PICTURE, { clientAddress: '2001:db8:5::4' })).toBe(200)
    expect(await get(PICTURE, { clientAddress: '203.0.114.4' })).toBe('EDGE_REQUIRED')
    expect(await get(PICTURE, {})).toBe('EDGE_REQUIRED')
    const forged = { 'x-forwarded-for': '203.0.113.4', 'cf-connecting-ip': '203.0.113.4' }
    expect(await get(PICTURE, { clientAddress: '198.51.100.1' }, forged)).toBe('EDGE_REQUIRED')
  })

  test('health needs no edge; nothing else goes without', async () => {
    const { url } = await standIn({ status: 200, body: '203.0.113.0/24' })
    const { get } = await gated({ cloudflareLists: [url] })
    const peer = { clientAddress: '127.0.0.1' }
    for (const path of ['/healthz', '/_health', '/readyz']) expect(await get(path, peer), path).toBe(200)
    for (const path of ['/%68ealthz', '/healthz/', '/_metadata', '/admin/session', '/metrics', PICTURE])
      expect(await get(path, peer), path).toBe('EDGE_REQUIRED')
  })

  test('behind proxies of ours, their nearest stranger is judged', async () => {
    const { url } = await standIn({ status: 200, body: '203.0.113.0/24' })
    const { get, lines } = await gated({ cloudflareLists: [url] }, { trustedProxies: ['10.0.0.0/8'] })
    const proxy = { clientAddress: '10.0.0.1' }
    await expect.poll(() => get(PICTURE, proxy, { 'x-forwarded-for': '198.51.100.9, 203.0.113.4' })).toBe(200)
    expect(lines.at(-1)).toContain('"clientAddress":"198.51.100.9"')
    expect(await get(PICTURE, proxy, { 'x-forwarded-for': '203.0.113.4, 198.51.100.9' })).toBe(
      'EDGE_REQUIRED',
    )
    expect(await get(PICTURE, proxy)).toBe('EDGE_REQUIRED')
  })

  test('until a list was fetched, those of the package count, and the log says so', async () => {
    const { url, asked } = await standIn({ status: 500, body: 'down' })
    const { get, lines } = await gated({ cloudflareLists: [url] })
    for (const peer of ['104.16.1.1', '2606:4700::1'])
      expect(await get(PICTURE, { clientAddress: peer }), peer).toBe(200)
    expect(await get(PICTURE, { clientAddress: '198.51.100.1' })).toBe('EDGE_REQUIRED')
    await expect.poll(() => lines.filter((line) => line.includes('ranges of Cloudflare'))).toHaveLength(1)
    // Not again for every request.
    expect(asked()).toBe(1)
  })

  test('a deployed Worker is at the edge', async () => {
    const { url } = await standIn({ status: 200, body: '203.0.113.0/24' })
    const { get } = await gated({ cloudflareLists: [url] })
    expect(await get(PICTURE, { clientAddress: '198.51.100.1', isAtCloudflare: true })).toBe(200)
  })

  test('off, nothing is fetched and everybody comes in', async () => {
    const { url, asked } = await standIn({ status: 200, body: '203.0.113.0/24' })
    const { get } = await gated({ cloudflareLists: [url], requireCloudflare: false })
    expect(await get(PICTURE, { clientAddress: '198.51.100.1' })).toBe(200)
    expect(asked()).toBe(0)
  })
})

describe('the lists', () => {
  test('are fetched when due, give or take a tenth; the last good ones stay', async () => {
    const answer = { status: 200, body: '203.0.113.0/24' }
    const { url, asked } = await standIn(answer)
    let now = 0
    const faults: string[] = []
    const ranges = createEdgeRanges({
      lists: [url],
      refreshMs: 600_000,
      safeFetch: createTestFetch(),
      now: () => now,
      random: () => 1,
      onFault: (_, cause) => faults.push(String(cause)),
    })
    const refreshed = async () => {
      const works: Promise<unknown>[] = []
      ranges.keepFresh((work) => works.push(work))
      await Promise.all(works)
      return works.length
    }
    expect([await refreshed(), await refreshed(), asked()]).toEqual([1, 0, 1])
    expect([ranges.contains('203.0.113.1'), ranges.contains('104.16.1.1')]).toEqual([true, false])
    now = 659_000
    expect(await refreshed()).toBe(0)
    now = 661_000
    for (const body of ['<!doctype html>', '', '0.0.0.0/0', '203.0.113.0/24\nnonsense', 'x'.repeat(70_000)]) {
      answer.body = body
      expect(await refreshed(), body.slice(0, 20)).toBe(1)
      expect(ranges.contains('203.0.113.1'), body.slice(0, 20)).toBe(true)
      // A failure is tried again within a minute or so.
      now += 67_000
    }
    expect(faults).toHaveLength(5)
    answer.body = '198.51.100.0/24'
    expect(await refreshed()).toBe(1)
    expect([ranges.contains('198.51.100.1'), ranges.contains('203.0.113.1')]).toEqual([true, false])
  })

  test('hold blocks and nothing else', () => {
    expect(parseRanges(' 10.0.0.0/8 \r\n\n2400:cb00::/32\n')).toEqual(['10.0.0.0/8', '2400:cb00::/32'])
    for (const text of ['', '\n', '10.0.0.1/8', '10.0.0.0/33', '1.0.0.0/7', '2400::/15', 'a'])
      expect(() => parseRanges(text), text).toThrow()
  })
})
