/**
 * Geometry against a pixel model: the steps of a recipe, done one by one on a grid of labelled pixels, must show the
 * region that the words of the request mean on the upright picture.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import type { ImageInfo, Orientation } from '../../src/media/info.ts'
import { layOut, placeCrop } from '../../src/plan/geometry.ts'
import type { Ask, Plan } from '../../src/plan/plan.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { resolve } from '../../src/plan/resolve.ts'
import { pictureRecipe } from '../support/recipes.ts'

/** Rows of labels. */
type Grid = readonly (readonly number[])[]

const limits = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }
const planOf = (ask: Ask): Plan => ({
  source: { origin: 'o', path: '/p', captures: {} },
  ask,
  accepts: [],
  text: '',
})
const infoOf = (change: Partial<ImageInfo> = {}): ImageInfo => ({
  class: 'image',
  format: 'png',
  width: 400,
  height: 300,
  orientation: 1,
  hasAlpha: false,
  frames: 1,
  animated: false,
  bitDepth: 8,
  colorModel: 'rgb',
  ...change,
})

const gridOf = (width: number, height: number): Grid =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => y * width + x))
const mirror = (grid: Grid): Grid => grid.map((row) => row.toReversed())
const upend = (grid: Grid): Grid => grid.toReversed()
const transpose = (grid: Grid): Grid => grid[0]!.map((_, x) => grid.map((row) => row[x]!))
const clockwise = (grid: Grid): Grid => mirror(transpose(grid))
const cutOut = (
  grid: Grid,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): Grid => grid.slice(y, y + height).map((row) => row.slice(x, x + width))
const turnBy = (grid: Grid, degrees: number): Grid =>
  degrees === 0 ? grid : turnBy(clockwise(grid), degrees - 90)

/** TIFF 6.0, tag 274: what has to be done to stored pixels so that they stand upright. */
const UPRIGHT: Readonly<Record<Orientation, (grid: Grid) => Grid>> = {
  1: (grid) => grid,
  2: mirror,
  3: (grid) => turnBy(grid, 180),
  4: upend,
  5: transpose,
  6: clockwise,
  7: (grid) => turnBy(transpose(grid), 180),
  8: (grid) => turnBy(grid, 270),
}
/** And the other way: how an upright picture is stored. 6 and 8 undo each other, all others undo themselves. */
const store = (upright: Grid, orientation: Orientation): Grid =>
  UPRIGHT[orientation === 6 ? 8 : orientation === 8 ? 6 : orientation](upright)

/** The steps of a recipe in their documented order, without scaling. */
function perform(stored: Grid, recipe: ImageRecipe): Grid {
  let grid = UPRIGHT[recipe.orient](stored)
  if (recipe.crop) grid = cutOut(grid, recipe.crop)
  if (recipe.rotate) grid = turnBy(grid, recipe.rotate)
  if (recipe.flip?.includes('h')) grid = mirror(grid)
  if (recipe.flip?.includes('v')) grid = upend(grid)
  if (recipe.cut) grid = cutOut(grid, recipe.cut)
  expect(recipe.resize).toBeUndefined()
  return grid
}

describe('orientation x rotate x flip x crop', () => {
  const orientations: Orientation[] = [1, 2, 3, 4, 5, 6, 7, 8]
  test.each(orientations)('orientation %i', (orientation) => {
    const upright = gridOf(7, 5)
    const stored = store(upright, orientation)
    expect(UPRIGHT[orientation](stored)).toEqual(upright)
    const info = infoOf({ width: 7, height: 5, orientation })
    for (const rotate of [0, 90, 180, 270])
      for (const flip of [undefined, 'h', 'v', 'hv'] as const)
        for (const crop of [
          undefined,
          { x: 1, y: 2, width: 4, height: 3 },
          { x: 0, y: 0, width: 7, height: 5 },
        ]) {
          const box = crop && {
            width: { px: crop.width },
            height: { px: crop.height },
            x: { px: crop.x },
            y: { px: crop.y },
          }
          const ask: Ask = {
            ...(rotate ? { rotate } : {}),
            ...(flip ? { flip } : {}),
            ...(box ? { crop: box } : {}),
          }
          const recipe = pictureRecipe(resolve(planOf(ask), info, limits))
          const shown = perform(stored, recipe)
          let meant: Grid = crop ? cutOut(upright, crop) : upright
          meant = turnBy(meant, rotate)
          if (flip === 'h' || flip === 'hv') meant = meant.map((row) => row.toReversed())
          if (flip === 'v' || flip === 'hv') meant = meant.toReversed()
          expect(shown).toEqual(meant)
          expect([recipe.width, recipe.height]).toEqual([meant[0]!.length, meant.length])
        }
  })
})

describe('fits', () => {
  const picture = { width: 400, height: 300 }
  const small = { width: 40, height: 30 }
  test.each<[string, { width: number; height: number }, Ask, object]>([
    ['no size', picture, {}, { resize: { width: 400, height: 300 } }],
    ['width alone', picture, { width: 100 }, { resize: { width: 100, height: 75 } }],
    ['height alone', picture, { height: 100 }, { resize: { width: 133, height: 100 } }],
    ['width alone, larger', picture, { width: 800 }, { resize: { width: 400, height: 300 } }],
    ['width alone, enlarge', picture, { width: 800, enlarge: true }, { resize: { width: 800, height: 600 } }],
    ['never below 1', { width: 1000, height: 2 }, { width: 10 }, { resize: { width: 10, height: 1 } }],
    ['scale-down', picture, { width: 200, height: 200 }, { resize: { width: 200, height: 150 } }],
    ['scale-down, larger', small, { width: 200, height: 200 }, { resize: { width: 40, height: 30 } }],
    [
      'contain, enlarge',
      small,
      { width: 200, height: 200, enlarge: true },
      { resize: { width: 200, height: 150 } },
    ],
    [
      'cover',
      picture,
      { width: 100, height: 100, fit: 'cover' },
      { cut: { x: 50, y: 0, width: 300, height: 300 }, resize: { width: 100, height: 100 } },
    ],
    [
      'cover, same shape',
      picture,
      { width: 80, height: 60, fit: 'cover' },
      { resize: { width: 80, height: 60 } },
    ],
    [
      'cover, smaller picture keeps the shape of the box',
      small,
      { width: 100, height: 100, fit: 'cover' },
      { cut: { x: 5, y: 0, width: 30, height: 30 }, resize: { width: 30, height: 30 } },
    ],
    [
      'cover, enlarge',
      small,
      { width: 100, height: 100, fit: 'cover', enlarge: true },
      { cut: { x: 5, y: 0, width: 30, height: 30 }, resize: { width: 100, height: 100 } },
    ],
    [
      'crop',
      picture,
      { width: 100, height: 100, fit: 'crop' },
      { cut: { x: 50, y: 0, width: 300, height: 300 }, resize: { width: 100, height: 100 } },
    ],
    [
      'crop never enlarges',
      small,
      { width: 100, height: 20, fit: 'crop', enlarge: true },
      { cut: { x: 0, y: 5, width: 40, height: 20 }, resize: { width: 40, height: 20 } },
    ],
    [
      'crop of a smaller picture',
      small,
      { width: 100, height: 100, fit: 'crop' },
      { resize: { width: 40, height: 30 } },
    ],
    [
      'pad',
      picture,
      { width: 100, height: 100, fit: 'pad' },
      {
        resize: { width: 100, height: 75 },
        pad: { x: 0, y: 13, width: 100, height: 75, canvas: { width: 100, height: 100 } },
      },
    ],
    [
      'pad of a smaller picture',
      small,
      { width: 100, height: 100, fit: 'pad' },
      { resize: small, pad: { x: 30, y: 35, ...small, canvas: { width: 100, height: 100 } } },
    ],
    [
      'pad to a corner',
      small,
      { width: 100, height: 100, fit: 'pad', gravity: { x: 1, y: 0 } },
      { resize: small, pad: { x: 60, y: 0, ...small, canvas: { width: 100, height: 100 } } },
    ],
    [
      'pad that is not needed',
      picture,
      { width: 80, height: 60, fit: 'pad' },
      { resize: { width: 80, height: 60 } },
    ],
    [
      'fill distorts',
      picture,
      { width: 100, height: 200, fit: 'fill' },
      { resize: { width: 100, height: 200 } },
    ],
    [
      'fill does not enlarge',
      small,
      { width: 100, height: 20, fit: 'fill' },
      { resize: { width: 40, height: 20 } },
    ],
    [
      'fill, enlarge',
      small,
      { width: 100, height: 20, fit: 'fill', enlarge: true },
      { resize: { width: 100, height: 20 } },
    ],
  ])('%s', (_, size, ask, layout) => expect(layOut(size, ask)).toEqual(layout))

  test.each<[number, number, number]>([
    [0, 0, 0],
    [0.1, 0, 0],
    [0.375, 0.5, 0],
    [0.5, 0.5, 50],
    [0.6, 0.5, 90],
    [1, 1, 100],
  ])('a focal point %f stays in view', (x, y, left) => {
    const { cut } = layOut(picture, { width: 30, height: 30, fit: 'cover', gravity: { x, y } })
    expect(cut).toEqual({ x: left, y: 0, width: 300, height: 300 })
  })
})

describe('crop boxes', () => {
  const px = (width: number, height: number, x: number, y: number) => ({
    width: { px: width },
    height: { px: height },
    x: { px: x },
    y: { px: y },
  })
  test('are clamped into the picture, and refused outside it', () => {
    const picture = { width: 100, height: 50 }
    expect(placeCrop(px(500, 500, 90, 10), picture)).toEqual({ x: 90, y: 10, width: 10, height: 40 })
    expect(placeCrop(px(1, 1, 100, 0), picture)).toBeUndefined()
    const half = { fraction: 0.5 }
    expect(placeCrop({ width: half, height: half, x: half, y: half }, picture)).toEqual({
      x: 50,
      y: 25,
      width: 50,
      height: 25,
    })
    expect(() => resolve(planOf({ crop: px(1, 1, 400, 0) }), infoOf(), limits)).toThrow('outside the picture')
  })
})

const side = fc.integer({ min: 1, max: 20_000 })
const unit = fc.double({ min: 0, max: 1, noNaN: true })
const length = fc.oneof(
  fc.record({ px: fc.integer({ min: 0, max: 100_000 }) }),
  fc.record({ fraction: unit }),
)
const anyAsk = fc.record(
  {
    width: fc.integer({ min: 1, max: 8192 }),
    height: fc.integer({ min: 1, max: 8192 }),
    fit: fc.constantFrom('cover', 'crop', 'pad', 'fill'),
    gravity: fc.record({ x: unit, y: unit }),
    enlarge: fc.constant(true),
    rotate: fc.constantFrom(90, 180, 270),
    flip: fc.constantFrom('h', 'v', 'hv'),
    crop: fc.record({ width: length, height: length, x: length, y: length }),
    format: fc.constantFrom('webp', 'jpeg', 'png', 'avif'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Ask>

test('whatever is asked of whatever picture: sizes within limits, boxes within the picture, nothing enlarged unasked', () => {
  fc.assert(
    fc.property(anyAsk, side, side, fc.integer({ min: 1, max: 8 }), (ask, width, height, orientation) => {
      const info = infoOf({ width, height, orientation: orientation as Orientation })
      let recipe: ImageRecipe
      try {
        recipe = pictureRecipe(resolve(planOf(ask), info, limits))
      } catch (error) {
        expect(isMediaError(error) && error.status >= 400 && error.status < 500, String(error)).toBe(true)
        return
      }
      const inside = (
        box: { x: number; y: number; width: number; height: number },
        size: { width: number; height: number },
      ) => {
        for (const value of [box.x, box.y, box.width, box.height]) expect(Number.isInteger(value)).toBe(true)
        expect(Math.min(box.x, box.y) >= 0 && box.width >= 1 && box.height >= 1).toBe(true)
        expect(box.x + box.width <= size.width && box.y + box.height <= size.height).toBe(true)
      }
      let size: { width: number; height: number } = info
      if (recipe.crop) {
        inside(recipe.crop, size)
        size = recipe.crop
      }
      if (recipe.rotate === 90 || recipe.rotate === 270) size = { width: size.height, height: size.width }
      if (recipe.cut) {
        inside(recipe.cut, size)
        size = recipe.cut
      }
      if (recipe.resize) {
        inside({ x: 0, y: 0, ...recipe.resize }, recipe.resize)
        if (!ask.enlarge) inside({ x: 0, y: 0, ...recipe.resize }, size)
        size = recipe.resize
      }
      if (recipe.pad) {
        inside(recipe.pad, recipe.pad.canvas)
        expect(recipe.pad).toMatchObject({ width: size.width, height: size.height })
        size = recipe.pad.canvas
      }
      expect(recipe).toMatchObject({ width: size.width, height: size.height })
      expect(Math.max(recipe.width, recipe.height)).toBeLessThanOrEqual(limits.outputSide)
      expect(recipe.width * recipe.height).toBeLessThanOrEqual(limits.outputPixels)
      if (ask.width !== undefined) expect(recipe.width).toBeLessThanOrEqual(ask.width)
      if (ask.height !== undefined) expect(recipe.height).toBeLessThanOrEqual(ask.height)
    }),
    { numRuns: 3000 },
  )
})
