/** Frames that come out much smaller are scaled by the ffmpeg: they look as if the whole frame had been scaled. */
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FFMPEG, ffmpeg, hasFfmpeg } from '../support/videos.ts'
import { openVideoStage } from '../support/video-stage.ts'

const { mount, stage, whole, close } = openVideoStage()
afterAll(close)

const TIERS = [
  ['ffmpeg-native', { wasm: false }],
  ['ffmpeg-wasm', { native: 'off' }],
] as const

const raw = async (picture: Uint8Array | Buffer) => sharp(picture).removeAlpha().raw().toBuffer()

/** Mean difference of channels, of 255. */
function apart(one: Uint8Array, other: Uint8Array): number {
  expect(one.length).toBe(other.length)
  return one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length
}

describe.runIf(hasFfmpeg())(`small frames, with ${FFMPEG}`, () => {
  beforeAll(() => {
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=480x320:rate=25:duration=1']
    const coded = ['-c:v', 'libx264', '-qp', '1', '-pix_fmt', 'yuv420p', '-colorspace', 'smpte170m']
    mount.put('detail.mp4', ffmpeg('mp4', [...picture, ...coded]))
  })

  test.each<[string, (frame: Sharp) => Sharp]>([
    ['width=120', (frame) => frame.resize(120, 80)],
    ['width=60&height=60&fit=cover', (frame) => frame.resize(60, 60)],
    ['width=80&rotate=90', (frame) => frame.rotate(90).resize(80, 120)],
    [
      'crop=239:320:241:0&width=100',
      (frame) => frame.extract({ left: 241, top: 0, width: 239, height: 320 }).resize(100),
    ],
  ])('%s', async (words, made) => {
    const full = await whole(await stage()('detail.mp4?mode=frame&time=0.5&format=png'))
    const expected = await raw(await made(sharp(full)).png().toBuffer())
    const pixels: Uint8Array[] = []
    for (const [, tier] of TIERS) {
      const small = await whole(
        await stage({ ffmpeg: tier })(`detail.mp4?mode=frame&time=0.5&format=png&${words}`),
      )
      pixels.push(await raw(small))
    }
    expect(pixels[1]).toEqual(pixels[0])
    expect(apart(pixels[0] as Uint8Array, expected)).toBeLessThan(2.5)
  })
})
