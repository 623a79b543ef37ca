/** Peaks of samples: never more than asked for, whatever comes; and samples as every codec of PCM stores them. */
import { describe, expect, test } from 'vitest'
import { createPeaks } from '../../src/engines/video/waveform/peaks.ts'
import { isPcm, mixPcm } from '../../src/engines/video/waveform/pcm.ts'

function peaksOf(samples: readonly number[], most: number, expected?: number) {
  const peaks = createPeaks(most, expected)
  for (const sample of samples) peaks.add(sample)
  return peaks.finish(1000)
}

describe('peaks', () => {
  test('lowest and highest of each stretch', () => {
    expect(peaksOf([0, 0.5, -0.5, 0.25, -1, 1], 3, 6)).toEqual({
      version: 2,
      channels: 1,
      sample_rate: 1000,
      samples_per_pixel: 2,
      bits: 8,
      length: 3,
      data: [0, 64, -64, 32, -128, 127],
    })
  })

  test('a last stretch may be shorter, and there may be fewer', () => {
    expect(peaksOf([0.5, 0.5, 0.5, 0.25], 3, 5)).toMatchObject({ samples_per_pixel: 2, length: 2 })
    expect(peaksOf([0.5, 0.5, 0.25], 2, 3).data).toEqual([64, 64, 32, 32])
    expect(peaksOf([], 10, 100)).toMatchObject({ length: 0, data: [] })
  })

  test('what comes behind the end does not count', () => {
    expect(peaksOf([0, 0, 0, 0, 1, 1], 2, 4)).toMatchObject({ samples_per_pixel: 2, data: [0, 0, 0, 0] })
  })

  test.each([1, 2, 3, 7, 10])('of unknown length, %i at most, of equal stretches', (most) => {
    for (const count of [1, 5, 10, 33, 100, 1023]) {
      const samples = Array.from({ length: count }, (_, at) => at / 2000)
      const { length, data, samples_per_pixel: each } = peaksOf(samples, most)
      expect(length).toBe(Math.ceil(count / each))
      expect(length).toBeLessThanOrEqual(most)
      const expected = Array.from({ length }, (_, at) => {
        const part = samples.slice(at * each, (at + 1) * each)
        return [Math.min(...part), Math.max(...part)].map((value) => Math.round(value * 128))
      })
      expect(data).toEqual(expected.flat())
    }
  })
})

describe('samples', () => {
  const bytes = (size: number, write: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(size))
    write(view)
    return new Uint8Array(view.buffer)
  }
  test.each<[string, Uint8Array, number]>([
    ['pcm-u8', Uint8Array.of(0x40), -0.5],
    ['pcm-s8', Uint8Array.of(0xc0), -0.5],
    ['pcm-s16', Uint8Array.of(0, 0xc0), -0.5],
    ['pcm-s16be', Uint8Array.of(0x40, 0), 0.5],
    ['pcm-s24', Uint8Array.of(0, 0, 0xc0), -0.5],
    ['pcm-s24be', Uint8Array.of(0xc0, 0, 0), -0.5],
    ['pcm-s32', Uint8Array.of(0, 0, 0, 0x40), 0.5],
    ['pcm-s32be', Uint8Array.of(0xc0, 0, 0, 0), -0.5],
    ['pcm-f32', bytes(4, (view) => view.setFloat32(0, -0.5, true)), -0.5],
    ['pcm-f32be', bytes(4, (view) => view.setFloat32(0, NaN)), 0],
    ['pcm-f64', bytes(8, (view) => view.setFloat64(0, 7, true)), 1],
    ['pcm-f64be', bytes(8, (view) => view.setFloat64(0, 0.5)), 0.5],
  ])('%s', (codec, stored, expected) => {
    expect([isPcm(codec), isPcm('aac'), isPcm(null)]).toEqual([true, false, false])
    const found: number[] = []
    mixPcm({ codec, channels: 1 }, stored, [0, Infinity], (sample) => found.push(sample))
    expect(found).toEqual([expected])
  })

  test('channels are mixed, and a part is a part', () => {
    const stored = Uint8Array.of(0x80, 0xc0, 0x00, 0x80, 0xc0, 0xc0, 0xff)
    const found: number[] = []
    mixPcm({ codec: 'pcm-u8', channels: 2 }, stored, [1, 9], (sample) => found.push(sample))
    expect(found).toEqual([-0.5, 0.5])
  })
})
