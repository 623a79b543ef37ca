/** What a frame is not decoded from is not given to a decoder; what it is decoded from always is. */
import { BufferSource, Input, MATROSKA, MP4 } from 'mediabunny'
import { describe, expect, test } from 'vitest'
import { cutFrames } from '../../src/engines/video/container/cut.ts'
import {
  dependenceReader,
  disposable,
  type Dependence,
} from '../../src/engines/video/container/disposable.ts'
import { MARKED } from '../../src/engines/video/ffmpeg/arguments.ts'
import { FFMPEG, ffmpeg, hasFfmpeg, makeVideo, RATE } from '../support/videos.ts'

const AVCC = Uint8Array.of(1, 100, 0, 31, 0xff)
const HVCC = new Uint8Array(22).fill(0xff)
/** Units of a byte or two, each behind its length. */
const packet = (...units: number[][]) =>
  Uint8Array.from(units.flatMap((unit) => [0, 0, 0, unit.length, ...unit]))

describe('disposable packets', () => {
  test.each<[string, Uint8Array, boolean]>([
    ['a slice that is a reference', packet([0x41]), true],
    ['a slice that is none', packet([0x01]), false],
    ['a key frame', packet([0x65]), true],
    ['delimiter, message, slices that are none', packet([0x09], [0x06], [0x01], [0x01]), false],
    ['a second field that is a reference', packet([0x01], [0x41]), true],
    ['parameters before a slice that is none', packet([0x68], [0x01]), true],
    ['messages alone', packet([0x06]), true],
    ['a length beyond the end', Uint8Array.of(0, 0, 1, 0, 0x01), true],
    ['a length of nothing', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0x01), true],
    ['nothing', new Uint8Array(), true],
  ])('H.264: %s', (_, bytes, isNeeded) => {
    expect(dependenceReader('avc', AVCC)?.(bytes)).toEqual({ layer: 0, isNeeded })
  })

  test.each<[string, Uint8Array, Dependence]>([
    ['TRAIL_N', packet([0x00, 1]), { layer: 0, isNeeded: false }],
    ['TRAIL_R', packet([0x02, 1]), { layer: 0, isNeeded: true }],
    ['RASL_N of the second layer', packet([0x10, 2]), { layer: 1, isNeeded: false }],
    ['IDR', packet([0x26, 1]), { layer: 0, isNeeded: true }],
    ['parameters before TRAIL_N', packet([0x42, 1], [0x00, 1]), { layer: 0, isNeeded: true }],
    ['message, TRAIL_N', packet([0x4e, 1], [0x00, 1]), { layer: 0, isNeeded: false }],
  ])('HEVC: %s', (_, bytes, expected) => {
    expect(dependenceReader('hevc', HVCC)?.(bytes)).toEqual(expected)
  })

  test('frames of a higher layer may need those below, whatever these say', () => {
    const group = new Map([
      ['low', { layer: 0, isNeeded: false }],
      ['high', { layer: 1, isNeeded: true }],
      ['highest', { layer: 1, isNeeded: false }],
    ])
    expect(disposable(group)).toEqual(['highest'])
  })

  test('without a description, and of other codecs, nothing is said', () => {
    expect(dependenceReader('avc', undefined)).toBeUndefined()
    expect(dependenceReader('vp9', AVCC)).toBeUndefined()
  })
})

/** Luma of the frame that is wanted, and how many packets it was decoded from. */
async function decoded(cut: Uint8Array<ArrayBuffer>): Promise<{ luma: number; packets: number }> {
  const args = ['-f', 'matroska', '-i', 'pipe:0', '-vf', MARKED.join(), '-fps_mode', 'passthrough']
  const [luma = 0] = ffmpeg('yuv', [...args, '-frames:v', '1', '-f', 'rawvideo'], cut)
  const input = new Input({ source: new BufferSource(cut), formats: [MATROSKA] })
  const packets = (await (await input.getPrimaryVideoTrack())?.computePacketStats())?.packetCount ?? 0
  input.dispose()
  return { luma, packets }
}

describe.runIf(hasFfmpeg())(`cuts, with ${FFMPEG}`, () => {
  test.each(['libx264', 'libx265'])(
    '%s: every frame, of fewer packets than stand before it',
    async (encoder) => {
      const codecs = ['-c:v', encoder, '-g', '20', '-bf', '3', '-pix_fmt', 'yuv420p', '-qp', '4']
      const file = makeVideo({ as: 'mp4', codecs, seconds: 1, silent: true })
      const input = new Input({ source: new BufferSource(file), formats: [MP4] })
      const reading = { size: file.length, isIndexed: true, expect: () => undefined }
      let packets = 0
      for (let n = 0; n < RATE; n += 3) {
        const times = [(n + 0.5) / RATE]
        const cut = await decoded((await cutFrames(input, reading, { from: 'mp4', times, bytes: 1e9 })).bytes)
        expect(Math.abs(cut.luma - (16 + n * 2))).toBeLessThan(2)
        packets += cut.packets
      }
      // Of each group of 20: 1 to 20 packets stand before a frame in order of presentation, and some after it.
      expect(packets).toBeLessThan(60)
      input.dispose()
    },
  )
})
