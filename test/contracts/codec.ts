/** What every codec must do. `pictures` are made by another encoder, so that both halves are checked against a second opinion. */
import type { Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Codec, CodecContext, EncodeOptions } from '../../src/engines/image/codec.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import type { Bitmap } from '../../src/media/bitmap.ts'
import { formatRow } from '../../src/media/format.ts'
import { sniff } from '../../src/media/sniff.ts'
import { asBitmap, psnr, rgba, type Pixels } from '../support/compare.ts'
import { loadWasm } from '../support/platform.ts'
import { picture } from '../support/pictures.ts'

export interface CodecCase {
  create(context: CodecContext): Codec
  /** The same picture, encoded by someone else. */
  encodeElsewhere(image: Sharp): { toBuffer(): Promise<Uint8Array> }
  /** A file as another decoder sees it; absent: as sharp does. */
  see?(bytes: Uint8Array): Promise<Pixels>
  /** Least likeness of a round trip, in dB. */
  readonly decibels: number
  readonly options: EncodeOptions
}

const never = { loadWasm, tick: () => {} }

export function testCodec(
  name: string,
  { create, encodeElsewhere, see = rgba, decibels, options }: CodecCase,
): void {
  const codec = create(never)
  const decode = async (bytes: Uint8Array) => asBitmap(await codec.decode!(bytes))
  const encode = (bitmap: Bitmap) => codec.encode!(bitmap, options)
  const { hasAlpha } = formatRow(codec.format)
  const elsewhere = async (image: Sharp) => Uint8Array.from(await encodeElsewhere(image).toBuffer())

  describe(`codec ${name}`, () => {
    test.each([
      [320, 240],
      [1, 1],
      [17, 5],
      [3, 200],
    ])('decodes and encodes %ix%i, as another decoder sees it', async (width, height) => {
      const bytes = await elsewhere(picture({ width, height }))
      const bitmap = await decode(bytes)
      expect([bitmap.width, bitmap.height, bitmap.data.length]).toEqual([width, height, width * height * 4])
      const reference = await see(bytes)
      expect(psnr(bitmap.data, reference.data)).toBeGreaterThan(width * height < 2000 ? 25 : 38)
      const again = await encode(bitmap)
      expect(sniff(again)).toBe(codec.format)
      const seen = await see(again)
      expect([seen.width, seen.height]).toEqual([width, height])
      if (width * height > 2000) expect(psnr(seen.data, bitmap.data)).toBeGreaterThan(decibels)
    })

    const testAlpha = async () => {
      const bytes = await elsewhere(picture({ alpha: true }))
      const bitmap = await decode(bytes)
      const reference = await see(bytes)
      const alphaOf = (data: ArrayLike<number>) =>
        Array.from({ length: bitmap.width * bitmap.height }, (_, i) => data[i * 4 + 3] ?? 0)
      expect(psnr(alphaOf(bitmap.data), alphaOf(reference.data))).toBeGreaterThan(35)
      const seen = await see(await encode(bitmap))
      expect(psnr(alphaOf(seen.data), alphaOf(bitmap.data))).toBeGreaterThan(30)
    }
    // Formats without alpha have nothing to keep; a skipped test would look like a promise.
    if (hasAlpha) test('keeps alpha', testAlpha)

    test('refuses what is truncated, garbage or of another format, and the next picture is right', async () => {
      const good = await elsewhere(picture())
      const other = await (codec.format === 'png' ? picture().jpeg() : picture().png()).toBuffer()
      const bad = [
        good.slice(0, good.length / 2),
        good.slice(0, 40),
        new Uint8Array(64),
        Uint8Array.from(other),
        new Uint8Array(),
      ]
      for (const bytes of bad) await expect(decode(bytes)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
      expect((await decode(good)).width).toBe(320)
    })

    test('flipped bits never hang, crash or spoil the next picture', async () => {
      const good = await elsewhere(picture({ width: 96, height: 64 }))
      let seed = 1
      const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
      for (let i = 0; i < 60; i++) {
        const bytes = good.slice()
        for (let flips = 0; flips < 3; flips++)
          bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8)
        const bitmap = await decode(bytes).catch((error: { code: string }) => error.code)
        if (typeof bitmap === 'string')
          expect(['CORRUPT_MEDIA', 'UNSUPPORTED_CODEC', 'LIMIT_EXCEEDED']).toContain(bitmap)
      }
      expect(await decode(good)).toMatchObject({ width: 96, height: 64 })
    })

    test('is stopped by tick in the middle of its work, and works again afterwards', async () => {
      let stops = false
      let ticks = 0
      const stoppable = create({
        loadWasm,
        tick() {
          ticks++
          if (stops) throw new Stopped()
        },
      })
      const { data, info } = await picture({ width: 1600, height: 1200 })
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
      const bitmap = { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
      stops = true
      await expect(stoppable.encode!(bitmap, options)).rejects.toBeInstanceOf(Stopped)
      expect(ticks).toBe(1)
      stops = false
      const bytes = await elsewhere(picture({ width: 1600, height: 1200 }))
      expect((await stoppable.decode!(bytes)).width).toBe(1600)
      expect(ticks).toBeGreaterThan(3)
      stops = true
      await expect(stoppable.decode!(bytes)).rejects.toBeInstanceOf(Stopped)
    })
  })
}
