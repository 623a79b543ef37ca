/** Queues of jobs over HTTP: how full they are, held and let go, whatever delivers the jobs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMediamorph, type Mediamorph } from '../../src/index.ts'
import { createMemoryMount } from '../support/memory-mount.ts'
import { jpegPicture } from '../support/pictures.ts'
import { createTestPlatform } from '../support/platform.ts'
import { hasRedis, startRedis, type RedisServer } from '../support/redis-server.ts'

const KEY = { 'x-api-key': 'test-api-key' }
const open: Mediamorph[] = []
let folder: string
let redis: RedisServer | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-job-queues-'))
  if (hasRedis()) redis = await startRedis()
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
afterAll(async () => {
  await redis?.close()
  await rm(folder, { recursive: true, force: true })
})

async function stage(more: Record<string, unknown> = {}) {
  const mount = createMemoryMount()
  mount.put('a.jpg', await jpegPicture())
  const source = { type: 'storage', mount: 'memory:files', key: '${key}' }
  const config = {
    origins: [{ name: 'files', match: '^/files/(?<key>.+)$', access: 'public', sources: [source] }],
    storage: { cache: 'memory:' },
    database: `sqlite:${join(folder, `${crypto.randomUUID()}.db`)}`,
    ...more,
  }
  const platform = createTestPlatform({
    env: { MEDIAMORPH_API_KEY: KEY['x-api-key'] },
    drivers: { 'memory:files': mount.driver },
  })
  const media = createMediamorph(config as never, platform)
  open.push(media)
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = KEY) =>
    media.fetch(
      new Request(`http://media.test/api/jobs${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  const laneOf = async (name: string) => {
    const { queues } = (await (await ask('GET', '/queues')).json()) as { queues: { name: string }[] }
    return queues.find((one) => one.name === name)
  }
  const order = async (width: number) => {
    const options = { width, format: 'webp' }
    const answer = await ask('POST', '', { type: 'render', source: '/files/a.jpg', options })
    return ((await answer.json()) as { job_id: string }).job_id
  }
  const statusOf = async (id: string) =>
    ((await (await ask('GET', `/${id}`)).json()) as { status: string }).status
  return { ask, laneOf, order, statusOf, media }
}

const KINDS = ['embedded', ...(hasRedis() ? ['BullMQ on a real redis-server'] : [])]

describe.each(KINDS)('queue: %s', (kind) => {
  const queueOf = () => ({ queue: kind === 'embedded' ? kind : redis!.url })

  test('a lane that is paused keeps what is ordered until it is resumed, and says how much', async () => {
    const { ask, laneOf, order, statusOf } = await stage(queueOf())
    expect(await (await ask('GET', '/queues')).json()).toEqual({
      queues: [
        { name: 'critical', weight: 6, pool: 'main', waiting: 0, delayed: 0, active: 0, paused: false },
        { name: 'default', weight: 3, pool: 'main', waiting: 0, delayed: 0, active: 0, paused: false },
        { name: 'large', weight: 1, pool: 'large', waiting: 0, delayed: 0, active: 0, paused: false },
      ],
    })
    const paused = await ask('POST', '/queues/default/pause')
    expect([paused.status, await paused.json()]).toMatchObject([200, { queues: [{}, { paused: true }, {}] }])
    const ids = [await order(40), await order(41)]
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await Promise.all(ids.map(statusOf))).toEqual(['queued', 'queued'])
    expect(await laneOf('default')).toMatchObject({ waiting: 2, active: 0, paused: true })
    await ask('POST', '/queues/default/resume')
    for (const id of ids) await expect.poll(() => statusOf(id), { timeout: 5000 }).toBe('completed')
    expect(await laneOf('default')).toMatchObject({ waiting: 0, active: 0, paused: false })
  })

  test('needs the key, and a lane that there is', async () => {
    const { ask, media } = await stage(queueOf())
    for (const [method, path] of [
      ['GET', '/queues'],
      ['POST', '/queues/default/pause'],
      ['POST', '/queues/default/resume'],
    ] as const)
      expect((await ask(method, path, undefined, {})).status).toBe(401)
    expect((await ask('POST', '/queues/video/pause')).status).toBe(404)
    const ready = await media.fetch(new Request('http://media.test/readyz'))
    const { checks } = (await ready.json()) as { checks: Record<string, unknown> }
    expect(checks['queue']).toEqual(kind === 'embedded' ? undefined : { ok: true })
  })
})

test.runIf(hasRedis())(
  'a Redis that is down is named, and takes neither the service nor its jobs out',
  async () => {
    const down = await startRedis()
    await down.close()
    const { order, statusOf, media } = await stage({ queue: down.url })
    const id = await order(40)
    await expect.poll(() => statusOf(id), { timeout: 5000 }).toBe('completed')
    const ready = await media.fetch(new Request('http://media.test/readyz'))
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { ready: true, checks: { queue: { ok: false, error: 'Redis does not answer' } } },
    ])
  },
)
