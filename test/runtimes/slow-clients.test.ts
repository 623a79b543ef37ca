/** Clients that send slowly, or too much, on real servers: they are cut, and everybody else is served meanwhile. */
import { connect } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startService, type Service } from '../../scripts/stage/service.ts'
import { build, commandOf, type Runtime } from './commands.ts'

const LIMITS = {
  headersMs: 1000,
  requestMs: 1500,
  keepAliveMs: 1000,
  urlBytes: 1000,
  headerCount: 20,
  headerBytes: 2000,
}
const HEAD = 'GET /healthz HTTP/1.1\r\nHost: x\r\n'

/**
 * Until when, in ms, each runtime has ended a connection; undefined: it has no such clock. Bun's for heads is its own. Deno
 * answers 408 like the others, and leaves the connection as it is.
 */
const CUT: Readonly<
  Partial<Record<Runtime, { readonly head?: number; readonly idle?: number; readonly body: number }>>
> = {
  node: { head: 5000, idle: 5000, body: 5000 },
  bun: { head: 16_000, idle: 8000, body: 5000 },
  deno: { body: 5000 },
}

let folder: string
beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-slow-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(Object.entries(CUT))('%s', (runtime, { head, idle, body }) => {
  let service: Service
  beforeAll(async () => {
    const place = join(folder, runtime)
    const source = { type: 'storage', mount: `fs:${folder}`, key: '${key}' }
    const document = {
      origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
      storage: { cache: `fs:${place}-cache` },
      database: `sqlite:${place}.db`,
      limits: LIMITS,
    }
    await writeFile(`${place}.json`, JSON.stringify(document))
    const env = { MEDIAMORPH_CONFIG: `${place}.json`, MEDIAMORPH_ADMIN_TOKEN: 'a-token-of-tests' }
    service = await startService({ command: commandOf(runtime as Runtime), env })
  })
  afterAll(() => service.kill())

  test('stalled clients are cut, others are served', async () => {
    const port = Number(new URL(service.url).port)
    const post =
      'POST /admin/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'
    const stalled = [
      ...(head === undefined
        ? []
        : [
            ...Array.from({ length: 20 }, () => within(head, talk(port, { first: HEAD }))),
            within(head, talk(port, { first: `${HEAD}X-A: `, drip: 'a' })),
          ]),
      ...(idle === undefined ? [] : [within(idle, talk(port, { first: `${HEAD}\r\n`, second: HEAD }))]),
      within(body, talk(port, { first: post, drip: ' ', until: head === undefined ? '408' : 'closed' })).then(
        (text) => expect(text).toMatch(/^HTTP\/1.1 408 /),
      ),
    ]
    for (let i = 0; i < 10; i++) {
      const began = performance.now()
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
      expect(performance.now() - began).toBeLessThan(1000)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await Promise.all(stalled)
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
  }, 30_000)

  test('heads that are too large are refused, and bodies', async () => {
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(service.url + path, init)
      const text = await response.text()
      return [response.status, /"code":"(\w+)"/.exec(text)?.[1]]
    }
    expect(await ask(`/files/${'a'.repeat(1000)}`)).toEqual([414, 'URL_TOO_LONG'])
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`x-${i}`, '1']))
    expect(await ask('/healthz', { headers: many })).toEqual([431, 'HEADERS_TOO_LARGE'])
    expect(await ask('/healthz', { headers: { 'x-long': 'a'.repeat(2000) } })).toEqual([
      431,
      'HEADERS_TOO_LARGE',
    ])
    expect((await ask('/healthz', { headers: { 'x-long': 'a'.repeat(60_000) } }))[0]).toBe(431)
    const headers = { 'content-type': 'application/json' }
    const login = { method: 'POST', headers, body: JSON.stringify({ token: 'x'.repeat(20_000) }) }
    expect(await ask('/admin/session', login)).toEqual([413, 'BODY_TOO_LARGE'])
    const right = { method: 'POST', headers, body: JSON.stringify({ token: 'a-token-of-tests' }) }
    expect(await ask('/admin/session', right)).toEqual([200, undefined])
  })
})

interface Talk {
  readonly first: string
  /** Sent when the first answer is here. */
  readonly second?: string
  /** Sent again and again. */
  readonly drip?: string
  /** The end of it: default `closed`, or a text that the answer holds. */
  readonly until?: string
}

/** What the server said until the end. */
function talk(port: number, { first, second, drip, until }: Talk): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(first))
    const clock = drip === undefined ? undefined : setInterval(() => socket.write(drip), 300)
    socket.once('data', () => second !== undefined && socket.write(second))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (until !== undefined && text.includes(until)) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(clock)
      resolve(text)
    })
  })
}

async function within(ms: number, work: Promise<string>): Promise<string> {
  let clock: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    clock = setTimeout(() => reject(new Error(`the connection is open after ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(clock)
  }
}
