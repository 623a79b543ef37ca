/** Run by Node, Bun and Deno: what the guard does there, as one line of JSON. */
import { deflateSync } from 'node:zlib'
import { createPinnedFetch } from '../../../runtimes/server/pinned-fetch.ts'
import { createSafeFetch } from '../../../src/lib/safe-fetch.ts'
import { inflate } from '../../../src/lib/inflate.ts'
import { CERTIFICATE } from '../../support/certificate.ts'

const [secure, plain, odd, bomb] = process.argv.slice(2).map(Number)
const resolved: string[] = []
let turn = 0
const names: Readonly<Record<string, () => string[]>> = {
  'mixed.test': () => ['93.184.216.34', '127.0.0.1'],
  'turning.test': () => [turn++ === 0 ? '127.0.0.1' : '127.0.0.2'],
  'inside.test': () => ['10.0.0.1'],
}
const safeFetch = createSafeFetch({
  rules: {
    allowHosts: ['*'],
    denyHosts: [],
    allowPrivate: ['127.0.0.1/32'],
    ports: [80, 443],
    maxRedirects: 5,
    connectMs: 2000,
    idleMs: 2000,
    totalMs: 4000,
  },
  instanceId: 'mm-child',
  createPinnedFetch: (rules) =>
    createPinnedFetch(rules, {
      ca: CERTIFICATE,
      async resolve(host) {
        resolved.push(host)
        return names[host]?.() ?? ['127.0.0.1']
      },
    }),
})

async function get(url: string, maxBytes = 1_000_000): Promise<string> {
  try {
    return await (await safeFetch(url, { signal: new AbortController().signal, maxBytes })).text()
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
}

const packed = deflateSync(new Uint8Array(96_000_000))
const before = process.memoryUsage().rss
const unpacked = await inflate(packed, 4_000_000)
const said = {
  secure: await get(`https://pictures.test:${secure}/a?b=c`),
  stranger: await get(`https://other.test:${secure}/`),
  plain: await get(`http://name.test:${plain}/`),
  literal: await get(`http://127.0.0.2:${plain}/`),
  mixed: await get(`http://mixed.test:${plain}/`),
  inside: await get(`http://inside.test:${plain}/`),
  turning: [await get(`http://turning.test:${plain}/`), await get(`http://turning.test:${plain}/`)],
  away: await get(`http://name.test:${plain}/away`),
  odd: await get(`http://name.test:${odd}/`),
  bomb: await get(`http://name.test:${bomb}/`),
  resolved,
  inflated: unpacked === undefined ? 'refused' : 'made',
  megabytes: Math.round((process.memoryUsage().rss - before) / 1e6),
}
process.stdout.write(JSON.stringify(said))
process.exit(0)
