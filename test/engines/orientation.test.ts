/** Every orientation, turn, mirror and crop together, against coordinates written out by hand. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import type { FormatName } from '../../src/media/format.ts'
import type { Orientation } from '../../src/media/info.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { psnr, rgba, type Pixels } from '../support/compare.ts'
import { picture, rawPicture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import { buildTiff } from '../support/tiff.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const [WIDTH, HEIGHT] = [47, 34]
const CROP = { x: 5, y: 3, width: 23, height: 26 }

type Move = (x: number, y: number, width: number, height: number) => readonly [number, number]
/** Exif 2.32, table 6: where a pixel of the upright picture is stored. Sizes are those of the stored one. */
const STORED: Readonly<Record<Orientation, Move>> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
}
/** A turn or a mirror is what the orientation of this number undoes. */
const AS = { 0: 1, 90: 6, 180: 3, 270: 8, none: 1, h: 2, v: 4, hv: 3 } as const

function move(from: Pixels, orientation: Orientation): Pixels {
  const [width, height] = orientation < 5 ? [from.width, from.height] : [from.height, from.width]
  return pick(width, height, from, (x, y) => STORED[orientation](x, y, from.width, from.height))
}
function pick(
  width: number,
  height: number,
  from: Pixels,
  at: (x: number, y: number) => readonly [number, number],
): Pixels {
  const data = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = at(x, y)
      const start = (row * from.width + column) * 4
      data.set(from.data.subarray(start, start + 4), (y * width + x) * 4)
    }
  return { data, width, height }
}

/** A way in and a way out, and how like the pixels that come out must be. */
const PATHS: readonly {
  name: string
  from: FormatName
  to: FormatName
  decibels: number
  file(orientation: Orientation): Promise<Uint8Array> | Uint8Array
}[] = [
  {
    name: 'PNG, pixels',
    from: 'png',
    to: 'png',
    decibels: Infinity,
    file: (orientation) =>
      picture({ width: WIDTH, height: HEIGHT }).withMetadata({ orientation }).png().toBuffer(),
  },
  {
    name: 'JPEG, planes to pixels',
    from: 'jpeg',
    to: 'png',
    // A sample of chroma that lies half beyond the crop is left out: its last column or row differs.
    decibels: 34,
    file: (orientation) =>
      picture({ width: WIDTH, height: HEIGHT })
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer(),
  },
  {
    name: 'JPEG, planes to planes',
    from: 'jpeg',
    to: 'jpeg',
    decibels: 34,
    file: (orientation) =>
      picture({ width: WIDTH, height: HEIGHT })
        .withMetadata({ orientation })
        .jpeg({ quality: 95 })
        .toBuffer(),
  },
  {
    name: 'TIFF, decoded outside the core',
    from: 'tiff',
    to: 'png',
    decibels: Infinity,
    file: (orientation) => {
      const blocks = [rawPicture({ width: WIDTH, height: HEIGHT }).data]
      return buildTiff({ width: WIDTH, height: HEIGHT, blocks, fields: { 274: [orientation] } })
    },
  },
]

function make(
  from: FormatName,
  to: FormatName,
  orient: Orientation,
  bytes: Uint8Array,
  width: number,
  height: number,
  moves: Partial<ImageRecipe> = {},
) {
  const recipe: ImageRecipe = { kind: 'image', from, orient, ...moves, to, quality: 95, width, height }
  return run({ recipe, bytes, pixels: 1e6, frames: 1 })
}

describe.each(PATHS)('$name', ({ from, to, decibels, file }) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8] as const)('orientation %i', async (orient) => {
    const bytes = await file(orient)
    const stored = await rgba(
      await sharp(await file(1))
        .png()
        .toBuffer(),
    )
    for (const rotate of [0, 90, 180, 270] as const)
      for (const flip of ['none', 'h', 'v', 'hv'] as const)
        for (const crop of [undefined, CROP]) {
          let wanted = move(stored, orient)
          if (crop) wanted = pick(crop.width, crop.height, wanted, (x, y) => [x + crop.x, y + crop.y])
          wanted = move(move(wanted, AS[rotate]), AS[flip])
          const { width, height } = wanted
          const moves = {
            ...(crop ? { crop } : {}),
            ...(rotate ? { rotate } : {}),
            ...(flip === 'none' ? {} : { flip }),
          }
          const { body } = await make(from, to, orient, bytes, width, height, moves)
          const seen = await rgba(body)
          expect([seen.width, seen.height]).toEqual([width, height])
          expect(
            psnr(seen.data, wanted.data),
            `${rotate} ${flip} ${crop ? 'crop' : ''}`,
          ).toBeGreaterThanOrEqual(decibels)
        }
  })
})
