/**
 * A decode that traps, spins, eats memory or takes its thread along ends alone: a real service on each runtime, pictures that
 * do harm to its codecs, and healthy work all the while that must not notice.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quantile, sleep, startService, type Service } from '../../scripts/stage/service.ts'
import { drawableSvg } from '../../src/media/svg/picture.ts'
import { psnr, rgba } from '../support/compare.ts'
import { heicKind } from '../support/heic.ts'
import { picture } from '../support/pictures.ts'
import { build, type Runtime } from './commands.ts'
import { createAsker, startLoad, type Asker, type Load } from './isolation-load.ts'
import { createSpoiledPackage, harmfulHeic, type SpoiledPackage } from './spoiled-package.ts'

const GOOD = { width: 240, height: 180 }
const [TRANSFORM_MS, MEMORY, QUEUE] = [1500, 96 * 1_048_576, 20]
const MIB = 1_048_576

/** Widths, and for SVG lengths, that the spoiled modules take offence at. */
const WIDTHS = { trap: 71, spin: 73, eat: 79, 'spin-deaf': 83 } as const
const HEIGHT = 50
type Harm = keyof typeof WIDTHS
const HARMS = Object.keys(WIDTHS) as Harm[]
const byHarm = (value: (harm: Harm) => number) =>
  Object.fromEntries(HARMS.map((harm) => [harm, value(harm)])) as Record<Harm, number>

const drawing = (padding: number) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="240" height="180"><rect id="${'a'.repeat(padding)}" x="20" y="30" width="90" height="70" fill="#c30"/></svg>`,
  )

const FORMATS = ['jpg', 'avif', 'svg'] as const
/** Healthy pictures: query and name. All are made anew each time. */
const HEALTHY = ['photo.jpg?width=120&format=webp', 'photo.avif?format=png', 'photo.svg?format=png'] as const
const HEALTHY_HEIC = 'photo.heic?format=png'

/** What holds where there are no threads: a Worker's own clock does not run while it computes, and it is not told of HEIC. */
const THREADS: ReadonlySet<Runtime> = new Set(['node', 'bun', 'deno'])
/** terminate() ends a thread that spins in WebAssembly. */
const TERMINATES: ReadonlySet<Runtime> = new Set(['node'])

let folder: string
let spoiled: SpoiledPackage

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-isolation-'))
  await mkdir(join(folder, 'media'))
  for (const [name, bytes] of Object.entries(await originals()))
    await writeFile(join(folder, 'media', name), bytes)
  spoiled = await createSpoiledPackage({
    'core/core.wasm': { name: 'jpeg_rows', watch: 'jpeg_width', when: byHarm((harm) => WIDTHS[harm]) },
    'dav1d/dav1d.wasm': { name: 'av1_decode', watch: 1, when: byHarm((harm) => WIDTHS[harm] * HEIGHT) },
    'metered/resvg.wasm': {
      name: '__wbindgen_malloc',
      watch: 0,
      when: byHarm((harm) => drawableSvg(drawing(WIDTHS[harm])).length),
    },
  })
})
afterAll(async () => {
  await spoiled.remove()
  await rm(folder, { recursive: true, force: true })
})

async function originals(): Promise<Record<string, Uint8Array>> {
  const heic = await heicKind('plain')
  const files: Record<string, Uint8Array> = {
    'photo.jpg': await picture(GOOD).jpeg().toBuffer(),
    'photo.avif': await picture(GOOD).avif({ effort: 0 }).toBuffer(),
    'photo.svg': drawing(1),
    'photo.heic': heic,
    // Real work for a real codec, for longer than it may take.
    'large.jpg': await picture({ width: 1000, height: 750 }).jpeg().toBuffer(),
  }
  for (const harm of HARMS) {
    const small = picture({ width: WIDTHS[harm], height: HEIGHT })
    files[`${harm}.jpg`] = await small.clone().jpeg().toBuffer()
    files[`${harm}.avif`] = await small.clone().avif({ effort: 0 }).toBuffer()
    files[`${harm}.svg`] = drawing(WIDTHS[harm])
  }
  for (const harm of ['EXIT', 'THRO', 'LOST', 'HANG'] as const)
    files[`${harm}.heic`] = harmfulHeic(heic, harm)
  return files
}

async function configure(runtime: Runtime): Promise<string> {
  const place = join(folder, runtime)
  const source = { type: 'storage', mount: `fs:${join(folder, 'media')}`, key: '${name}' }
  const document = {
    origins: [{ name: 'files', match: '^/files/\\d+/(?<name>.+)$', access: 'public', sources: [source] }],
    storage: { cache: `fs:${place}-cache` },
    database: `sqlite:${place}.db`,
    formats: { heic: THREADS.has(runtime) },
    limits: { concurrency: 2, queue: QUEUE, transformMs: TRANSFORM_MS, memoryBytes: MEMORY },
  }
  await writeFile(`${place}.json`, JSON.stringify(document))
  return `${place}.json`
}

describe.each(['node', 'bun', 'deno', 'workers'] as const)('%s', (runtime) => {
  const hasThreads = THREADS.has(runtime)
  /** Of what a runtime without threads cannot do there is no test. */
  const withThreads = (name: string, act: () => Promise<void>) => {
    if (hasThreads) test(name, act)
  }
  const healthy = hasThreads ? [...HEALTHY, HEALTHY_HEIC] : HEALTHY
  const pictures = new Map<string, Buffer>()
  let service: Service
  let asker: Asker
  let load: Load
  let before: number

  /** The next use of each codec, at once: more than there are threads. */
  async function expectWhole(): Promise<void> {
    const answers = await Promise.all(healthy.map(async (name) => [name, await asker.get(name)] as const))
    for (const [name, { status, body }] of answers) {
      expect([name, status, status === 200 || String(body)]).toEqual([name, 200, true])
      expect(Buffer.compare(body, pictures.get(name)!), name).toBe(0)
    }
  }

  /** Nothing burns on. */
  async function expectIdle(): Promise<void> {
    const cpu = await service.cpuMs()
    await sleep(300)
    expect((await service.cpuMs()) - cpu).toBeLessThan(150)
  }

  beforeAll(async () => {
    const env = { MEDIAMORPH_CONFIG: await configure(runtime) }
    service = await startService({ command: spoiled.command(runtime), env })
    asker = createAsker(service.url)
    for (const name of healthy) pictures.set(name, (await asker.get(name)).body)
    await expectWhole()
    before = await service.memory()
    load = startLoad(asker, pictures)
  })
  afterAll(async () => {
    await load?.stop()
    await service?.kill()
  })

  test('the healthy pictures are right to begin with', async () => {
    const photo = await rgba(await picture(GOOD).resize(120).png().toBuffer())
    const seen = await rgba(pictures.get(HEALTHY[0])!)
    expect([seen.width, seen.height]).toEqual([120, 90])
    expect(psnr(seen.data, photo.data)).toBeGreaterThan(28)
    const whole = await rgba(pictures.get(HEALTHY[1])!)
    expect(psnr(whole.data, (await rgba(await picture(GOOD).png().toBuffer())).data)).toBeGreaterThan(28)
  })

  test('a module that traps: CORRUPT_MEDIA', async () => {
    for (const format of FORMATS)
      expect(await asker.outcome(`trap.${format}?format=png`)).toBe('422 CORRUPT_MEDIA')
    await expectWhole()
  })

  test('a module that eats memory: LIMIT_EXCEEDED, and it is given back', async () => {
    for (const format of FORMATS) {
      const { status, body } = await asker.get(`eat.${format}?format=png`)
      expect([format, status, JSON.parse(String(body))]).toMatchObject([
        format,
        422,
        { error: { code: 'LIMIT_EXCEEDED', details: { limit: 'memoryBytes' } } },
      ])
    }
    await expectWhole()
  })

  withThreads('work that goes on and on, or waits for nothing: TRANSFORM_TIMEOUT', async () => {
    const began = performance.now()
    const late = ['spin.avif?format=png', 'HANG.heic?format=png'].map((name) => asker.outcome(name))
    expect(await Promise.all(late)).toEqual(late.map(() => '422 TRANSFORM_TIMEOUT'))
    expect(performance.now() - began).toBeLessThan(TRANSFORM_MS + 2000)
    await expectWhole()
  })

  withThreads('a decoder that takes its thread along: INTERNAL', async () => {
    const dying = ['EXIT', 'THRO', 'LOST'].map((harm) => asker.outcome(`${harm}.heic?format=png`))
    expect(await Promise.all(dying)).toEqual(dying.map(() => '500 INTERNAL'))
    await expectWhole()
  })

  withThreads('clients that leave free their places', async () => {
    const leaving = Array.from({ length: QUEUE / 2 }, (_, n) =>
      asker.get(`spin.${FORMATS[n % FORMATS.length]}?format=png`, AbortSignal.timeout(100)).then(
        ({ status }) => status,
        () => 'left',
      ),
    )
    expect(new Set(await Promise.all(leaving))).toEqual(new Set(['left']))
    // Had they kept their places, there would be seven seconds of work before these.
    const began = performance.now()
    await expectWhole()
    expect(performance.now() - began).toBeLessThan(3000)
  })

  test('a stampede: of one address as one, of many with refusals beyond the queue', async () => {
    const same = await Promise.all(
      Array.from({ length: 30 }, () => asker.outcome('/files/7/trap.avif?format=png')),
    )
    expect(new Set(same)).toEqual(new Set(['422 CORRUPT_MEDIA']))
    const many = await Promise.all(
      Array.from({ length: 2 * QUEUE }, (_, n) => asker.outcome(`trap.${FORMATS[n % 3]}?format=png`)),
    )
    expect(new Set(many)).toEqual(new Set(['422 CORRUPT_MEDIA', '503 BUSY']))
    await expectWhole()
  })

  test('nobody else noticed', async () => {
    await load.stop()
    expect(load.faults).toEqual([])
    expect(load.instances.size).toBe(1)
    expect(load.right).toBeGreaterThan(20)
    // A wide margin for a machine that does other things too; `scripts/soak.ts` measures.
    expect(quantile(load.health, 0.95)).toBeLessThan(500)
    expect((await service.memory()) - before).toBeLessThan(2 * MEMORY + 128 * MIB)
    await expectIdle()
  })

  withThreads('a loop that hears nothing loses its thread, and nothing else', async () => {
    const late = ['spin-deaf.avif?format=png', 'large.jpg?format=avif&effort=9'].map((name) =>
      asker.outcome(name),
    )
    expect(await Promise.all(late)).toEqual(late.map(() => '422 TRANSFORM_TIMEOUT'))
    await expectWhole()
    expect(service.output().includes('"thread lost"')).toBe(!TERMINATES.has(runtime))
    if (TERMINATES.has(runtime)) await expectIdle()
  })
})
