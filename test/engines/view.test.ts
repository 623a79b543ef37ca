/** One move instead of six steps: the same pixels as the steps, for every order of orientation, crop, rotation and flip. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Bitmap } from '../../src/media/bitmap.ts'
import type { Orientation } from '../../src/media/info.ts'
import type { ImageRecipe, Rect } from '../../src/plan/recipe.ts'
import { viewOf } from '../../src/engines/image/view.ts'
import { crop, cropBitmap, cut, flip, moveBitmap, orient, rotate } from '../support/moves.ts'

const tick = () => {}
const box = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat())
const moves = fc.record({
  width: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 9 }),
  orient: fc.constantFrom<Orientation>(1, 2, 3, 4, 5, 6, 7, 8),
  crop: fc.option(box),
  rotate: fc.constantFrom(undefined, 90, 180, 270),
  flip: fc.constantFrom(undefined, 'h', 'v', 'hv'),
  cut: fc.option(box),
})

/** A box inside a picture, from four arbitrary numbers. */
function inside({ width, height }: Bitmap, [a, b, c, d]: [number, number, number, number]): Rect {
  const [x, y] = [a % width, b % height]
  return { x, y, width: 1 + (c % (width - x)), height: 1 + (d % (height - y)) }
}

test('the view shows what the steps make', async () => {
  const property = fc.asyncProperty(moves, async (given) => {
    const { width, height } = given
    const data = new Uint8ClampedArray(new Uint32Array(width * height).map((_, index) => index + 1).buffer)
    const stored: Bitmap = { data, width, height }
    const empty = {
      kind: 'image',
      from: 'jpeg',
      to: 'jpeg',
      orient: given.orient,
      width: 0,
      height: 0,
    } as const
    let recipe: ImageRecipe = empty
    let picture = await orient(stored, recipe, tick)
    if (given.crop) recipe = { ...recipe, crop: inside(picture, given.crop) }
    picture = await crop(picture, recipe, tick)
    if (given.rotate) recipe = { ...recipe, rotate: given.rotate as 90 | 180 | 270 }
    picture = await rotate(picture, recipe, tick)
    if (given.flip) recipe = { ...recipe, flip: given.flip as 'h' | 'v' | 'hv' }
    picture = await flip(picture, recipe, tick)
    if (given.cut) recipe = { ...recipe, cut: inside(picture, given.cut) }
    picture = await cut(picture, recipe, tick)
    const view = viewOf(recipe, stored)
    const seen = moveBitmap(cropBitmap(stored, view.rect), view.walk, tick)
    expect(seen).toEqual(picture)
    expect(view.size).toEqual({ width: view.rect.width, height: view.rect.height })
  })
  await fc.assert(property, { numRuns: 500 })
})

test('the size that is asked for lies as the picture is stored', () => {
  const recipe: ImageRecipe = {
    kind: 'image',
    from: 'jpeg',
    to: 'jpeg',
    orient: 6,
    resize: { width: 30, height: 40 },
    width: 30,
    height: 40,
  }
  expect(viewOf(recipe, { width: 400, height: 300 }).size).toEqual({ width: 40, height: 30 })
})
