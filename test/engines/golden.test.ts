/**
 * Golden pictures: recipes over the samples, and what came of them when somebody last looked. A change that can be seen, of
 * any format, fails here; one that is meant is looked at and written down anew.
 */
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { differenceHash, hashDistance } from '../support/compare.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })

type Steps = Partial<ImageRecipe> & Pick<ImageRecipe, 'to' | 'width' | 'height'>
/** The hash is blind to colour: the mean is red, green and blue over white. */
type Golden = readonly [sample: string, steps: Steps, hash: string, mean: readonly number[]]

const size = (width: number, height: number) => ({ width, height })
const scaled = (width: number, height: number) => ({ resize: size(width, height), ...size(width, height) })
const at80 = (to: FormatName) => ({ to, quality: 80 })
const color = (r: number, g: number, b: number) => ({ r, g, b, a: 1 })
const padded = { resize: size(300, 200), pad: { x: 60, y: 20, ...size(300, 200), canvas: size(400, 250) } }

/** Bits of the hash, and steps of a mean of 0 to 255. */
const TOLERANCE = { bits: 1, mean: 1 }

const GOLDEN: readonly Golden[] = [
  ['lake.jpg', { ...at80('jpeg'), ...scaled(720, 480) }, '659b9767030743f7', [123, 118.6, 131]],
  ['lake.jpg', { ...at80('webp'), ...scaled(720, 480) }, '53539767030703e7', [122.8, 118.9, 130.9]],
  ['lake.jpg', { to: 'avif', quality: 50, ...scaled(360, 240) }, '619b9777030743f7', [123.2, 118.7, 131.3]],
  ['lake.jpg', { to: 'png', ...scaled(360, 240) }, '659b9777030743f7', [123, 118.7, 131]],
  ['lake.jpg', { to: 'gif', ...scaled(360, 240) }, '619b9777030743f7', [123.4, 119.1, 131.3]],
  [
    'still-life.jpg',
    { ...at80('jpeg'), progressive: true, ...scaled(720, 480) },
    'ddcdcfcfdd7d73e3',
    [98.4, 85.6, 64.2],
  ],
  [
    'still-life.jpg',
    { ...at80('jpeg'), crop: { x: 613, y: 317, ...size(900, 700) }, ...scaled(450, 350) },
    '3f9b33337e767667',
    [104.5, 76.7, 40.9],
  ],
  [
    'still-life.jpg',
    { ...at80('webp'), rotate: 90, ...scaled(400, 600) },
    '93909c8cc7e69898',
    [98.2, 85.8, 64],
  ],
  [
    'still-life.jpg',
    { ...at80('jpeg'), flip: 'h', ...scaled(720, 480) },
    '444c0c0c44403130',
    [98.4, 85.6, 64.2],
  ],
  [
    'still-life.jpg',
    { ...at80('jpeg'), effects: { blur: 8, saturation: 1.6 }, ...scaled(360, 240) },
    'ddcdcfcfdd5d73f3',
    [105.3, 84.9, 53.5],
  ],
  ['street.jpg', { to: 'jpeg', quality: 40, ...scaled(1280, 853) }, 'f05071b49a9e32b5', [114.5, 92.9, 84.1]],
  ['street.jpg', { to: 'webp', lossless: true, ...scaled(300, 200) }, 'f05071349a9e3675', [114.6, 93, 84.1]],
  [
    'street.jpg',
    { to: 'png', ...padded, background: color(20, 90, 200), ...size(400, 250) },
    '7c6131154ddeb171',
    [76.8, 91.8, 130.5],
  ],
  ['dunes.jpg', { ...at80('jpeg'), orient: 6, ...scaled(480, 720) }, '0f0f2962070b1027', [173, 142.7, 109.8]],
  ['dunes.jpg', { ...at80('webp'), orient: 6, ...scaled(480, 720) }, '0f0daae6070b1823', [173, 142.9, 109.4]],
  ['bubbles.png', { to: 'png', ...scaled(450, 450) }, '84a89895bc98ea8c', [250.2, 250.9, 251.4]],
  ['bubbles.png', { ...at80('webp'), ...scaled(450, 450) }, 'a4b488453c99ab8c', [250.2, 250.8, 251.3]],
  ['bubbles.png', { to: 'avif', quality: 50, ...scaled(300, 300) }, '84808895bc98ea8c', [250, 250.7, 251.1]],
  [
    'bubbles.png',
    { ...at80('jpeg'), background: color(200, 60, 30), ...scaled(450, 450) },
    '504b373243262573',
    [199.2, 71.1, 43.4],
  ],
  ['ridge.avif', { ...at80('jpeg'), ...scaled(720, 480) }, '1799d972fafb67fb', [129.3, 135.7, 132.4]],
  ['ridge.avif', { ...at80('webp'), ...scaled(360, 240) }, '1399f972fab957fb', [130, 135.3, 133.2]],
  ['marbles.webp', { ...at80('jpeg'), ...scaled(720, 480) }, '4eeecccccaeae6af', [105.5, 70.3, 33.3]],
  ['marbles.webp', { ...at80('webp'), ...scaled(720, 480) }, '4eeecccccaeaf6af', [105.5, 70.4, 33.2]],
]

test.each(GOLDEN)('%s as %o', async (sample, steps, hash, mean) => {
  const bytes = await readFile(new URL(`../../samples/${sample}`, import.meta.url))
  const { format: from } = await sharp(bytes).metadata()
  const recipe: ImageRecipe = { kind: 'image', from: formatOf(from), orient: 1, ...steps }
  const { body, width, height } = await run({ recipe, bytes, pixels: 100_000_000, frames: 1000 })
  const seen = await sharp(body).metadata()
  expect([formatOf(seen.format), seen.width, seen.height]).toEqual([steps.to, steps.width, steps.height])
  expect([width, height]).toEqual([steps.width, steps.height])
  const [seenHash, seenMean] = [await differenceHash(body), await meanOf(body)]
  const found = `${seenHash}, ${JSON.stringify(seenMean)}`
  expect(hashDistance(seenHash, hash), found).toBeLessThanOrEqual(TOLERANCE.bits)
  const apart = seenMean.map((value, i) => Math.abs(value - mean[i]!))
  expect(Math.max(...apart), found).toBeLessThanOrEqual(TOLERANCE.mean)
})

/** sharp calls AVIF by its container. */
const formatOf = (format: string): FormatName => (format === 'heif' ? 'avif' : (format as FormatName))

async function meanOf(file: Uint8Array): Promise<number[]> {
  const { channels } = await sharp(await sharp(file).flatten({ background: '#fff' }).png().toBuffer()).stats()
  return channels.slice(0, 3).map(({ mean }) => Math.round(mean * 10) / 10)
}
