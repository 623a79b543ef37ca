/** Jobs on every runtime, and among several processes of different ones that share a database. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serveHttp } from '../support/loopback.ts'
import { jpegPicture } from '../support/pictures.ts'
import { build, commandOf, RUNTIMES, type Runtime } from './commands.ts'
import { killGroup, start, type Running } from './processes.ts'

const KEY = 'key-of-tests'
let folder: string
let photo: Uint8Array
const started: Running[] = []

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-jobs-'))
  photo = await jpegPicture({ width: 200, height: 100 })
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(() => {
  for (const one of started.splice(0)) killGroup(one)
})

let places = 0
async function configure(source: object, more: Record<string, unknown> = {}): Promise<string> {
  const place = join(folder, String(places++))
  await mkdir(join(place, 'media'), { recursive: true })
  await writeFile(join(place, 'media', 'a.jpg'), photo)
  const document = {
    origins: [
      {
        name: 'files',
        match: '^/files/(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount: `fs:${join(place, 'media')}`, key: '${key}', ...source }],
      },
    ],
    storage: { cache: `fs:${join(place, 'cache')}`, artifacts: `fs:${join(place, 'artifacts')}` },
    database: `sqlite:${join(place, 'index.db')}`,
    ...more,
  }
  await writeFile(join(place, 'config.json'), JSON.stringify(document))
  return join(place, 'config.json')
}

async function begin(runtime: Runtime, config: string, role?: string) {
  const [program, ...words] = commandOf(runtime)
  const env = { MEDIAMORPH_CONFIG: config, MEDIAMORPH_API_KEY: KEY, PORT: '0' }
  const running = start([program, ...words, ...(role === undefined ? [] : ['--role', role])], { env })
  started.push(running)
  return { running, ...(await running.listening()) }
}

interface JobView {
  readonly job_id: string
  readonly status: string
  readonly events: string
}

function order(address: string, width: number): Promise<JobView> {
  return begun(address, { type: 'render', source: '/files/a.jpg', options: { width, format: 'webp' } })
}

async function begun(address: string, wanted: object): Promise<JobView> {
  const body = JSON.stringify(wanted)
  const answer = await fetch(`${address}/api/jobs`, { method: 'POST', headers: { 'x-api-key': KEY }, body })
  expect([answer.status, answer.headers.get('x-job-id')]).toEqual([202, expect.any(String)])
  return (await answer.json()) as JobView
}

async function stateOf(address: string, { job_id: id }: JobView): Promise<string> {
  const answer = await fetch(`${address}/api/jobs/${id}`, { headers: { 'x-api-key': KEY } })
  return ((await answer.json()) as JobView).status
}

describe.each(RUNTIMES)('%s', (runtime) => {
  test('works on what is ordered, tells how far it is, and lets no stream hold its end', async () => {
    const { address, running } = await begin(runtime, await configure({}))
    const job = await order(address, 60)
    const events = await (await fetch(address + job.events)).text()
    expect(events).toMatch(/event: done\ndata: .*"status":"completed","progress":100/)
    const media = await fetch(`${address}/files/a.jpg?width=60&format=webp`)
    expect([media.status, media.headers.get('x-cache')]).toEqual([200, 'HIT'])
    expect((await media.arrayBuffer()).byteLength).toBeGreaterThan(20)
    const thumbnail = await begun(address, { type: 'image:thumbnail', source: '/files/a.jpg' })
    const told = await (await fetch(address + thumbnail.events)).text()
    const [, url = ''] = /"url":"([^"]+)"/.exec(told) ?? []
    const made = await fetch(address + url, { headers: { 'x-api-key': KEY, range: 'bytes=8-11' } })
    expect([made.status, await made.text()]).toEqual([206, 'WEBP'])
    const hash = url.split('/')[3]
    const gone = await fetch(`${address}/api/media/${hash}`, {
      method: 'DELETE',
      headers: { 'x-api-key': KEY },
    })
    expect(gone.status).toBe(204)
    expect((await fetch(address + url, { headers: { 'x-api-key': KEY } })).status).toBe(404)
    running.child.kill('SIGTERM')
    expect((await running.ended()).code).toBe(0)
  })
})

test('a job outlives the process that was at it, whichever runtime has it next', async () => {
  let held = 0
  let holds = false
  const origin = await serveHttp((_, response) => {
    if (holds) held++
    else response.writeHead(200, { etag: '"1"', 'content-type': 'image/jpeg' }).end(photo)
  })
  const config = await configure(
    { type: 'http', url: `${origin.origin}/\${key}`, mount: undefined, key: undefined },
    { jobs: { leaseMs: 1000 }, shutdown: { graceMs: 3500 }, outbound: { allowPrivate: ['127.0.0.0/8'] } },
  )
  const server = await begin('node', config, 'server')
  expect(server.line).toMatchObject({ role: 'server' })
  const job = await order(server.address, 70)
  const watched = fetch(server.address + job.events).then((response) => response.text())
  holds = true

  const killed = await begin('bun', config, 'worker')
  expect((await fetch(`${killed.address}/files/a.jpg`)).status).toBe(404)
  expect((await fetch(`${killed.address}/readyz`)).status).toBe(200)
  await expect.poll(() => held, { timeout: 10_000 }).toBe(1)
  expect(await stateOf(server.address, job)).toBe('processing')
  killGroup(killed.running)

  const ended = await begin('deno', config, 'worker')
  await expect.poll(() => held, { timeout: 10_000 }).toBe(2)
  ended.running.child.kill('SIGTERM')
  expect((await ended.running.ended()).code).toBe(0)
  expect(await stateOf(server.address, job)).toBe('queued')

  holds = false
  await begin('node', config, 'worker')
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
