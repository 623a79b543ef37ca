/** Jobs that BullMQ delivers among processes of different runtimes, through deaths of workers and of the Redis. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { serveHttp, type Loopback } from '../support/loopback.ts'
import { hasRedis, startRedis, type RedisServer } from '../support/redis-server.ts'
import { build } from './commands.ts'
import { ask, openJobStage, order, stateOf, type JobStage, type JobView } from './job-stage.ts'
import { freePort } from './ports.ts'
import { killGroup } from './processes.ts'

let stage: JobStage
let redis: RedisServer
let port: number
let origin: Loopback
const held = { count: 0, holds: false, answers: [] as (() => void)[] }

const REDIS = hasRedis() ? 'a real redis-server' : 'a real redis-server, which is not installed here'

beforeAll(async () => {
  if (!hasRedis()) return
  build()
  stage = await openJobStage()
  port = await freePort()
  redis = await startRedis(port)
  origin = await serveHttp((_, response) => {
    const answer = () =>
      void response.writeHead(200, { etag: '"1"', 'content-type': 'image/jpeg' }).end(stage.photo)
    if (!held.holds) return answer()
    held.count++
    held.answers.push(answer)
  })
})
afterEach(() => stage?.kill())
afterAll(async () => {
  await redis?.close()
  await origin?.close()
  await stage?.close()
})

const configure = () =>
  stage.configure(
    { type: 'http', url: `${origin.origin}/\${key}`, mount: undefined, key: undefined },
    { jobs: { leaseMs: 1000 }, outbound: { allowPrivate: ['127.0.0.0/8'] } },
  )
const readyz = async (address: string) => {
  const answer = await fetch(`${address}/readyz`)
  return { status: answer.status, ...((await answer.json()) as { checks: Record<string, { ok: boolean }> }) }
}
const untilDone = (address: string, job: JobView, timeout = 10_000) =>
  expect.poll(() => stateOf(address, job), { timeout, interval: 30 }).toBe('completed')

test.runIf(hasRedis())(`three runtimes share the work through ${REDIS}`, async () => {
  const config = await configure()
  const env = { REDIS_URL: redis.url }
  const server = await stage.begin('node', config, 'server', env)
  expect((await readyz(server.address)).checks).toMatchObject({ queue: { ok: true }, database: { ok: true } })
  const job = await order(server.address, 60)

  // Killed while it is at it: the next one has it when the lease has ended.
  held.holds = true
  const killed = await stage.begin('bun', config, 'worker', env)
  await expect.poll(() => held.count, { timeout: 10_000 }).toBe(1)
  killGroup(killed.running)
  held.holds = false
  const second = await stage.begin('deno', config, 'worker', env)
  await untilDone(server.address, job)

  // An idle worker of another runtime is told at once.
  const begun = performance.now()
  await untilDone(server.address, await order(server.address, 61))
  expect(performance.now() - begun).toBeLessThan(900)

  // The Redis dies with everything that it knew, while a job is worked on and others wait.
  await ask(server.address, '/api/jobs/queues/default/pause', { method: 'POST' })
  const jobs = [62, 63, 64, 65]
  const ordered = [] as JobView[]
  for (const width of jobs) ordered.push(await order(server.address, width))
  held.holds = true
  await ask(server.address, '/api/jobs/queues/default/resume', { method: 'POST' })
  await expect.poll(() => held.count, { timeout: 5000 }).toBe(3)
  await redis.close()
  const down = await readyz(server.address)
  expect([down.status, down.checks['queue']?.ok]).toEqual([200, false])
  held.holds = false
  const slow = performance.now()
  ordered.push(await order(server.address, 66))
  expect(performance.now() - slow).toBeLessThan(1500)
  redis = await startRedis(port)
  ordered.push(await order(server.address, 67))
  for (const answer of held.answers) answer()
  for (const one of ordered) await untilDone(server.address, one)

  second.running.child.kill('SIGTERM')
  expect((await second.running.ended()).code).toBe(0)
  server.running.child.kill('SIGTERM')
  expect((await server.running.ended()).code).toBe(0)
  expect(await ask(server.address, '/api/jobs').catch(() => 'gone')).toBe('gone')
})
