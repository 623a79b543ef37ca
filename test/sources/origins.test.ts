import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { MediaError } from '../../src/error.ts'
import { createOrigins, type OriginSources } from '../../src/sources/origins.ts'
import { sourceSchema } from '../../src/sources/settings.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer, type ObjectServer } from '../support/object-server.ts'
import { createTestFetch } from '../support/outbound.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const it of open.splice(0)) await it.close()
})

const BYTES = new Uint8Array([1, 2, 3, 4])
const signal = new AbortController().signal

/** A server that answers everything in one way. */
async function answering(answer: (response: ServerResponse) => void): Promise<ObjectServer> {
  const server = await startObjectServer({ instead: (_, response) => (answer(response), true) })
  open.push(server)
  return server
}
const withStatus = (status: number, headers: Record<string, string> = {}) =>
  answering((response) => void response.writeHead(status, headers).end('<html>no</html>'))

async function holding(): Promise<ObjectServer> {
  const server = await startObjectServer()
  open.push(server)
  server.objects.set('a.bin', BYTES)
  return server
}
const httpTo = (server: ObjectServer) => sourceSchema.parse({ type: 'http', url: `${server.url}/\${key}` })

function originsOf(sources: OriginSources['sources'], rules = {}) {
  const mount = createMemoryMount()
  const opened: string[] = []
  const origins = createOrigins([{ name: 'files', sources }], {
    safeFetch: createTestFetch({ idleMs: 200, ...rules }),
    openDriver(name) {
      opened.push(name)
      if (name === 'fs:broken') throw new Error('/secret/path is not a folder')
      return mount.driver
    },
  })
  open.push(origins)
  const ref = { origin: 'files', path: '/a.bin', captures: { key: 'a.bin' } }
  return {
    mount,
    opened,
    read: async (at = signal) => {
      const original = await origins.open(ref, at)
      const bytes = await original.read({ start: 0, end: 100 })
      await original.close()
      return bytes
    },
    check: (validator: string) => origins.check(ref, validator, signal),
    open: () => origins.open(ref, signal),
  }
}

async function failureOf(work: Promise<unknown>): Promise<MediaError> {
  const error = await work.catch((thrown: unknown) => thrown)
  if (!(error instanceof MediaError)) throw new Error(`expected a MediaError, got ${String(error)}`)
  return error
}

describe('priorities', () => {
  it.each([404, 410, 500, 502, 503, 403])('falls through %d to the next source', async (status) => {
    const [first, second] = [await withStatus(status), await holding()]
    expect(await originsOf([httpTo(first), httpTo(second)]).read()).toEqual(BYTES)
    expect([first.requests.length, second.requests.length]).toEqual([1, 1])
  })

  it('falls through a source that hangs, one that breaks off and one that is not there', async () => {
    const hanging = await answering(() => {})
    const broken = await answering((response) => response.destroy())
    const absent = await withStatus(200)
    await absent.close()
    const last = await holding()
    expect(await originsOf([hanging, broken, absent, last].map(httpTo)).read()).toEqual(BYTES)
  })

  it('asks no further than the first that has it', async () => {
    const [first, second] = [await holding(), await holding()]
    await originsOf([httpTo(first), httpTo(second)]).read()
    expect(second.requests).toHaveLength(0)
  })

  it('falls through a mount that cannot be opened, and tries it again', async () => {
    const last = await holding()
    const broken = sourceSchema.parse({ type: 'storage', mount: 'fs:broken', key: '${key}' })
    const origins = originsOf([broken, httpTo(last)])
    expect(await origins.read()).toEqual(BYTES)
    expect(await origins.read()).toEqual(BYTES)
    expect(origins.opened).toEqual(['fs:broken', 'fs:broken'])
  })

  it('opens a mount once', async () => {
    const source = sourceSchema.parse({ type: 'storage', mount: 'fs:media', key: '${key}' })
    const origins = originsOf([source, source])
    origins.mount.put('a.bin', BYTES)
    await origins.read()
    await origins.read()
    expect(origins.opened).toEqual(['fs:media'])
  })

  it('threats row 37: every source on the way down is judged', async () => {
    let hits = 0
    const inside = await answering((response) => (hits++, void response.end('inside')))
    const first = await withStatus(404)
    const redirecting = await withStatus(302, { location: `${inside.url}/a.bin` })
    const origins = originsOf([httpTo(first), httpTo(redirecting)], { allowPrivate: [] })
    expect((await failureOf(origins.read())).code).toBe('SOURCE_FAILED')
    expect(hits).toBe(0)
  })

  it('a capture as host is not trusted, and must be named', async () => {
    const server = await holding()
    const source = sourceSchema.parse({ type: 'http', url: 'http://${host}/a.bin' })
    const origins = createOrigins([{ name: 'files', sources: [source, httpTo(server)] }], {
      safeFetch: createTestFetch(),
      openDriver: () => createMemoryMount().driver,
    })
    const ref = { origin: 'files', path: '/', captures: { host: '127.0.0.1', key: 'a.bin' } }
    // A refusal is an answer, not a failure: nothing falls through it.
    expect((await failureOf(origins.open(ref, signal))).code).toBe('ADDRESS_REFUSED')
    expect(server.requests).toHaveLength(0)
  })
})

describe('when none has it', () => {
  const cases: [number[], string][] = [
    [[404], 'NOT_FOUND'],
    [[410], 'GONE'],
    [[404, 410], 'NOT_FOUND'],
    [[404, 500], 'SOURCE_FAILED'],
    [[500, 404], 'SOURCE_FAILED'],
    [[503], 'SOURCE_FAILED'],
    [[204], 'SOURCE_FAILED'],
    [[206], 'SOURCE_FAILED'],
    [[304], 'SOURCE_FAILED'],
  ]
  it.each(cases)('%j is %s', async (statuses, code) => {
    const servers = await Promise.all(statuses.map((status) => withStatus(status)))
    const error = await failureOf(originsOf(servers.map(httpTo)).read())
    expect(error.code).toBe(code)
    if (code !== 'SOURCE_FAILED') return
    expect(error.details).toEqual({
      origin: 'files',
      errors: statuses.map((status, index) => ({
        source: index + 1,
        type: 'http',
        code: status === 404 ? 'NOT_FOUND' : 'SOURCE_FAILED',
      })),
    })
  })

  it('a hanging source is SOURCE_TIMEOUT, in its time', async () => {
    const before = Date.now()
    const error = await failureOf(originsOf([httpTo(await answering(() => {}))]).read())
    expect(error.code).toBe('SOURCE_TIMEOUT')
    expect(Date.now() - before).toBeLessThan(2000)
  })

  it('hands on how long to wait', async () => {
    const busy = await withStatus(503, { 'retry-after': '7' })
    expect((await failureOf(originsOf([httpTo(busy)]).read())).retryAfter).toBe(7)
  })

  it('shows nothing of the inside', async () => {
    const source = sourceSchema.parse({ type: 'storage', mount: 'fs:broken', key: '${key}' })
    const error = await failureOf(originsOf([source]).read())
    expect(error.code).toBe('SOURCE_FAILED')
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret')
  })

  it('an origin nobody configured', async () => {
    const origins = createOrigins([], {
      safeFetch: createTestFetch(),
      openDriver: () => createMemoryMount().driver,
    })
    const ref = { origin: 'other', path: '/', captures: {} }
    expect((await failureOf(origins.open(ref, signal))).code).toBe('NO_MATCHING_ORIGIN')
  })
})

describe('clients that leave', () => {
  it('end the search with their reason', async () => {
    const [hanging, last] = [await answering(() => {}), await holding()]
    const controller = new AbortController()
    const reason = new MediaError('CLIENT_GONE')
    setTimeout(() => controller.abort(reason), 50)
    const origins = originsOf([httpTo(hanging), httpTo(last)], { idleMs: 2000 })
    expect(await origins.read(controller.signal).catch((error) => error)).toBe(reason)
    expect(last.requests).toHaveLength(0)
  })
})

describe('revalidation', () => {
  it('costs one conditional request', async () => {
    const server = await holding()
    const origins = originsOf([httpTo(server)])
    const original = await origins.open()
    await original.close()
    expect(await origins.check(original.validator.text)).toBe(true)
    expect(server.requests).toHaveLength(2)
    expect(server.requests[1]?.headers['if-none-match']).toBe(original.validator.text)
    server.objects.set('a.bin', new Uint8Array([9]))
    expect(await origins.check(original.validator.text)).toBe(false)
  })

  it('sees that an original has gone', async () => {
    const server = await holding()
    server.objects.clear()
    expect((await failureOf(originsOf([httpTo(server)]).check('"x"'))).code).toBe('NOT_FOUND')
  })
})
