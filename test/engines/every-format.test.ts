/** Every format in, every format out, with alpha and without, scaled and not: the right size and the right pixels. */
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import type { Ask } from '../../src/plan/plan.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { psnr } from '../support/compare.ts'
import {
  canHaveAlpha,
  fileOf,
  READ,
  WRITTEN,
  type FileOptions,
  type ReadFormat,
} from '../support/every-format.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { recipeOfPicture } from '../support/recipes.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 0 }
const SIZE = { width: 72, height: 54 }
const HALF = { width: 36, height: 27 }

/** What sharp reads of the file; where it reads none of that kind, what it was made of. */
async function reference(
  from: ReadFormat,
  file: Uint8Array,
  options: FileOptions,
  size: typeof SIZE,
): Promise<Sharp> {
  const isScaled = size.width !== SIZE.width
  if (from === 'svg') return sharp(file, { density: isScaled ? 36 : 72 })
  const seen = from === 'bmp' || from === 'ico' ? picture(options) : sharp(file)
  return isScaled ? seen.resize({ ...size, fit: 'fill' }) : seen
}

/** As it looks: colours under no alpha are anybody's. */
async function look(image: Sharp): Promise<{ data: Uint8Array; width: number; height: number }> {
  const { data, info } = await image
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  for (let at = 0; at < data.length; at += 4)
    for (let i = at; i < at + 3; i++) data[i] = Math.round((data[i]! * data[at + 3]!) / 255)
  return { data, width: info.width, height: info.height }
}

/** What sharp itself loses by writing this, and a little: small pictures lose much. Scaling has a part in it too. */
const MARGIN = 2
/** Of GIF's 256 colours, each chooses its own, and alpha about the half falls to either side. */
const ENOUGH = { png: 38, jpeg: 38, webp: 38, avif: 38, gif: 25 } as const
const WRITE = {
  png: (image: Sharp) => image.png(),
  jpeg: (image: Sharp) => image.jpeg({ quality: 90 }),
  webp: (image: Sharp) => image.webp({ quality: 90 }),
  avif: (image: Sharp) => image.avif({ quality: 90, effort: 0, chromaSubsampling: '4:2:0' }),
  gif: (image: Sharp) => image.gif({ dither: 0 }),
} as const

describe.each(READ)('%s', (from) => {
  const kinds = canHaveAlpha(from) ? [false, true] : [false]
  test.each(kinds)('with alpha: %s', async (alpha) => {
    const options = { ...SIZE, alpha }
    const file = await fileOf(from, options)
    const info = readWholeInfo(from, file)
    for (const to of WRITTEN)
      for (const size of [SIZE, HALF]) {
        const ask: Ask = { format: to, quality: 90, ...(size === HALF ? { ...size, fit: 'fill' } : {}) }
        const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
        const { body, width, height } = await run({
          recipe: recipeOfPicture(resolve(plan, info, limits)),
          bytes: file,
          pixels: 1e8,
          frames: 9,
        })
        const meta = await sharp(body).metadata()
        expect([width, height, meta.width, meta.height]).toEqual([
          size.width,
          size.height,
          size.width,
          size.height,
        ])
        expect(meta.format).toBe(to === 'avif' ? 'heif' : to)

        const wanted = await reference(from, file, options, size)
        const flat = to === 'jpeg' ? wanted.flatten({ background: '#fff' }) : wanted
        const [seen, expected] = [await look(sharp(body)), await look(flat.clone())]
        const theirs = await look(sharp(await WRITE[to](flat.clone()).toBuffer()))
        if (to === 'gif') threshold(expected.data)
        const bound = Math.min(ENOUGH[to], psnr(theirs.data, expected.data) - MARGIN)
        const likeness = psnr(seen.data, expected.data)
        expect(likeness, `${from} to ${to} at ${size.width}`).toBeGreaterThan(bound)
        expect(bound).toBeGreaterThan(18)
      }
  })
})

/** What is half seen through is seen or not. */
function threshold(data: Uint8Array): void {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3]!
    for (let i = at; i < at + 4; i++) data[i] = alpha < 128 ? 0 : Math.round((data[i]! * 255) / alpha)
  }
}
