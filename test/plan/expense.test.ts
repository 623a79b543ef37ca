import { describe, expect, test } from 'vitest'
import type { ImageInfo, TimedInfo, VideoTrack } from '../../src/media/info.ts'
import { expenseOf } from '../../src/plan/expense.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import type { ClipRecipe, SoundRecipe } from '../../src/plan/timed/recipe.ts'

const PHOTO: ImageInfo = {
  class: 'image',
  format: 'jpeg',
  width: 4000,
  height: 3000,
  orientation: 1,
  hasAlpha: false,
  frames: 1,
  animated: false,
  bitDepth: 8,
  colorModel: 'ycbcr',
}
const TRACK: VideoTrack = {
  codec: 'avc',
  codecId: 'avc1',
  width: 1920,
  height: 1080,
  codedWidth: 1920,
  codedHeight: 1080,
  rotation: 0,
  fps: 25,
  hasAlpha: false,
  isHdr: false,
}
const FILM: TimedInfo = { class: 'video', format: 'mp4', duration: 3600, video: TRACK }
const GIGABYTE = 1_000_000_000

const picture = (more: Partial<ImageRecipe> = {}): ImageRecipe => ({
  kind: 'image',
  from: 'jpeg',
  orient: 1,
  to: 'jpeg',
  width: 800,
  height: 600,
  ...more,
})
const clip = (more: Partial<ClipRecipe> = {}): ClipRecipe => ({
  kind: 'clip',
  from: 'mp4',
  to: 'mp4',
  width: 1280,
  height: 720,
  ...more,
})
const encoding = { from: TRACK, codec: 'avc', crf: 23, effort: 1, speed: 1 } as const
const seconds = (recipe: Parameters<typeof expenseOf>[0], info = FILM as ImageInfo | TimedInfo) =>
  expenseOf(recipe, info, GIGABYTE).seconds

describe('what a recipe costs', () => {
  test('a picture is read whole, and made within the blink that a request waits', () => {
    expect(expenseOf(picture(), PHOTO, 5_000_000)).toMatchObject({ bytes: 5_000_000 })
    expect(seconds(picture(), PHOTO)).toBeLessThan(2)
    expect(seconds(picture({ width: 8000, height: 8000, to: 'avif' }), PHOTO)).toBeGreaterThan(10)
    expect(seconds(picture({ maxBytes: 9000 }), PHOTO)).toBeGreaterThan(seconds(picture(), PHOTO))
  })

  test('each frame of an animation counts, and of one frame that one', () => {
    const moving = { ...PHOTO, frames: 100, animated: true }
    const all = seconds(picture({ animated: true }), moving)
    expect(all).toBeCloseTo(100 * seconds(picture(), moving), 5)
  })

  test('a part of a film is read in part; a copy of it is no work', () => {
    expect(expenseOf(clip(), FILM, GIGABYTE)).toEqual({ bytes: GIGABYTE, seconds: 0 })
    expect(expenseOf(clip({ start: 600, end: 636 }), FILM, GIGABYTE).bytes).toBe(GIGABYTE / 100)
    expect(expenseOf(clip({ start: 1800 }), FILM, GIGABYTE).bytes).toBe(GIGABYTE / 2)
    expect(expenseOf(clip({ start: 0, end: 9 }), { ...FILM, duration: 0 }, GIGABYTE).bytes).toBe(GIGABYTE)
  })

  test('an hour made anew takes minutes, ten seconds of it do not', () => {
    expect(seconds(clip({ encoding }))).toBeGreaterThan(600)
    expect(seconds(clip({ encoding, end: 5, width: 480, height: 270 }))).toBeLessThan(10)
    expect(seconds(clip({ encoding: { ...encoding, codec: 'vp9' } }))).toBeGreaterThan(
      seconds(clip({ encoding })),
    )
    expect(seconds(clip({ encoding: { ...encoding, effort: 3 } }))).toBeGreaterThan(
      seconds(clip({ encoding })),
    )
    expect(seconds(clip({ encoding: { ...encoding, fps: 5 } }))).toBeLessThan(seconds(clip({ encoding })))
  })

  test('sound is quick, a frame and facts are little, whatever the file', () => {
    const sound: SoundRecipe = {
      kind: 'sound',
      from: 'mp4',
      to: 'mp3',
      track: 0,
      encoding: { codec: 'mp3', channels: 2, sampleRate: 44_100, speed: 1 },
    }
    expect(seconds(sound)).toBe(90)
    const outline = {
      kind: 'waveform',
      from: 'mp4',
      to: 'json',
      track: 0,
      points: 9,
      sampleRate: 8000,
    } as const
    expect(expenseOf({ ...outline, end: 360 }, FILM, GIGABYTE)).toEqual({
      bytes: GIGABYTE / 10,
      seconds: 3.6,
    })
    const frame = { kind: 'frame', from: 'mp4', at: 2, track: TRACK, picture: picture(), to: 'jpeg' } as const
    expect(expenseOf(frame, FILM, 50 * GIGABYTE).bytes).toBeLessThan(100_000_000)
    const facts = { kind: 'facts', from: 'mp4', to: 'json', info: FILM } as const
    expect(expenseOf(facts, FILM, GIGABYTE)).toEqual({ bytes: 0, seconds: 0 })
  })

  test('an original of unknown length is judged by its work alone', () => {
    expect(expenseOf(picture(), PHOTO).bytes).toBe(0)
  })
})
