/** Starting and stopping, through npm as users do. */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { SAMPLES } from '../../src/http/demo/samples.ts'
import { serveHttp } from '../support/loopback.ts'
import { jpegPicture } from '../support/pictures.ts'
import { build, commandOf, ROOT, RUNTIMES } from './commands.ts'
import { groupLives, killGroup, start, type RunOptions, type Running } from './processes.ts'

let folder: string
const started: Running[] = []

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-start-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))
afterEach(() => {
  for (const one of started.splice(0)) killGroup(one)
})

function begin(command: readonly [string, ...string[]], options?: RunOptions): Running {
  const running = start(command, options)
  started.push(running)
  return running
}

let configs = 0
async function configure(more: Record<string, unknown> = {}): Promise<string> {
  const place = join(folder, String(configs++))
  const path = `${place}.json`
  const document = {
    origins: [
      {
        name: 'files',
        match: '^/files/(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount: `fs:${folder}`, key: '${key}' }],
      },
    ],
    storage: { cache: `fs:${join(place, 'cache')}` },
    database: `sqlite:${join(place, 'index.db')}`,
    ...more,
  }
  await writeFile(path, JSON.stringify(document))
  return path
}

describe.each(RUNTIMES)('npm run start:%s', (runtime) => {
  test('says in one line where it listens and what it is; ends with 0 on SIGTERM, leaving nothing', async () => {
    const env = { MEDIAMORPH_CONFIG: await configure(), PORT: '0' }
    const service = begin(['npm', 'run', '--silent', `start:${runtime}`], { env })
    const { address, line } = await service.listening()
    expect(line).toMatchObject({
      level: 'info',
      role: 'all',
      runtime: expect.stringMatching(/^(bun|deno|node|workerd)/),
    })
    expect(line['notes']).toEqual([expect.stringMatching(/^outbound addresses are (not )?pinned$/)])
    expect((await fetch(`${address}/healthz`)).status).toBe(200)
    // npm alone, as a supervisor would: the server must hear of it.
    service.child.kill('SIGTERM')
    expect((await service.ended()).code).toBe(0)
    // What has ended may take a moment to be gone.
    await expect.poll(() => groupLives(service), { timeout: 2000 }).toBe(false)
  })

  test('an answer that is under way is finished first', async () => {
    let requested: () => void
    const wanted = new Promise<void>((resolve) => (requested = resolve))
    const photo = await jpegPicture({ width: 200, height: 100 })
    const origin = await serveHttp((_, response) => {
      requested()
      setTimeout(() => response.writeHead(200, { etag: '"1"' }).end(photo), 700)
    })
    const source = { type: 'http', url: `${origin.origin}/\${key}` }
    const origins = [{ name: 'slow', match: '^/slow/(?<key>.+)$', access: 'public', sources: [source] }]
    const env = { MEDIAMORPH_CONFIG: await configure({ origins }), PORT: '0' }
    const service = begin(commandOf(runtime), { env })
    const { address } = await service.listening()
    const answer = fetch(`${address}/slow/a.jpg?width=50&format=png`)
    await wanted
    service.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await expect(fetch(`${address}/healthz`, { headers: { connection: 'close' } })).rejects.toThrow()
    const response = await answer
    expect([response.status, (await response.arrayBuffer()).byteLength > 100]).toEqual([200, true])
    expect((await service.ended()).code).toBe(0)
    await origin.close()
  })

  test('work that takes longer than the grace does not hold it', async () => {
    let requested: () => void
    const wanted = new Promise<void>((resolve) => (requested = resolve))
    const origin = await serveHttp(() => requested())
    const source = { type: 'http', url: `${origin.origin}/\${key}` }
    const origins = [{ name: 'slow', match: '^/slow/(?<key>.+)$', access: 'public', sources: [source] }]
    const env = { MEDIAMORPH_CONFIG: await configure({ origins, shutdown: { graceMs: 300 } }), PORT: '0' }
    const service = begin(commandOf(runtime), { env })
    const { address } = await service.listening()
    const answer = fetch(`${address}/slow/a.jpg?width=50&format=png`)
      .then(async (response) => `${response.status} ${await response.text()}`)
      .catch(String)
    expect(await Promise.race([wanted, answer])).toBeUndefined()
    const begun = performance.now()
    service.child.kill('SIGTERM')
    expect((await service.ended()).code).toBe(0)
    expect(performance.now() - begun).toBeLessThan(3000)
    await answer
    await origin.close()
  })

  test('without a configuration it shows the samples', async () => {
    const place = await mkdtemp(join(folder, 'demo-'))
    const [program, ...words] = commandOf(runtime)
    // Run elsewhere: stores of the demo are made in the working directory.
    const command = words.map((word) => (existsSync(join(ROOT, word)) ? join(ROOT, word) : word))
    const service = begin([program, ...command], { cwd: place, env: { PORT: '0' } })
    const { address, line } = await service.listening()
    expect(line['notes']).toContain('no configuration: serving the samples')
    const page = await fetch(`${address}/`)
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ])
    const links = [...(await page.text()).matchAll(/"(\/demo\/[^"?_]+\?[^"]+)"/g)].map((match) => match[1]!)
    expect(links.length).toBeGreaterThanOrEqual(SAMPLES.length)
    for (const link of links.slice(0, 2)) {
      const picture = await fetch(address + link.replaceAll('&amp;', '&'))
      const type = picture.headers.get('content-type')
      expect([picture.status, type]).toEqual([200, expect.stringMatching(/^image\//)])
      await picture.arrayBuffer()
    }
  })

  test('a wrong document is refused as a whole, naming every fault', async () => {
    const path = await configure({ limits: { concurrency: -1 }, nonsense: true })
    const { code, stderr, stdout } = await begin(commandOf(runtime), {
      env: { MEDIAMORPH_CONFIG: path, PORT: '0' },
    }).ended()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('limits.concurrency')
    expect(stderr).toContain('nonsense')
    expect(stderr).not.toContain('    at ')
  })

  test('a port that is taken is said to be', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const port = String((other.address() as AddressInfo).port)
    const env = { MEDIAMORPH_CONFIG: await configure(), PORT: port }
    const { code, stderr } = await begin(commandOf(runtime), { env }).ended()
    expect(code).toBe(1)
    expect(stderr).toContain(
      `another process listens there: set PORT to a free one (127.0.0.1, port ${port})`,
    )
    other.close()
  })

  test('without a secret it listens on loopback only', async () => {
    const origins = [
      {
        name: 'files',
        match: '^/(?<key>.+)$',
        sources: [{ type: 'storage', mount: `fs:${folder}`, key: '${key}' }],
      },
    ]
    const env = { MEDIAMORPH_CONFIG: await configure({ origins }), PORT: '0', HOST: '0.0.0.0' }
    const { code, stderr } = await begin(commandOf(runtime), { env }).ended()
    expect([code, stderr]).toEqual([1, expect.stringContaining('origins[0].access')])
  })
})
