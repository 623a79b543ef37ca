/**
 * What pictures cost in memory on Workers, where an isolate has 128 MB for everything. workerd enforces nothing on this
 * machine, so its whole process is measured: the most that it ever had resident, less what it has with a Worker that does
 * nothing. That counts all of our isolate (script, code, heap, modules' memories, originals) and more: the stand-ins for R2
 * and D1 run in the same process.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { photograph } from '../../scripts/stage/media.ts'
import { build, ROOT } from './commands.ts'
import { bucketOf, bundleWorker, startWorker, type WorkerBundle } from './worker-bundle.ts'

const ISOLATE_BYTES = 128 * 1_048_576
const SIZES = { '12mp.jpg': [4000, 3000], '48mp.jpg': [8000, 6000] } as const

const originals = new Map<string, Uint8Array>()
let idle: number
let miniflare: Miniflare

beforeAll(async () => {
  build()
  for (const [name, [width, height]] of Object.entries(SIZES))
    originals.set(name, new Uint8Array(await photograph(width, height)))
  const nothing = { script: 'export default { fetch: () => new Response() }', modules: new Map() }
  miniflare = await begin(nothing)
  await get('12mp.jpg')
  idle = await residentBytes('VmRSS')
  await miniflare.dispose()
  miniflare = await begin(await bundleWorker(join(ROOT, 'examples/workers/slim.ts')))
})
afterAll(() => miniflare.dispose())

async function begin(worker: WorkerBundle): Promise<Miniflare> {
  const started = await startWorker(worker)
  const photos = await bucketOf(started, 'PHOTOS')
  for (const [name, bytes] of originals) await photos.put(name, bytes)
  return started
}

async function get(path: string) {
  const response = await miniflare.dispatchFetch(`http://m.test/photos/${path}`)
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) }
}

/** Of the workerd that this process has started. */
async function residentBytes(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
    if (!/^Name:\s+workerd$/m.test(status) || !status.includes(`PPid:\t${process.pid}\n`)) continue
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  }
  throw new Error('there is no workerd')
}

const peak = async () => (await residentBytes('VmHWM')) - idle

test.each(
  Object.keys(SIZES).flatMap((name) => ['jpeg', 'webp', 'png'].map((format) => [name, format] as const)),
)('%s to 720 %s leaves room in an isolate', async (name, format) => {
  const { status, bytes } = await get(`${name}?width=720&format=${format}`)
  expect([status, bytes.length > 5000]).toEqual([200, true])
  expect(await peak()).toBeLessThan(ISOLATE_BYTES)
})

test('a picture that needs more than there is for one is refused, and the next one is made', async () => {
  const { status, bytes } = await get('48mp.jpg?width=8000&format=jpeg')
  const { error } = JSON.parse(new TextDecoder().decode(bytes)) as {
    error: { code: string; details: object }
  }
  expect([status, error.code, error.details]).toEqual([
    422,
    'LIMIT_EXCEEDED',
    { limit: 'memoryBytes', maximum: 64 * 1_048_576 },
  ])
  expect((await get('12mp.jpg?width=400&format=jpeg')).status).toBe(200)
  expect(await peak()).toBeLessThan(ISOLATE_BYTES)
})

test('with the classifier that comes along, 12 megapixels leave room too', async () => {
  await miniflare.dispose()
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-memory-'))
  try {
    await mkdir(join(folder, 'node_modules'))
    await symlink(ROOT, join(folder, 'node_modules/mediamorph'))
    const text = await readFile(join(ROOT, 'examples/workers/slim.ts'), 'utf8')
    const judging = `import { nsfw } from 'mediamorph/workers/nsfw'\n${text}`
      .replace('modules: core', 'modules: { ...core, ...nsfw }')
      .replace("access: 'public',", "access: 'public', nsfw: 'flag',")
      .replace("database: 'd1:INDEX',", "database: 'd1:INDEX', nsfw: { classifier: 'builtin' },")
    await writeFile(join(folder, 'judging.ts'), judging)
    miniflare = await begin(await bundleWorker(join(folder, 'judging.ts')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  for (const query of ['width=720&format=jpeg', 'width=300&format=webp'])
    expect((await get(`12mp.jpg?${query}`)).status).toBe(200)
  expect(await peak()).toBeLessThan(ISOLATE_BYTES)
})
