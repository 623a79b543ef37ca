/** Profiles that are damaged or meant to harm: they cost themselves, never the picture. */
import { describe, expect, test } from 'vitest'
import { openTable } from '../../src/engines/image/color/lcms.ts'
import { createTables } from '../../src/engines/image/color/tables.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { readTableProfile } from '../../src/media/color/tables.ts'
import { rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'
import {
  buildProfile,
  cmykProfile,
  grayProfile,
  jpegWithProfile,
  labTable,
  rgbTableProfile,
  rgbTableV4Profile,
} from '../support/profiles.ts'
import { flipped } from '../support/rare-jpegs.ts'

const module = await loadWasm('lcms2')
const never = { tick: () => {} }
const given = (profile: Uint8Array) => readTableProfile(profile)!
const all = Uint8ClampedArray.from({ length: 64 * 1024 }, (_, i) => (i * 7919) % 256)
const pixels = () => all.slice()
const isSame = (a: Uint8ClampedArray, b: Uint8ClampedArray) =>
  Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) === 0
const grayTable = buildProfile({ space: 'GRAY', tags: { A2B0: labTable(8, 1, 5, (v) => [100 * v, 0, 0]) } })

/** Half of the time where it says what it is made of. */
function damaged(profile: Uint8Array, seed: number): Uint8Array {
  const head = Math.min(300, profile.length)
  if (seed % 2) return flipped(profile, seed, 1 + (seed % 6))
  return Uint8Array.from([...flipped(profile.slice(0, head), seed, 1 + (seed % 4)), ...profile.slice(head)])
}

describe('flipped bits', () => {
  test.each([
    ['grey', grayProfile(), 250],
    ['a table of grey', grayTable, 120],
    ['a table of RGB', rgbTableProfile(8), 15],
    ['a table of RGB of version 4', rgbTableV4Profile(), 15],
    ['a table of inks', cmykProfile(8), 12],
  ] as const)('%s: it is read, or it is none', (_, profile, count) => {
    const seen = { read: 0, none: 0 }
    for (let seed = 0; seed < count; seed++) {
      const found = readTableProfile(damaged(profile, seed))
      const table = found && openTable(module, never, found)
      if (table) expect(table.convert(all.slice(0, 4096))).toBeLessThanOrEqual(4096)
      seen[table ? 'read' : 'none']++
    }
    expect(seen.read).toBeGreaterThan(count / 10)
    expect(seen.none + seen.read).toBe(count)
  })

  test('thousands more: what is handed on is whole, as far as it says', () => {
    for (const profile of [grayProfile(), rgbTableV4Profile(), cmykProfile(8)])
      for (let seed = 0; seed < 1000; seed++) {
        const found = readTableProfile(damaged(profile, seed))
        if (!found) continue
        const view = new DataView(found.bytes.buffer)
        expect(view.getUint32(0)).toBe(found.bytes.length)
        for (let i = 0; i < view.getUint32(128); i++)
          expect(view.getUint32(136 + 12 * i) + view.getUint32(140 + 12 * i)).toBeLessThanOrEqual(
            found.bytes.length,
          )
      }
  })

  test('cut anywhere', () => {
    for (const profile of [grayProfile(), rgbTableV4Profile()])
      for (let end = 0; end < profile.length; end += 11) {
        const found = readTableProfile(profile.subarray(0, end))
        if (found) openTable(module, never, found)
      }
  })
})

/** A grid so large that its values would fill the memory, of which there are none. */
const huge = (() => {
  const tag = labTable(8, 3, 5, () => [50, 0, 0]).slice()
  tag[10] = 255
  return buildProfile({ space: 'RGB ', tags: { A2B0: tag } })
})()

describe('a picture', () => {
  const run = createImageWorker({ loadWasm, tick: () => {} })
  const size = { width: 48, height: 36 }
  const show = async (bytes: Uint8Array) => {
    const recipe = { kind: 'image', from: 'jpeg', orient: 1, to: 'png', ...size } as const
    return (await rgba((await run({ recipe, bytes: Uint8Array.from(bytes), pixels: 1e6, frames: 1 })).body))
      .data
  }

  test.each([
    ['a grid that is not there', huge],
    ['no table', buildProfile({ space: 'RGB ', tags: {} })],
    [
      'a table of another space',
      buildProfile({ space: 'RGB ', tags: { A2B0: labTable(8, 4, 2, () => [50, 0, 0]) } }),
    ],
    ['noise', Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 7919) % 251)],
  ])('with %s looks as without a profile', async (_, profile) => {
    const plain = await picture(size).jpeg({ quality: 95 }).toBuffer()
    expect(Buffer.compare(await show(jpegWithProfile(plain, profile)), await show(plain))).toBe(0)
  })

  test('of inks with a profile that breaks looks as without one', async () => {
    const profile = huge.slice()
    profile.set(Buffer.from('CMYK'), 16)
    const plain = await picture(size).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()
    expect(Buffer.compare(await show(jpegWithProfile(plain, profile)), await show(plain))).toBe(0)
  })
})

describe('a table', () => {
  test('is stopped by tick, and converts as before afterwards', () => {
    let left = Infinity
    const tick = () => {
      if (left-- <= 0) throw new Stopped()
    }
    const table = openTable(module, { tick }, given(rgbTableProfile()))!
    const [once, twice, other] = [pixels(), pixels(), pixels()]
    table.convert(once)
    left = 1
    expect(() => table.convert(other)).toThrow(Stopped)
    left = Infinity
    expect(table.convert(twice)).toBe(twice.length)
    expect(isSame(twice, once)).toBe(true)
    expect(isSame(twice, pixels())).toBe(false)
  })

  test('is opened once for a profile, and is another for another', async () => {
    const open = createTables({ loadWasm, ...never })
    const first = await open(given(grayProfile(1.2)))
    expect(await open(given(grayProfile(3)))).not.toBe(first)
    expect(await open(given(grayProfile(1.2)))).toBe(first)
    for (const gamma of [1, 1.5, 2, 2.5]) await open(given(grayProfile(gamma)))
    expect(await open(given(grayProfile(1.2)))).not.toBe(first)
  })

  test('of inks takes little memory', () => {
    expect(openTable(module, never, given(cmykProfile()))!.memoryBytes).toBeLessThan(8 * 1024 * 1024)
  })

  test('is handed nothing but what it needs', () => {
    const profile = buildProfile({
      space: 'RGB ',
      tags: {
        desc: Buffer.from('desc\0\0\0\0hidden text'),
        D2B0: Buffer.from('mpet\0\0\0\0hidden steps'),
        A2B0: labTable(8, 3, 2, () => [50, 0, 0]),
        kTRC: Buffer.from('mpet\0\0\0\0hidden steps'),
      },
    })
    const { bytes, space } = given(profile)
    expect(space).toBe('rgb')
    expect(Buffer.from(bytes).includes('hidden')).toBe(false)
    expect(Buffer.from(bytes).includes('mft1')).toBe(true)
  })
})
