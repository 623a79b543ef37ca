/** Jobs of a Worker: a Queue brings them, on this machine through miniflare. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { build } from './commands.ts'
import { ask, openJobStage, order, stateOf, type JobStage, type JobView } from './job-stage.ts'

let stage: JobStage
let origin: Loopback
const told = { fails: 0, asked: 0, holdsFrom: Infinity }

beforeAll(async () => {
  build()
  stage = await openJobStage()
  origin = await serveHttp((_, response) => {
    told.asked++
    if (told.asked >= told.holdsFrom) return
    if (told.fails-- > 0) response.writeHead(503).end()
    else response.writeHead(200, { etag: '"1"', 'content-type': 'image/jpeg' }).end(stage.photo)
  })
})
afterEach(() => stage.kill())
afterAll(async () => {
  await origin.close()
  await stage.close()
})

const fromOrigin = () => ({ type: 'http', url: `${origin.origin}/\${key}`, mount: undefined, key: undefined })
const outbound = { allowPrivate: ['127.0.0.0/8'], allowHosts: ['127.0.0.1'] }
const untilDone = (address: string, job: JobView, timeout = 15_000) =>
  expect.poll(() => stateOf(address, job), { timeout, interval: 50 }).toBe('completed')

test('the Queue brings what is ordered and what is too much for a request; a source that fails is tried again', async () => {
  const config = await stage.configure(fromOrigin(), {
    outbound,
    inline: { seconds: 0 },
    jobs: { leaseMs: 1500 },
  })
  const { address } = await stage.begin('workers', config)
  const get = () => fetch(`${address}/files/a.jpg?width=50&format=png`)
  const deferred = await get()
  expect([deferred.status, await deferred.json()]).toMatchObject([202, { status: 'queued' }])
  await expect.poll(async () => (await get()).status, { timeout: 15_000, interval: 50 }).toBe(200)

  await ask(address, '/api/jobs/queues/default/pause', { method: 'POST' })
  const held = await order(address, 60)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await stateOf(address, held)).toBe('queued')
  told.fails = 1
  const begun = performance.now()
  await ask(address, '/api/jobs/queues/default/resume', { method: 'POST' })
  await untilDone(address, held)
  expect(performance.now() - begun).toBeGreaterThan(1000)

  // One that is worked on, by another invocation than the one that calls it off.
  told.holdsFrom = told.asked + 2
  const called = await order(address, 61)
  await expect.poll(() => stateOf(address, called), { timeout: 10_000 }).toBe('processing')
  const cancelled = await ask(address, `/api/jobs/${called.job_id}/cancel`, { method: 'POST' })
  expect([cancelled.status, await cancelled.json()]).toMatchObject([200, { status: 'cancelled' }])
  told.holdsFrom = Infinity
  await untilDone(address, await order(address, 62))
  expect(await stateOf(address, called)).toBe('cancelled')
  const { queues } = (await (await ask(address, '/api/jobs/queues')).json()) as { queues: unknown[] }
  expect(queues).toMatchObject([{}, { waiting: 0, delayed: 0, active: 0, paused: false }, {}])
})

test('a Worker that is killed with its Queue goes on with what was accepted when it is back', async () => {
  const config = await stage.configure(fromOrigin(), { outbound, jobs: { leaseMs: 1000 } })
  const killed = await stage.begin('workers', config)
  // The look at the original is answered; reading it is not.
  told.holdsFrom = told.asked + 2
  const job = await order(killed.address, 70)
  await expect.poll(() => told.asked, { timeout: 10_000 }).toBe(told.holdsFrom)
  expect(await stateOf(killed.address, job)).toBe('processing')
  stage.kill()
  told.holdsFrom = Infinity
  const { address } = await stage.begin('workers', config)
  await untilDone(address, job)
})
