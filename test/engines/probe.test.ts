import { describe, expect, test } from 'vitest'
import { probe } from '../../src/engines/probe.ts'
import type { ByteRange, Original } from '../../src/media/original.ts'
import { makeGif } from '../support/animations.ts'
import { emptyAvi } from '../support/avi.ts'
import { jpegPicture, picture } from '../support/pictures.ts'

/** Counts what is read of it. */
function createOriginal(bytes: Uint8Array) {
  const reads: ByteRange[] = []
  const original: Original = {
    validator: { text: 'v1' },
    sourceType: 'test',
    async read(range) {
      reads.push(range)
      return bytes.slice(range.start, range.end)
    },
    stream: () => new Response(Uint8Array.from(bytes)).body!,
    close: async () => {},
  }
  return { original, reads }
}

describe('probe', () => {
  test('reads the beginning of a picture and no more', async () => {
    const { original, reads } = createOriginal(await jpegPicture({ width: 1600, height: 1200, quality: 100 }))
    expect(await probe(original)).toMatchObject({ class: 'image', format: 'jpeg', width: 1600, height: 1200 })
    expect(reads).toHaveLength(1)
    expect(reads[0]!.end).toBeLessThanOrEqual(65_536)
  })

  test('reads on while the header goes on', async () => {
    const plain = await jpegPicture()
    const padding = Buffer.alloc(60_000 * 10)
    for (let at = 0; at < padding.length; at += 60_000)
      padding.set([0xff, 0xe2, 59_998 >> 8, 59_998 & 255], at)
    const bytes = Buffer.concat([plain.subarray(0, 2), padding, plain.subarray(2)])
    const { original, reads } = createOriginal(bytes)
    expect(await probe(original)).toMatchObject({ width: 320, height: 240 })
    expect(reads.length).toBeLessThan(8)
  })

  test('gives up on a header that never ends', async () => {
    const bytes = Buffer.alloc(12_000_000)
    bytes.set([0xff, 0xd8])
    for (let at = 2; at < bytes.length - 4; at += 65_537) bytes.set([0xff, 0xe2, 0xff, 0xff], at)
    const { original, reads } = createOriginal(bytes)
    await expect(probe(original)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    expect(Math.max(...reads.map(({ end }) => end))).toBeLessThan(8_000_000)
  })

  test('a file that ends inside its header is damaged', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
      const whole = await picture().toFormat(format).toBuffer()
      const { original } = createOriginal(whole.subarray(0, 24))
      await expect(probe(original)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    }
  })

  test.each([
    ['an empty file', new Uint8Array()],
    ['text', Buffer.from('not a picture, whatever its name says')],
    ['HTML', Buffer.from('<!doctype html><title>404</title>')],
    ['zeros', new Uint8Array(5000)],
  ])('%s is not media', async (_, bytes) => {
    const { original } = createOriginal(bytes)
    await expect(probe(original)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA', status: 415 })
  })

  describe('a GIF that neither repeats nor says how long its first frame stands', () => {
    const side = 120
    const frame = {
      width: side,
      height: side,
      delay: 0,
      pixels: Array.from({ length: side * side }, (_, i) => i & 1),
    }
    const gif = (frames: number) =>
      makeGif({
        width: side,
        height: side,
        colors: [
          [0, 0, 0],
          [255, 0, 0],
        ],
        frames: Array.from({ length: frames }, () => frame),
      })

    test('moves when it has a second frame, wherever that is', async () => {
      const { original, reads } = createOriginal(gif(2))
      expect(await probe(original)).toMatchObject({ width: side, animated: true })
      expect(reads.length).toBeLessThan(3)
      expect(await probe(createOriginal(gif(1)).original)).toMatchObject({ animated: false })
    })

    test('is still when it ends before one, wherever it ends', async () => {
      const whole = gif(1)
      for (const end of [whole.length, whole.length - 1, whole.length - 2, 5000])
        expect(await probe(createOriginal(whole.subarray(0, end)).original)).toMatchObject({
          animated: false,
        })
    })

    test('is looked through no further than a quarter of a mebibyte', async () => {
      const large = makeGif({
        width: 1200,
        height: 400,
        frames: [
          {
            ...frame,
            width: 1200,
            height: 400,
            pixels: Array.from({ length: 480_000 }, () => 0),
            colors: [
              [0, 0, 0],
              [9, 9, 9],
            ],
          },
        ],
      })
      expect(large.length).toBeGreaterThan(500_000)
      const { original, reads } = createOriginal(large)
      // Its frames are counted when it is all there.
      expect(await probe(original)).toMatchObject({ animated: true })
      expect(Math.max(...reads.map(({ end }) => end))).toBeLessThan(300_000)
    })
  })

  test('tells of an AVI what its header says, and of one that ends inside it that it does', async () => {
    const video = { codec: 'mpeg4', codecId: 'FMP4', width: 32, height: 24, fps: 25 }
    expect(await probe(createOriginal(emptyAvi()).original)).toMatchObject({
      class: 'video',
      format: 'avi',
      duration: 2,
      video,
    })
    const cut = Buffer.from('RIFF\x10\0\0\0AVI LIST', 'latin1')
    await expect(probe(createOriginal(cut).original)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('tells of a file of video or sound that says nothing of what is in it', async () => {
    const mp4 = Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1')
    await expect(probe(createOriginal(mp4).original)).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
      details: { class: 'video' },
    })
  })

  test('of a file that would be looked through for ever it is said so, others have their turn, and the signal ends it', async () => {
    // Eight bytes of nothing at the end of a WebM: the package asks for them again and again.
    const head =
      '1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff'
    const webm = Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(8)])
    const look = (signal: AbortSignal) => probe(createOriginal(webm).original, undefined, signal)
    let turns = 0
    const clock = setInterval(() => turns++, 5)
    await expect(look(AbortSignal.timeout(30_000))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    clearInterval(clock)
    await expect(look(AbortSignal.timeout(10))).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(turns).toBeGreaterThan(3)
  })
})
