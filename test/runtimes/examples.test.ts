/** Each example is started as its README says and asked for a picture. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jpegPicture } from '../support/pictures.ts'
import { build, ROOT } from './commands.ts'
import { freePort } from './ports.ts'
import { killGroup, start } from './processes.ts'
import { bucketOf, bundleWorker, startWorker } from './worker-bundle.ts'

let folder: string
let photo: Uint8Array

/** A project of its own beside which `mediamorph` is installed, as for a user. */
beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-examples-'))
  photo = await jpegPicture({ width: 400, height: 300 })
  await mkdir(join(folder, 'node_modules/@hono'), { recursive: true })
  await mkdir(join(folder, 'photos'))
  await writeFile(
    join(folder, 'package.json'),
    '{"type":"module","dependencies":{"mediamorph":"*","hono":"*","@hono/node-server":"*"}}',
  )
  await writeFile(join(folder, 'photos/photo.jpg'), photo)
  await symlink(ROOT, join(folder, 'node_modules/mediamorph'))
  for (const name of ['hono', '@hono/node-server'])
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function copy(path: string): Promise<string> {
  const target = join(folder, path.replaceAll('/', '-'))
  await writeFile(target, await readFile(join(ROOT, 'examples', path)))
  return target
}

async function expectPicture(response: Response): Promise<void> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect(response.status, Buffer.from(bytes).toString().slice(0, 300)).toBe(200)
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 100, height: 75 })
}

/** The last line of its README that starts it, in shell words. */
async function commandFrom(readme: string, program: string): Promise<string[]> {
  const text = await readFile(join(ROOT, 'examples', readme), 'utf8')
  const line = text.split('\n').find((one) => one.startsWith('    PHOTOS=')) ?? ''
  return line.slice(line.indexOf(`${program} `) + program.length + 1).split(' ')
}

describe.each([
  ['bun', 'bun/server.ts', `${ROOT}node_modules/bun/bin/bun.exe`, '/photos'],
  ['deno', 'deno/server.ts', `${ROOT}node_modules/deno/deno`, '/photos'],
  ['hono', 'hono/server.mjs', process.execPath, '/media/photos'],
])('examples/%s', (name, path, program, prefix) => {
  test('serves a picture and stops', async () => {
    const file = await copy(path)
    const words = await commandFrom(`${name}/README.md`, name === 'hono' ? 'node' : name)
    const command = words.map((word) => (word.startsWith('server.') ? file : word))
    const port = await freePort()
    const running = start([program, ...command], {
      cwd: folder,
      env: { PORT: String(port), PHOTOS: join(folder, 'photos') },
    })
    try {
      const url = `http://127.0.0.1:${port}${prefix}/photo.jpg?width=100&format=webp`
      await expect
        .poll(
          () =>
            fetch(url).then(
              ({ ok }) => ok,
              () => false,
            ),
          { timeout: 15_000 },
        )
        .toBe(true)
      await expectPicture(await fetch(url))
      running.child.kill('SIGTERM')
      const { code, stderr } = await running.ended()
      expect([code, stderr.replace(/^Listening on .*\n/, '')]).toEqual([0, ''])
    } finally {
      killGroup(running)
    }
  })
})

test('examples/workers serves a picture from R2 and keeps what it made there', async () => {
  const miniflare = await startWorker(await bundleWorker(await copy('workers/worker.ts')))
  try {
    await (await bucketOf(miniflare, 'PHOTOS')).put('photo.jpg', photo)
    const get = async () => {
      const response = await miniflare.dispatchFetch('http://m.test/photos/photo.jpg?width=100&format=webp')
      return response as unknown as Response
    }
    const first = await get()
    expect(first.headers.get('x-cache')).toBe('MISS')
    await expectPicture(first)
    const second = await get()
    expect(second.headers.get('x-cache')).toBe('HIT')
    await expectPicture(second)
    const kept = await (await bucketOf(miniflare, 'CACHE')).list({})
    expect(kept.objects.length).toBeGreaterThan(0)
  } finally {
    await miniflare.dispose()
  }
})
