import { readdir, readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { SAMPLES } from '../../src/http/demo/samples.ts'

const FOLDER = new URL('../../samples/', import.meta.url)
const BUDGET = 800_000

/** What samples/README.md says of each file. */
const STORED: Record<string, object> = {
  'lake.jpg': { format: 'jpeg', width: 2000, height: 1333, chromaSubsampling: '4:2:0' },
  'still-life.jpg': { format: 'jpeg', width: 2000, height: 1333, chromaSubsampling: '4:2:0' },
  'street.jpg': { format: 'jpeg', width: 2000, height: 1333, chromaSubsampling: '4:2:0' },
  'dunes.jpg': { format: 'jpeg', width: 2000, height: 1333, orientation: 6 },
  'bubbles.png': { format: 'png', width: 900, height: 900, channels: 4, hasAlpha: true, depth: 'uchar' },
  'ridge.avif': { format: 'heif', compression: 'av1', width: 1500, height: 1000 },
  'marbles.webp': { format: 'webp', width: 1500, height: 1000, hasAlpha: false },
}

test('the folder, the page and the table name the same pictures', async () => {
  const files = (await readdir(FOLDER)).filter((file) => /\.(jpe?g|png|webp|avif)$/.test(file))
  const readme = await readFile(new URL('README.md', FOLDER), 'utf8')
  expect(SAMPLES.map(({ file }) => file).toSorted()).toEqual(files.toSorted())
  expect(Object.keys(STORED).toSorted()).toEqual(files.toSorted())
  for (const file of files) expect(readme).toContain(`\`${file}\``)
})

describe.each(SAMPLES)('$file', ({ file, width, height, bytes }) => {
  test('is stored as its README says, within its budget', async () => {
    const data = await readFile(new URL(file, FOLDER))
    expect(await sharp(data).metadata()).toMatchObject(STORED[file] ?? {})
    expect(data.length).toBeLessThan(BUDGET)
  })

  test('is shown at the size, and has the bytes, that the page says', async () => {
    const data = await readFile(new URL(file, FOLDER))
    const { autoOrient } = await sharp(data).metadata()
    expect([autoOrient.width, autoOrient.height, data.length]).toEqual([width, height, bytes])
  })

  test('is a picture, not a flat colour: its tones spread and its neighbours differ', async () => {
    const { channels, entropy } = await sharp(new Uint8Array(await readFile(new URL(file, FOLDER)))).stats()
    expect(entropy).toBeGreaterThan(4)
    for (const { stdev } of channels.slice(0, 3)) expect(stdev).toBeGreaterThan(10)
  })
})

test('the bubbles have clear, half clear and nearly closed places', async () => {
  const data = await readFile(new URL('bubbles.png', FOLDER))
  const alpha = await sharp(data).extractChannel('alpha').raw().toBuffer()
  const share = (from: number, to: number) => alpha.filter((a) => a >= from && a <= to).length / alpha.length
  expect(share(0, 0)).toBeGreaterThan(0.3)
  expect(share(1, 254)).toBeGreaterThan(0.3)
  expect(share(200, 255)).toBeGreaterThan(0.001)
})
