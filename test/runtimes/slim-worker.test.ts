/** The Worker that deploys a part of the modules: how large it is, what it makes, and what it says of the rest. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jpegPicture, noisePicture } from '../support/pictures.ts'
import { build, ROOT } from './commands.ts'
import { bucketOf, bundleWorker, deployedBytes, startWorker, type WorkerBundle } from './worker-bundle.ts'

const MOST_DEPLOYED = 1_000_000
const PLAIN = ['jpeg', 'png', 'webp', 'gif'] as const

let folder: string
let worker: WorkerBundle
let miniflare: Miniflare

const bundleText = async (name: string, text: string) => {
  await writeFile(join(folder, name), text)
  return bundleWorker(join(folder, name))
}

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-slim-'))
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/mediamorph'))
  worker = await bundleText('slim.ts', await readFile(join(ROOT, 'examples/workers/slim.ts'), 'utf8'))
  miniflare = await startWorker(worker)
  const photo = sharp(await jpegPicture({ width: 400, height: 300 }))
  const photos = await bucketOf(miniflare, 'PHOTOS')
  for (const format of [...PLAIN, 'avif', 'tiff'] as const)
    await photos.put(`photo.${format}`, new Uint8Array(await photo.clone().toFormat(format).toBuffer()))
  await photos.put('photo.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>')
})
afterAll(async () => {
  await miniflare.dispose()
  await rm(folder, { recursive: true, force: true })
})

const get = async (path: string, accept = '*/*') =>
  (await miniflare.dispatchFetch(`http://m.test/photos/${path}`, {
    headers: { accept },
  })) as unknown as Response

async function formatOf(response: Response): Promise<unknown> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect(response.status, Buffer.from(bytes).toString().slice(0, 300)).toBe(200)
  const { format, width } = await sharp(bytes).metadata()
  return { format, width }
}

async function refusal(path: string): Promise<unknown> {
  const response = await get(path)
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  return [response.status, error.code, error.message]
}

describe('size', () => {
  test(`compressed, script and modules are under ${MOST_DEPLOYED} bytes`, () => {
    expect(worker.modules.size).toBe(3)
    expect(deployedBytes(worker)).toBeLessThan(MOST_DEPLOYED)
  })

  test('each set adds its own modules; everything is more', async () => {
    const using = (names: Readonly<Record<string, string>>) =>
      [
        `import { createMediamorph } from 'mediamorph/workers/slim'`,
        ...Object.entries(names).map(
          ([name, path]) => `import { ${name} } from 'mediamorph/workers/${path}'`,
        ),
        `const modules = { ${Object.keys(names)
          .map((name) => `...${name}`)
          .join(', ')} }`,
        'export default { fetch: createMediamorph(undefined, { modules }).fetch }',
      ].join('\n')
    const reading = await bundleText('reading.ts', using({ core: 'core', avifDecoder: 'avif-decoder' }))
    expect([reading.modules.size, deployedBytes(reading) < deployedBytes(worker) + 300_000]).toEqual([
      4,
      true,
    ])
    const all = await bundleText('all.ts', using({ core: 'core', avif: 'avif', svg: 'svg' }))
    expect([all.modules.size, deployedBytes(all) > MOST_DEPLOYED]).toEqual([6, true])
  })
})

describe('a classifier', () => {
  const judging = (text: string) =>
    text
      .replace("access: 'public',", "access: 'public', nsfw: 'flag',")
      .replace(
        "database: 'd1:INDEX',",
        "database: 'd1:INDEX', nsfw: { classifier: 'builtin', threshold: 0.01 },",
      )
  const withNets = (text: string) =>
    `import { nsfw } from 'mediamorph/workers/nsfw'\n${text}`.replace(
      'modules: core',
      'modules: { ...core, ...nsfw }',
    )

  test('is deployed by those alone who import it, and judges', async () => {
    const text = await readFile(join(ROOT, 'examples/workers/slim.ts'), 'utf8')
    const bundle = await bundleText('judging.ts', judging(withNets(text)))
    expect(bundle.modules.size).toBe(5)
    expect(deployedBytes(bundle) - deployedBytes(worker)).toBeLessThan(2_600_000)
    const judge = await startWorker(bundle)
    try {
      const photos = await bucketOf(judge, 'PHOTOS')
      await photos.put('noise.png', await noisePicture())
      const response = await judge.dispatchFetch('http://m.test/photos/noise.png?width=100')
      await response.arrayBuffer()
      expect([response.status, response.headers.get('x-nsfw')]).toEqual([200, 'unsafe; probability=0.012'])
    } finally {
      await judge.dispose()
    }
  })

  test('that is configured and not imported is a fault', async () => {
    const text = await readFile(join(ROOT, 'examples/workers/slim.ts'), 'utf8')
    const lacking = await startWorker(await bundleText('lacking.ts', judging(text)))
    try {
      const response = await lacking.dispatchFetch('http://m.test/photos/photo.jpeg')
      expect([response.status, await response.text()]).toEqual([
        500,
        expect.stringContaining(
          'nsfw.classifier: "builtin" is not among the modules of this Worker: add those of mediamorph/workers/nsfw',
        ),
      ])
    } finally {
      await lacking.dispose()
    }
  })
})

describe('what it can', () => {
  test.each(PLAIN.flatMap((from) => PLAIN.map((to) => [from, to] as const)))('%s to %s', async (from, to) => {
    expect(await formatOf(await get(`photo.${from}?width=100&format=${to}`))).toEqual({
      format: to,
      width: 100,
    })
  })

  test('TIFF in', async () => {
    expect(await formatOf(await get('photo.tiff?width=90&format=webp'))).toEqual({
      format: 'webp',
      width: 90,
    })
  })
})

describe('what it cannot', () => {
  test.each([
    ['photo.jpeg?width=100&format=avif', 'Cannot write avif: this deployment is without its encoder'],
    ['photo.jpeg?width=100&trim=10&format=avif', 'Cannot write avif: this deployment is without its encoder'],
    ['photo.avif?width=100&format=jpeg', 'Cannot decode avif: this deployment is without its decoder'],
    ['photo.svg?width=100&format=png', 'Cannot decode svg: this deployment is without its decoder'],
  ])('%s', async (path, message) => {
    expect(await refusal(path)).toEqual([501, 'NOT_SUPPORTED_HERE', message])
  })

  test('an overlay that it cannot read', async () => {
    expect(await refusal('photo.jpeg?width=100&format=png&overlay=/photos/photo.svg')).toEqual([
      501,
      'NOT_SUPPORTED_HERE',
      expect.stringContaining('Overlay: Cannot decode svg'),
    ])
  })

  test('what is only described is described, without what would need pixels', async () => {
    const told = (await (await get('photo.avif?format=json')).json()) as Record<string, unknown>
    expect(told).toMatchObject({ format: 'avif', width: 400, height: 300 })
    expect(told).not.toHaveProperty('thumbhash')
  })

  test.each([
    ['photo.jpeg?width=80', 'image/avif,image/webp,*/*', 'webp'],
    ['photo.jpeg?width=80&gravity=auto&height=80&fit=cover', 'image/avif,image/webp,*/*', 'webp'],
    ['photo.jpeg?width=81', 'image/avif,*/*', 'jpeg'],
  ])('auto is never AVIF: %s, %s', async (path, accept, format) => {
    expect(await formatOf(await get(path, accept))).toEqual({ format, width: expect.any(Number) })
  })

  test('clients that take AVIF share what others have asked for', async () => {
    await formatOf(await get('photo.jpeg?width=82', 'image/webp,*/*'))
    const response = await get('photo.jpeg?width=82', 'image/avif,image/webp,*/*')
    expect(response.headers.get('x-cache')).toBe('HIT')
    await response.arrayBuffer()
  })
})
