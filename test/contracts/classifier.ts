/** What every classifier must do. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Classifier } from '../../src/engines/classifier.ts'
import type { LookRules } from '../../src/engines/nsfw/look.ts'
import { NSFW_CLASSES, type Finding } from '../../src/media/nsfw.ts'
import { bytesOriginal } from '../../src/sources/bytes.ts'
import { makeGif } from '../support/animations.ts'
import { BLUE, markedPicture, RED } from '../support/nsfw-service.ts'

export const LOOK_RULES: LookRules = {
  pixels: 1_000_000,
  frames: 100,
  outputSide: 8192,
  outputPixels: 64_000_000,
  avifPixels: 0,
  imageBytes: 1_000_000,
  memory: 256 * 1024 * 1024,
  transformMs: 20_000,
  looks: 3,
}

const never = new AbortController().signal

/** @param within how far two findings of what looks alike may lie apart */
export function testClassifier(
  name: string,
  create: (rules: LookRules) => Classifier,
  { within }: { readonly within: number },
): void {
  const classifier = () => create(LOOK_RULES)
  const find = (bytes: Uint8Array, page?: number) =>
    classifier().classify(bytesOriginal(bytes, 'memory'), never, page)
  const apart = (a: Finding, b: Finding) => Math.abs(a.probability - b.probability)

  describe(`classifier ${name}`, () => {
    test('finds probabilities, the same for the same picture', async () => {
      const file = await markedPicture(RED)
      const [first, second] = [await find(file), await find(file)]
      expect(second).toEqual(first)
      expect(Object.keys(first.predictions).toSorted()).toEqual([...NSFW_CLASSES])
      for (const value of [first.probability, ...Object.values(first.predictions)]) {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1)
      }
    })

    test('tells pictures apart', async () => {
      const [red, blue] = [await find(await markedPicture(RED)), await find(await markedPicture(BLUE))]
      expect(apart(red, blue)).toBeGreaterThan(0.0001)
    })

    test('whatever the format, and upright', async () => {
      const [red, tiff] = [await markedPicture(RED), await markedPicture(RED, { format: 'tiff' })]
      const first = await find(red)
      expect(apart(await find(tiff), first)).toBeLessThan(within)
      const lying = await sharp(red).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer()
      expect(apart(await find(Uint8Array.from(lying)), first)).toBeLessThan(within)
    })

    test('of what moves the worst of some frames; of a page that page', async () => {
      const colors = [BLUE, RED].map(({ r, g, b }) => [r, g, b])
      const frame = (color: number) => ({
        width: 32,
        height: 32,
        pixels: Array.from({ length: 1024 }, (_, at) => (at < 40 ? 1 - color : color)),
      })
      const gif = (...shades: number[]) =>
        makeGif({ width: 32, height: 32, colors, loops: 0, frames: shades.map(frame) })
      const [blue, red] = [await find(gif(0)), await find(gif(1))]
      const worst = Math.max(blue.probability, red.probability)
      for (const shades of [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ])
        expect((await find(gif(...shades))).probability).toBeCloseTo(worst, 4)
      expect((await find(gif(0, 1, 0), 1)).probability).toBeCloseTo(red.probability, 4)
      expect((await find(gif(1, 1, 0), 2)).probability).toBeCloseTo(blue.probability, 4)
    })

    test('of a file with pages the one that is asked for', async () => {
      const page = await markedPicture(BLUE, { format: 'tiff' })
      await expect(find(page, 3)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' })
      expect(apart(await find(page), await find(await markedPicture(BLUE)))).toBeLessThan(within)
    })

    test('throws what is wrong with an original', async () => {
      const file = await markedPicture(RED)
      const half = file.slice(0, file.length / 2)
      const large = await sharp({ create: { width: 1200, height: 1200, channels: 3, background: RED } })
        .png()
        .toBuffer()
      const wrong = [
        [new TextEncoder().encode('text, not a picture'), 'UNSUPPORTED_MEDIA'],
        [half, 'CORRUPT_MEDIA'],
        [Uint8Array.from(large), 'LIMIT_EXCEEDED'],
      ] as const
      for (const [bytes, code] of wrong) await expect(find(bytes)).rejects.toMatchObject({ code })
      const small = create({ ...LOOK_RULES, imageBytes: 100 })
      await expect(small.classify(bytesOriginal(file, 'memory'), never)).rejects.toMatchObject({
        code: 'SOURCE_TOO_LARGE',
      })
    })

    test('lets go when nobody waits', async () => {
      const reason = new Error('gone')
      const gone = AbortSignal.abort(reason)
      const original = bytesOriginal(await markedPicture(RED), 'memory')
      await expect(classifier().classify(original, gone)).rejects.toBe(reason)
    })

    test('is another one where it looks otherwise', () => {
      expect(classifier().identity).toBe(classifier().identity)
      expect(create({ ...LOOK_RULES, looks: 9 }).identity).not.toBe(classifier().identity)
    })
  })
}
