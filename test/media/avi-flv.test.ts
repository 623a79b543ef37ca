/** Headers of AVI and FLV, built byte by byte: what is said of them, and that nothing which they say does harm. */
import { describe, expect, test } from 'vitest'
import { readAvi } from '../../src/media/headers/avi.ts'
import { readFlv } from '../../src/media/headers/flv.ts'
import { NeedsMore } from '../../src/media/headers/reader.ts'
import { emptyAvi } from '../support/avi.ts'
import { audio, flv, metaData, tinyFlv, video } from '../support/flv.ts'
import { createRandom, mutate } from '../support/mutate.ts'

const CORRUPT = expect.objectContaining({ code: 'CORRUPT_MEDIA' })
/** Where a word stands in a file, with so many bytes behind it. */
const find = (bytes: Uint8Array, word: string) => Buffer.from(bytes).indexOf(word, 0, 'latin1')
const withLong = (bytes: Uint8Array, at: number, value: number) => {
  const copy = Buffer.from(bytes)
  copy.writeUInt32LE(value >>> 0, at)
  return new Uint8Array(copy)
}

describe('AVI', () => {
  const good = emptyAvi()
  const format = find(good, 'strf') + 8

  test('says what its header says', () => {
    expect(readAvi(good)).toEqual({
      class: 'video',
      format: 'avi',
      duration: 2,
      video: {
        codec: 'mpeg4',
        codecId: 'FMP4',
        width: 32,
        height: 24,
        codedWidth: 32,
        codedHeight: 24,
        rotation: 0,
        fps: 25,
        hasAlpha: false,
        isHdr: false,
      },
      audio: [],
    })
  })

  test('of pictures that stand on their head is as high', () => {
    expect(readAvi(withLong(good, format + 8, -24)).video).toMatchObject({ width: 32, height: 24 })
  })

  test('without a scale has neither a rate nor a length', () => {
    const { duration, video: shown } = readAvi(withLong(good, find(good, 'strh') + 8 + 20, 0))
    expect([duration, shown?.fps]).toEqual([undefined, undefined])
  })

  test.each([
    ['no width', () => withLong(good, format + 4, 0)],
    ['no height', () => withLong(good, format + 8, 0)],
    [
      'no stream that is known',
      () => Buffer.from(Buffer.from(good).toString('latin1').replace('vids', 'txts'), 'latin1'),
    ],
  ])('with %s is refused', (_, bytes) => {
    expect(() => readAvi(Uint8Array.from(bytes()))).toThrow(CORRUPT)
  })

  test('with more streams than any file has is refused', () => {
    const header = good.subarray(find(good, 'strh'), find(good, 'strf'))
    const before = good.subarray(0, find(good, 'strh'))
    const many = Buffer.concat([
      before,
      ...Array.from({ length: 200 }, () => header),
      good.subarray(before.length),
    ])
    expect(() => readAvi(new Uint8Array(many))).toThrow(CORRUPT)
  })

  test('a chunk that says it is endless ends it', () => {
    expect(() => readAvi(withLong(good, find(good, 'strh') + 4, 0xffffffff))).toThrow()
  })
})

describe('FLV', () => {
  test('says what its first tags say', () => {
    expect(readFlv(tinyFlv())).toEqual({
      class: 'video',
      format: 'flv',
      duration: 1.5,
      video: {
        codec: 'avc',
        codecId: 'avc',
        width: 64,
        height: 48,
        codedWidth: 64,
        codedHeight: 48,
        rotation: 0,
        fps: 25,
        bitrate: 200_000,
        hasAlpha: false,
        isHdr: false,
      },
      audio: [{ codec: 'aac', codecId: 'aac', channels: 2, sampleRate: 44_100, language: 'und' }],
    })
  })

  test.each([
    [0x2f, { codec: 'mp3', channels: 2, sampleRate: 44_100 }],
    [0x26, { codec: 'mp3', channels: 1, sampleRate: 11_025 }],
    [0xe2, { codec: 'mp3', channels: 1, sampleRate: 5500 }],
    [0x62, { codec: null, codecId: 'flv-6' }],
  ])('sound of flags %i', (flags, expected) => {
    const info = readFlv(flv(audio(flags, 0xff), audio(flags, 0xff)))
    expect([info.class, info.video]).toEqual(['audio', undefined])
    expect(info.audio?.[0]).toMatchObject(expected)
  })

  test.each([
    // Start code of 17 bits, version of 5, number of 8, then the size: 3 bits, here of 8 bits each, of 16, or by name.
    ['8 bits', [0, 0, 0x80, 0, (64 >> 1) & 0x7f, ((64 & 1) << 7) | (48 >> 1), (48 & 1) << 7], [64, 48]],
    ['a name', [0, 0, 0x80, 1, 0x80, 0, 0, 0], [176, 144]],
  ])('Sorenson says its size in %s', (_, bytes, [width, height]) => {
    expect(readFlv(flv(video(0x12, ...bytes, 0, 0), audio(0x2f, 0))).video).toMatchObject({
      codec: 'flv',
      width,
      height,
    })
  })

  test('without a size is refused, and without anything', () => {
    expect(() => readFlv(flv(video(0x17, 0, 0, 0, 0), audio(0x2f, 0)))).toThrow(CORRUPT)
    expect(() => readFlv(flv(metaData({ duration: 5 })))).toThrow(NeedsMore)
  })

  test.each([Number.NaN, Infinity, -5, 1e300])(
    'what it says of its length is not believed: %d',
    (duration) => {
      const info = readFlv(flv(metaData({ duration, width: 64, height: 48 }), video(0x17, 0), audio(0x2f, 0)))
      expect(Number.isFinite(info.duration ?? 0)).toBe(true)
      expect(info.duration ?? 0).toBeGreaterThanOrEqual(0)
    },
  )
})

test.each([
  ['AVI', emptyAvi(), readAvi],
  ['FLV', tinyFlv(), readFlv],
] as const)('any damage of %s ends with facts or a code', (_, good, read) => {
  const random = createRandom(5)
  const seen = new Set<string>()
  for (let n = 0; n < 3000; n++) {
    const bytes = n < 300 ? good.slice(0, n) : mutate(good, good, random)
    try {
      const { video: shown } = read(bytes)
      expect((shown?.width ?? 1) > 0 && (shown?.height ?? 1) > 0).toBe(true)
      seen.add('read')
    } catch (error) {
      if (!(error instanceof NeedsMore)) expect(error).toEqual(CORRUPT)
      seen.add(error instanceof NeedsMore ? 'more' : 'corrupt')
    }
  }
  expect(seen).toContain('read')
  expect(seen).toContain('more')
})
