/** Too much at once: refusals with Retry-After, places given up by those who leave, and no harm to the rest. */
import { afterEach, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import type { Task, Workers } from '../../src/platform.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createInlineWorkers, createTestPlatform } from '../support/platform.ts'

const open: Mediamorph[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Workers whose tasks wait until they are let go, or their signal fires. */
function createHeldWorkers() {
  const real = createInlineWorkers()
  const held = new Set<() => void>()
  let started = 0
  const workers: Workers = {
    ...real,
    async run(task: Task) {
      started++
      await new Promise<void>((resolve, reject) => {
        held.add(resolve)
        task.signal?.addEventListener('abort', () => reject(task.signal?.reason))
      })
      return real.run(task)
    },
  }
  const release = () => {
    for (const one of held) one()
    held.clear()
  }
  return { workers, release, running: () => started }
}

async function stage(limits: Record<string, unknown>, workers: Workers) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const platform = createTestPlatform({ workers, drivers: { 'memory:files': mount.driver } })
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
  }
  const media = createMediamorph(
    { origins: [files], storage: { cache: 'memory:' }, database: 'sqlite::memory:', limits } as never,
    platform,
  )
  open.push(media)
  return {
    mount,
    lines: platform.lines,
    get: (path: string, signal?: AbortSignal) =>
      media.fetch(new Request(`http://media.test${path}`, signal ? { signal } : {})),
  }
}

const until = async (condition: () => boolean) => {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(condition()).toBe(true)
}

test('beyond the queue: 503 BUSY with Retry-After, at once, and health still answers (threats row 12)', async () => {
  const { workers, release, running } = createHeldWorkers()
  const { get } = await stage({ concurrency: 1, queue: 2 }, workers)
  const accepted = [10, 11, 12].map((width) => get(`/files/a.jpg?width=${width}&format=png`))
  await until(() => running() === 1)
  const refused = await get('/files/a.jpg?width=13&format=png')
  expect([refused.status, refused.headers.get('cache-control')]).toEqual([503, 'no-store'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(await refused.json()).toMatchObject({ error: { code: 'BUSY' } })
  expect((await get('/healthz')).status).toBe(200)
  const pump = setInterval(release, 5)
  const statuses = (await Promise.all(accepted)).map((response) => response.status)
  const again = await get('/files/a.jpg?width=13&format=png')
  clearInterval(pump)
  expect([...statuses, again.status]).toEqual([200, 200, 200, 200])
})

test('a client that leaves aborts its work and frees its place, unless others wait for it (threats row 12)', async () => {
  const { workers, release, running } = createHeldWorkers()
  const { get, lines } = await stage({ concurrency: 1, queue: 4 }, workers)
  const [leaver, other] = [new AbortController(), new AbortController()]
  const left = get('/files/a.jpg?width=20&format=png', leaver.signal)
  await until(() => running() === 1)
  leaver.abort()
  expect((await left).status).toBe(499)
  const shared = get('/files/a.jpg?width=21&format=png', other.signal)
  await until(() => running() === 2)
  const stays = get('/files/a.jpg?width=21&format=png')
  await new Promise((resolve) => setTimeout(resolve, 20))
  other.abort()
  expect((await shared).status).toBe(499)
  release()
  const answer = await stays
  expect([answer.status, answer.headers.get('x-cache')]).toEqual([200, 'COALESCED'])
  expect(lines.filter((line) => line.includes('CLIENT_GONE'))).toHaveLength(2)
})

test('a slow original holds no worker: others are served meanwhile', async () => {
  const { get, mount } = await stage({ concurrency: 1, queue: 4 }, createInlineWorkers())
  let arrive = () => {}
  mount.hold = new Promise((resolve) => (arrive = resolve))
  const slow = get('/files/a.jpg?width=30&format=png')
  await new Promise((resolve) => setTimeout(resolve, 20))
  mount.hold = undefined
  expect((await get('/files/a.jpg?width=31&format=png')).status).toBe(200)
  arrive()
  expect((await slow).status).toBe(200)
})

test('a transformation over its time is stopped: TRANSFORM_TIMEOUT, remembered, and the next picture is right', async () => {
  const { get, mount } = await stage({ transformMs: 1 }, createInlineWorkers())
  mount.put('large.jpg', await jpegPicture({ width: 3000, height: 2000 }))
  const late = await get('/files/large.jpg?width=1500&format=avif')
  expect([late.status, await late.json()]).toMatchObject([422, { error: { code: 'TRANSFORM_TIMEOUT' } }])
})

test('a source that trickles is given up after outbound.totalMs: 504, and its work with it', async () => {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  let reads = 0
  const trickling = {
    ...mount.driver,
    readRange: (key: string, start: number, end: number) =>
      reads++ === 0 ? mount.driver.readRange!(key, start, end) : new Promise<null>(() => {}),
  }
  const platform = createTestPlatform({ drivers: { 'memory:files': trickling } })
  const files = {
    name: 'files',
    match: '^/files/(?<key>.+)$',
    sources: [{ type: 'storage', mount: 'memory:files', key: '${key}' }],
  }
  const media = createMediamorph(
    {
      origins: [files],
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
      outbound: { totalMs: 100 },
    } as never,
    platform,
  )
  open.push(media)
  const response = await media.fetch(new Request('http://media.test/files/a.jpg?width=20'))
  expect([response.status, await response.json()]).toMatchObject([504, { error: { code: 'SOURCE_TIMEOUT' } }])
})

test('an origin whose originals do not come takes neither the places nor the memory of another', async () => {
  const photo = await jpegPicture()
  // Its head comes at once, then nothing for as long as it may take.
  const hanging = await startObjectServer({
    instead(_, response) {
      response.writeHead(200, { etag: '"1"', 'content-length': 60_000_000 }).write(photo.subarray(0, 8000))
      return true
    },
  })
  const mount = createMemoryMount()
  mount.put('a.jpg', photo)
  const origin = (name: string, source: Record<string, unknown>) => ({
    name,
    match: `^/${name}/(?<key>.+)$`,
    sources: [source],
  })
  const media = createMediamorph(
    {
      origins: [
        origin('files', { type: 'storage', mount: 'memory:files', key: '${key}' }),
        origin('hanging', { type: 'http', url: `${hanging.url}/\${key}` }),
      ],
      storage: { cache: 'memory:' },
      database: 'sqlite::memory:',
      limits: { queue: 30 },
      outbound: { idleMs: 2000, totalMs: 2000 },
    } as never,
    createTestPlatform({ drivers: { 'memory:files': mount.driver } }),
  )
  open.push(media, { close: hanging.close } as Mediamorph)
  const get = (path: string) => media.fetch(new Request(`http://media.test${path}`))
  const late = Array.from({ length: 40 }, (_, n) => get(`/hanging/${n}.jpg?width=20`))
  await new Promise((resolve) => setTimeout(resolve, 500))
  const began = performance.now()
  expect((await get('/files/a.jpg?width=20')).status).toBe(200)
  expect(performance.now() - began).toBeLessThan(1000)
  const statuses = await Promise.all(late.map(async (one) => (await one).status))
  expect(new Set(statuses)).toEqual(new Set([503, 504]))
})
