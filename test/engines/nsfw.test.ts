/** The three classifiers against their contract, and what each is right about. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClassifier } from '../../src/engines/nsfw/http-classifier.ts'
import { spread } from '../../src/engines/nsfw/frames.ts'
import type { LookRules } from '../../src/engines/nsfw/look.ts'
import { createNetClassifier, tryNet } from '../../src/engines/nsfw/net-classifier.ts'
import { BUILTIN_VERSION } from '../../src/engines/nsfw/open-classifier.ts'
import { createTaskRunner } from '../../src/worker.ts'
import type { Workers } from '../../src/platform.ts'
import { bytesOriginal } from '../../src/sources/bytes.ts'
import { createNets } from '../../runtimes/server/nets.ts'
import { LOOK_RULES, testClassifier } from '../contracts/classifier.ts'
import { startNsfwService, type NsfwService } from '../support/nsfw-service.ts'
import { onnxModel } from '../support/onnx-model.ts'
import { createTestFetch } from '../support/outbound.ts'
import { NOISE_PREDICTIONS, rawNoise, rawPicture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createTaskRunner({ loadWasm, shouldStop: () => false, nets: createNets(loadWasm) })
const workers: Workers = {
  size: 1,
  async run({ op, data, signal }) {
    signal?.throwIfAborted()
    return (await run(op, data)).value
  },
  close: async () => {},
}
const never = new AbortController().signal

let folder: string
let service: NsfwService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-onnx-'))
  service = await startNsfwService()
  await writeFile(join(folder, 'rgb.onnx'), onnxModel(RGB))
  await writeFile(join(folder, 'bgr.onnx'), onnxModel(BGR))
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true, force: true })
})

const builtin = (rules: LookRules) =>
  createNetClassifier({ net: { name: 'builtin', pixels: 'rgb' }, version: BUILTIN_VERSION, workers, rules })
const onnx = (pixels: 'rgb' | 'bgr') => (rules: LookRules) =>
  createNetClassifier({
    net: { name: 'onnx', path: join(folder, `${pixels}.onnx`), pixels },
    version: pixels,
    workers,
    rules,
  })

/** Red is porn, green neutral, blue drawing. */
const RGB = {
  weights: [
    [0, 0, 0, 4, 0],
    [0, 0, 4, 0, 0],
    [4, 0, 0, 0, 0],
  ],
  bias: [0, 0, 0, 0, 0.5],
}
/** The same, of the other order and scale. */
const BGR = {
  weights: RGB.weights.toReversed().map((row) => row.map((value) => value / 255)),
  bias: RGB.bias,
}

testClassifier('builtin', builtin, { within: 1e-4 })
testClassifier('onnx', onnx('rgb'), { within: 1e-4 })
testClassifier(
  'http',
  (rules) =>
    createHttpClassifier({
      url: service.url,
      headers: {},
      timeoutMs: 2000,
      version: '',
      safeFetch: createTestFetch({ allowPrivate: [] }),
      workers,
      rules,
    }),
  { within: 1e-4 },
)

const find = async (classifier: ReturnType<typeof builtin>, image: Sharp) => {
  const { predictions } = await classifier.classify(
    bytesOriginal(Uint8Array.from(await image.png().toBuffer()), 'memory'),
    never,
  )
  return predictions
}

describe('builtin', () => {
  const SIDE = 224
  const shaded = (shade: (x: number, y: number, at: number) => number[]) => {
    const data = new Uint8Array(SIDE * SIDE * 3)
    for (let at = 0; at < SIDE * SIDE; at++)
      data.set(shade((at % SIDE) / SIDE, Math.floor(at / SIDE) / SIDE, at), at * 3)
    return data
  }
  const skin = shaded((x, y) => {
    const away = Math.hypot(x - 0.5, (y - 0.6) * 0.8)
    return [230 - 90 * away, 180 - 110 * away, 150 - 110 * away]
  })
  const disc = (seed: number) => rawPicture({ width: SIDE, height: SIDE, seed }).data

  // As nsfwjs 4.4.0 with @tensorflow/tfjs 4.22.0 on its CPU backend classifies the same pixels: docs/decisions/nsfw.md.
  test.each([
    ['a disc', disc(0), [0.18003, 0.001255, 0.81869, 0.00002, 0.000005]],
    ['another disc', disc(3), [0.226637, 0.002941, 0.770383, 0.000031, 0.000008]],
    ['noise', rawNoise().data, Object.values(NOISE_PREDICTIONS)],
    ['shades of skin', skin, [0.856817, 0.022937, 0.111889, 0.006991, 0.001366]],
  ])('%s, as nsfwjs has it', async (_, data, [drawing, , neutral, porn, sexy]) => {
    const found = await find(
      builtin(LOOK_RULES),
      sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } }),
    )
    const expected = { drawing, hentai: 0, neutral, porn, sexy }
    for (const name of ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const)
      expect(Math.abs(found[name] - expected[name]!), name).toBeLessThan(1e-3)
  })

  test('what is seen through counts as white, whatever lies under it', async () => {
    const pixels = (under: number) =>
      Buffer.from(
        Array.from({ length: 64 * 64 }, (_, at) =>
          at % 64 < 32 ? [200, 30, 60, 255] : [under, 0, under, 0],
        ).flat(),
      )
    const see = (under: number) =>
      find(builtin(LOOK_RULES), sharp(pixels(under), { raw: { width: 64, height: 64, channels: 4 } }))
    expect(await see(0)).toEqual(await see(255))
  })
})

describe('onnx', () => {
  test.each(['rgb', 'bgr'] as const)('pixels as %s are what the model computes', async (pixels) => {
    for (const [r, g, b] of [
      [255, 0, 0],
      [0, 200, 40],
      [10, 20, 250],
    ] as const) {
      const image = sharp({ create: { width: 30, height: 20, channels: 3, background: { r, g, b } } })
      const found = await find(onnx(pixels)(LOOK_RULES), image)
      const less = pixels === 'rgb' ? [0, 0, 0] : [123, 117, 104]
      const [red, green, blue] = [r, g, b].map((value, at) => (4 * (value - less[at]!)) / 255)
      const powers = [blue!, 0, green!, red!, 0.5].map(Math.exp)
      const sum = powers.reduce((total, power) => total + power)
      for (const [name, at] of [
        ['drawing', 0],
        ['neutral', 2],
        ['porn', 3],
        ['sexy', 4],
      ] as const)
        expect(found[name]).toBeCloseTo(powers[at]! / sum, 3)
    }
  })

  test('names of its own are taken as they are', async () => {
    const path = join(folder, 'named.onnx')
    await writeFile(path, onnxModel({ ...RGB, input: 'x', output: 'y' }))
    await expect(tryNet({ name: 'onnx', path, pixels: 'rgb' }, workers)).resolves.toBeUndefined()
  })

  test.each([
    ['no model', new TextEncoder().encode('text'), 'is no such network'],
    [
      'four classes',
      onnxModel({ weights: RGB.weights.map((row) => row.slice(1)), bias: [0, 0, 0, 0] }),
      'gives 4 numbers',
    ],
  ])('%s: said when it is tried', async (name, bytes, message) => {
    const path = join(folder, `${name}.onnx`)
    await writeFile(path, bytes)
    const failure = await tryNet({ name: 'onnx', path, pixels: 'rgb' }, workers).catch(
      (error: Error) => error,
    )
    expect(failure).toMatchObject({ code: 'NSFW_UNJUDGED' })
    expect(String((failure as Error).cause)).toContain(message)
  })
})

test('frames are spread from the first to the last', () => {
  expect([1, 2, 3, 5, 100].map((count) => spread(count, 3))).toEqual([
    [0],
    [0, 1],
    [0, 1, 2],
    [0, 2, 4],
    [0, 50, 99],
  ])
  expect(spread(9, 1)).toEqual([0])
})
