/** Jobs on every runtime, and among several processes of different ones that share a database. */
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serveHttp } from '../support/loopback.ts'
import { hasPostgres, startPostgres } from '../support/postgres.ts'
import { build, RUNTIMES } from './commands.ts'
import { ask, begun, openJobStage, order, stateOf, type JobStage } from './job-stage.ts'
import { killGroup } from './processes.ts'

let stage: JobStage
beforeAll(async () => {
  build()
  stage = await openJobStage()
})
afterAll(() => stage.close())
afterEach(() => stage.kill())

describe.each(RUNTIMES)('%s', (runtime) => {
  test('works on what is ordered, tells how far it is, and lets no stream hold its end', async () => {
    const { address, running } = await stage.begin(runtime, await stage.configure({}))
    const job = await order(address, 60)
    const events = await (await fetch(address + job.events)).text()
    expect(events).toMatch(/event: done\ndata: .*"status":"completed","progress":100/)
    const media = await fetch(`${address}/files/a.jpg?width=60&format=webp`)
    expect([media.status, media.headers.get('x-cache')]).toEqual([200, 'HIT'])
    expect((await media.arrayBuffer()).byteLength).toBeGreaterThan(20)
    const thumbnail = await begun(address, { type: 'image:thumbnail', source: '/files/a.jpg' })
    const told = await (await fetch(address + thumbnail.events)).text()
    const [, url = ''] = /"url":"([^"]+)"/.exec(told) ?? []
    const made = await ask(address, url, { headers: { range: 'bytes=8-11' } })
    expect([made.status, await made.text()]).toEqual([206, 'WEBP'])
    const hash = url.split('/')[3]
    const gone = await ask(address, `/api/media/${hash}`, { method: 'DELETE' })
    expect(gone.status).toBe(204)
    expect((await ask(address, url)).status).toBe(404)
    running.child.kill('SIGTERM')
    expect((await running.ended()).code).toBe(0)
  })
})

test('a job outlives the process that was at it, whichever runtime has it next', async () => {
  let held = 0
  let holds = false
  const origin = await serveHttp((_, response) => {
    if (holds) held++
    else response.writeHead(200, { etag: '"1"', 'content-type': 'image/jpeg' }).end(stage.photo)
  })
  const config = await stage.configure(
    { type: 'http', url: `${origin.origin}/\${key}`, mount: undefined, key: undefined },
    { jobs: { leaseMs: 1000 }, shutdown: { graceMs: 3500 }, outbound: { allowPrivate: ['127.0.0.0/8'] } },
  )
  const server = await stage.begin('node', config, 'server')
  expect(server.line).toMatchObject({ role: 'server' })
  const job = await order(server.address, 70)
  const watched = fetch(server.address + job.events).then((response) => response.text())
  holds = true

  const killed = await stage.begin('bun', config, 'worker')
  expect((await fetch(`${killed.address}/files/a.jpg`)).status).toBe(404)
  expect((await fetch(`${killed.address}/readyz`)).status).toBe(200)
  await expect.poll(() => held, { timeout: 10_000 }).toBe(1)
  expect(await stateOf(server.address, job)).toBe('processing')
  killGroup(killed.running)

  const ended = await stage.begin('deno', config, 'worker')
  await expect.poll(() => held, { timeout: 10_000 }).toBe(2)
  ended.running.child.kill('SIGTERM')
  expect((await ended.running.ended()).code).toBe(0)
  expect(await stateOf(server.address, job)).toBe('queued')

  holds = false
  await stage.begin('node', config, 'worker')
  expect(await watched).toMatch(/event: done\n/)
  const media = await fetch(`${server.address}/files/a.jpg?width=70&format=webp`)
  expect([media.status, media.headers.get('x-cache')]).toEqual([200, 'HIT'])
  await media.arrayBuffer()

  // A stream that is open does not hold the end.
  const open = await fetch(server.address + (await order(server.address, 80)).events)
  const begun = performance.now()
  server.running.child.kill('SIGTERM')
  expect((await server.running.ended()).code).toBe(0)
  expect(performance.now() - begun).toBeLessThan(3000)
  await open.text().catch(() => undefined)
  await origin.close()
})

// Debian's package of that name; .ci/run installs it.
const POSTGRES = hasPostgres() ? 'a real PostgreSQL' : 'a real PostgreSQL, which is not installed here'
test.runIf(hasPostgres())(`three runtimes share ${POSTGRES}, which fails while they work`, async () => {
  const postgres = await startPostgres()
  const origin = await serveHttp((_, response) => {
    setTimeout(
      () => response.writeHead(200, { etag: '"1"', 'content-type': 'image/jpeg' }).end(stage.photo),
      200,
    )
  })
  try {
    const config = await stage.configure(
      { type: 'http', url: `${origin.origin}/\${key}`, mount: undefined, key: undefined },
      { jobs: { leaseMs: 2000 }, outbound: { allowPrivate: ['127.0.0.0/8'] } },
    )
    const env = { DATABASE_URL: postgres.newPlace() }
    const [server, ...workers] = await Promise.all([
      stage.begin('node', config, 'server', env),
      stage.begin('bun', config, 'worker', env),
      stage.begin('deno', config, 'worker', env),
    ])
    const jobs = await Promise.all(Array.from({ length: 20 }, (_, n) => order(server.address, 30 + n)))
    const statuses = () => Promise.all(jobs.map((job) => stateOf(server.address, job)))
    await expect.poll(statuses, { interval: 20, timeout: 10_000 }).toContain('completed')
    await postgres.crash()
    for (const { address } of [server, ...workers]) {
      const answer = await fetch(`${address}/readyz`)
      const { checks } = (await answer.json()) as { checks: Record<string, { ok: boolean }> }
      expect([answer.status, checks['database']?.ok]).toEqual([503, false])
    }
    const refused = await ask(server.address, '/api/jobs')
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'STORE_FAILED' } }])
    await postgres.restart()

    const all = new Set(['completed'])
    await expect.poll(async () => new Set(await statuses()), { timeout: 20_000 }).toEqual(all)
    for (const { address } of [server, ...workers])
      expect((await fetch(`${address}/readyz`)).status).toBe(200)
    for (const width of jobs.keys()) {
      const media = await fetch(`${server.address}/files/a.jpg?width=${30 + width}&format=webp`)
      expect([media.status, media.headers.get('x-cache')]).toEqual([200, 'HIT'])
      expect((await sharp(await media.arrayBuffer()).metadata()).width).toBe(30 + width)
    }
    for (const { running } of [server, ...workers]) {
      running.child.kill('SIGTERM')
      expect((await running.ended()).code).toBe(0)
    }
  } finally {
    await origin.close()
    await postgres.close()
  }
})
