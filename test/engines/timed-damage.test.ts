/** Video and sound, damaged in every way: an answer in time, and the next file is right. `scripts/damage.ts` goes on for longer. */
import { expect, test } from 'vitest'
import { withContainer } from '../../src/engines/video/container/open.ts'
import { probe } from '../../src/engines/probe.ts'
import { bytesOriginal } from '../../src/sources/bytes.ts'
import { TINY_VIDEO } from '../support/tiny-video.ts'
import { createTimedDamage, TIMED } from '../support/timed-damage.ts'

/** Of each format. */
const ROUNDS = 25

test('damaged files of video and sound end with a result or a code', async () => {
  const damage = await createTimedDamage(11)
  const seen = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++)
    for (const format of TIMED) {
      const outcome = await damage.round(format)
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    }
  // All happens: what is damaged is refused, and not everything is.
  expect(seen.get('made') ?? 0).toBeGreaterThan(ROUNDS)
  expect(seen.get('CORRUPT_MEDIA') ?? 0).toBeGreaterThan(ROUNDS / 4)
  await damage.check()
}, 120_000)

test('FLAC without a frame is refused at once, whatever is asked of it', async () => {
  // What it says of itself, and no more.
  const told = [0x12, 0, 0x12, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0xc4, 0x40, 0xf0, 0, 0, 0, 0]
  const bytes = Uint8Array.from([
    ...Buffer.from('fLaC'),
    0x80,
    0,
    0,
    34,
    ...told,
    ...Array(16).fill(0),
    0xff,
    0xf8,
    0,
  ])
  const original = bytesOriginal(bytes, 'memory')
  await expect(probe(original)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  const limits = { signal: new AbortController().signal, bytes: 1000, ms: 1000 }
  const look = withContainer(original, 'flac', limits, (input) => input.computeDuration())
  await expect(look).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
})

test('a source that is waited for is blamed, and a file that makes no sense of itself is not', async () => {
  const slow = {
    ...bytesOriginal(TINY_VIDEO, 'memory'),
    read: () => new Promise<Uint8Array>((resolve) => setTimeout(resolve, 5000, new Uint8Array())),
    stream: () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }),
  }
  const limits = { signal: new AbortController().signal, bytes: 1e6, ms: 200 }
  const waiting = withContainer(slow, 'mkv', limits, (input) => input.computeDuration())
  await expect(waiting).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT', status: 504 })
  const working = withContainer(bytesOriginal(TINY_VIDEO, 'memory'), 'mkv', limits, async (input) => {
    await input.getTracks()
    return new Promise<void>((_, reject) => setTimeout(reject, 400, new Error('the package was disposed of')))
  })
  await expect(working).rejects.toMatchObject({ code: 'TRANSFORM_TIMEOUT' })
})
