/** Videos as pictures that move, through the whole line and both ffmpegs: frames, delays, sizes, transparency. */
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAnimation, type Animation } from '../support/animations.ts'
import { openVideoStage } from '../support/video-stage.ts'
import { FFMPEG, ffmpeg, frameOf, hasFfmpeg, makeVideo } from '../support/videos.ts'

const { mount, stage, whole, code, close } = openVideoStage()
afterAll(close)

const VP9_ALPHA = ['-c:v', 'libvpx-vp9', '-pix_fmt', 'yuva420p', '-auto-alt-ref', '0', '-cpu-used', '8']
const TIERS = { 'ffmpeg-native': { wasm: false }, 'ffmpeg-wasm': { native: 'off' } } as const

/** Which frames of the original it shows, by their luma. */
const shownBy = async (picture: Uint8Array) => {
  const { pages = 1 } = await sharp(picture, { pages: -1 }).metadata()
  const shown: number[] = []
  for (let page = 0; page < pages; page++)
    shown.push(await frameOf(await sharp(picture, { page }).png().toBuffer()))
  return shown
}
/** Palettes and conversions may be a step of luma off, which is half a frame. */
const near = (shown: readonly number[], wanted: readonly number[]) => {
  expect(shown).toHaveLength(wanted.length)
  for (const [n, frame] of shown.entries())
    expect(Math.abs(frame - (wanted[n] ?? NaN))).toBeLessThanOrEqual(1)
}
/** The luma counts to a hundred. */
const steps = (from: number, count: number, step = 2.5) =>
  Array.from({ length: count }, (_, n) => (from + Math.floor(n * step)) % 100)
const at = ({ frames, width }: Animation, frame: number, x: number, y: number) => [
  ...(frames[frame]?.subarray((y * width + x) * 4, (y * width + x) * 4 + 4) ?? []),
]

describe.runIf(hasFfmpeg())(`a preview with ${FFMPEG}`, () => {
  beforeAll(() => {
    mount.put('long.mp4', makeVideo({ as: 'mp4', seconds: 8 }))
    mount.put('short.mp4', makeVideo({ as: 'mp4', seconds: 1 }))
    mount.put('wide.mp4', makeVideo({ as: 'mp4', seconds: 1, size: '640x360', silent: true }))
    mount.put('test.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', 'testsrc=96x64:25:d=1', '-pix_fmt', 'yuv420p']))
    mount.put('endless.mp4', makeVideo({ as: 'mp4', seconds: 70, size: '32x32', silent: true }))
    const halves = 'color=red:size=96x64:rate=25:duration=1,drawbox=x=48:w=48:h=64:t=fill:c=blue'
    mount.put('halves.mp4', ffmpeg('mp4', ['-f', 'lavfi', '-i', halves, '-qp', '4', '-pix_fmt', 'yuv420p']))
    const clear =
      'color=red@0:size=96x64:rate=25:duration=1,format=yuva420p,drawbox=w=48:h=64:t=fill:replace=1:c=red@1'
    mount.put('alpha.webm', ffmpeg('webm', ['-f', 'lavfi', '-i', clear, ...VP9_ALPHA]))
  })

  describe.each(Object.entries(TIERS))('by %s', (tier, settings) => {
    let get: ReturnType<typeof stage>
    beforeAll(() => {
      get = stage({ ffmpeg: settings })
    })

    test.each(['gif', 'webp'])(
      'as %s shows three seconds from the second second on, for ever',
      async (format) => {
        const response = await get(`long.mp4?format=${format}&quality=lossless`)
        const picture = await whole(response)
        expect(response.headers.get('content-type')).toBe(`image/${format}`)
        expect(response.headers.get('x-transform-source')).toBe(tier)
        expect(response.headers.get('x-resolved-width')).toBe('96')
        const moving = await readAnimation(picture)
        expect(moving).toMatchObject({ width: 96, height: 64, plays: 0 })
        expect(moving.delays).toEqual(Array.from({ length: 30 }, () => 100))
        near(await shownBy(picture), steps(50, 30))
      },
    )

    test('with time, duration, fps and speed as asked', async () => {
      const picture = await whole(
        await get('long.mp4?format=webp&quality=lossless&time=1&duration=2&fps=5&speed=2'),
      )
      const { delays } = await readAnimation(picture)
      expect(delays).toEqual([200, 200, 200, 200, 200])
      near(await shownBy(picture), steps(25, 5, 10))
    })

    test.each(['gif', 'webp'])('keeps transparency as %s, or stands on a background', async (format) => {
      const clear = await readAnimation(await whole(await get(`alpha.webm?format=${format}&duration=0.3`)))
      expect(at(clear, 0, 10, 30)[3]).toBe(255)
      expect(at(clear, 0, 80, 30)[3]).toBe(0)
      const green = `alpha.webm?format=${format}&duration=0.3&background=00ff00`
      const [r = 255, g = 0, b = 255, a] = at(await readAnimation(await whole(await get(green))), 0, 80, 30)
      expect([r < 16, g > 239, b < 16, a]).toEqual([true, true, true, 255])
    })
  })

  describe('of any size', () => {
    let get: ReturnType<typeof stage>
    beforeAll(() => {
      get = stage({ ffmpeg: { wasm: false } })
    })
    const size = async (path: string) => {
      const { width, height } = await readAnimation(await whole(await get(path)))
      return [width, height]
    }

    test('is 480 pixels wide where no size is asked for', async () => {
      expect(await size('wide.mp4?format=gif')).toEqual([480, 270])
      expect(await size('wide.mp4?format=gif&height=90')).toEqual([160, 90])
      // Pictures may be odd.
      expect(await size('wide.mp4?format=webp&width=33&height=21&fit=cover')).toEqual([33, 21])
    })

    test.each(['gif', 'webp'])('as %s is cut, turned and mirrored', async (format) => {
      const isRed = ([r = 0, , b = 0]: readonly number[]) => r > b
      const moving = async (query: string) =>
        readAnimation(await whole(await get(`halves.mp4?format=${format}&duration=0.3&${query}`)))
      const flipped = await moving('flip=h')
      expect([isRed(at(flipped, 0, 5, 5)), isRed(at(flipped, 0, 90, 5))]).toEqual([false, true])
      const turned = await moving('rotate=90')
      expect([turned.width, turned.height]).toEqual([64, 96])
      expect([isRed(at(turned, 0, 5, 5)), isRed(at(turned, 0, 5, 90))]).toEqual([true, false])
      const cut = await moving('crop=50%25:100%25:50%25:0')
      expect([cut.width, isRed(at(cut, 0, 5, 5))]).toEqual([48, false])
      const padded = await moving('width=200&height=64&fit=pad')
      expect([at(padded, 0, 3, 3)[3], at(padded, 0, 100, 3)[3]]).toEqual([0, 255])
    })

    test('is larger with a better quality', async () => {
      const sizes: number[] = []
      for (const quality of ['5', 'low', '95'])
        sizes.push((await whole(await get(`test.mp4?format=webp&quality=${quality}&duration=0.5`))).length)
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    })
  })

  describe('of time', () => {
    let get: ReturnType<typeof stage>
    beforeAll(() => {
      get = stage({ ffmpeg: { wasm: false } })
    })

    test('that a short video has not got is what it has', async () => {
      near(await shownBy(await whole(await get('short.mp4?quality=lossless&format=webp'))), steps(0, 10))
      near(
        await shownBy(await whole(await get('short.mp4?quality=lossless&format=webp&time=5&duration=0.4'))),
        steps(15, 4),
      )
    })

    test('is never longer than a minute', async () => {
      const { delays } = await readAnimation(
        await whole(await get('endless.mp4?format=gif&time=0&duration=70&fps=1')),
      )
      expect(delays.length).toBeGreaterThan(55)
      expect(delays.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(60_000)
    })

    test('that is asked for as auto is refused', async () => {
      const response = await get('long.mp4?format=gif&time=auto')
      expect([response.status, await code(response)]).toEqual([400, 'INVALID_PARAMETER'])
    })

    test('stands still where a frame is asked for', async () => {
      for (const format of ['webp', 'gif']) {
        const { pages = 1 } = await sharp(
          await whole(await get(`long.mp4?mode=frame&format=${format}&time=1`)),
        ).metadata()
        expect(pages).toBe(1)
      }
    })
  })
})
