import { describe, expect, test } from 'vitest'
import { bestFrame, looksOf, type SmallFrame } from '../../src/engines/video/best-frame.ts'

const WIDTH = 40
const frame = (of: (x: number, y: number) => number): SmallFrame => ({
  width: WIDTH,
  luma: Uint8Array.from({ length: WIDTH * 30 }, (_, n) => of(n % WIDTH, Math.floor(n / WIDTH))),
})

const black = frame(() => 0)
const white = frame(() => 255)
const dark = frame((x, y) => ((x + y) % 4 === 0 ? 20 : 4))
const blurred = frame((x) => 60 + x * 3)
const sharp = frame((x, y) => (((x >> 2) + (y >> 2)) % 2 === 0 ? 200 : 60))
const other = frame((x, y) => (((x >> 1) + (y >> 3)) % 2 === 0 ? 30 : 250))

describe('looksOf', () => {
  test('counts what is there', () => {
    expect(looksOf(black)).toEqual({ mean: 0, contrast: 0, sharpness: 0 })
    expect(looksOf(white)).toEqual({ mean: 255, contrast: 0, sharpness: 0 })
    // A slope changes everywhere by the same.
    expect(looksOf(blurred).sharpness).toBe(0)
    expect(looksOf(blurred).contrast).toBeCloseTo(3 * Math.sqrt((WIDTH ** 2 - 1) / 12), 6)
    expect(looksOf(sharp)).toMatchObject({ contrast: expect.closeTo(70, 0) })
    expect(looksOf(sharp).sharpness).toBeGreaterThan(100)
  })

  test.each([1, 2, 3])('of frames of %i by 1 is finite', (width) => {
    const luma = new Uint8Array(width).fill(9)
    expect(looksOf({ luma, width }).sharpness).toBe(0)
  })
})

describe('bestFrame', () => {
  test.each([
    ['the first that is good', [black, sharp, other], 1],
    ['one behind white and a slope', [white, blurred, other, sharp], 2],
    ['one behind darkness', [dark, sharp], 1],
    ['the least bad', [black, dark, white], 1],
    ['the first of equals', [black, white, black], 0],
    ['the only one', [black], 0],
  ] as const)('is %s', (_, frames, expected) => {
    expect(bestFrame(frames)).toBe(expected)
  })
})
