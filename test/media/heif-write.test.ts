/** An AVIF file written box by box: read again by our own reader. The bytes of its pictures are made up. */
import { describe, expect, test } from 'vitest'
import { readHeifPicture } from '../../src/media/heif/picture.ts'
import { writeAvif } from '../../src/media/heif/write.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'

/** A delimiter, then a sequence header (profile 1, a reduced still, level 9), then whatever. */
const DELIMITER = [0x12, 0]
const HEADER = [0x0a, 3, 0x3a, 0x40, 0x55]
const coded = (...rest: number[]) => Uint8Array.from([...DELIMITER, ...HEADER, ...rest])
const colors = { primaries: 1, transfer: 13, matrix: 6, isFullRange: true }

describe('writeAvif', () => {
  test('a picture and its alpha', () => {
    const color = { unit: coded(1, 2, 3), layout: '4:2:0' } as const
    const alpha = { unit: coded(4, 5), layout: 'grey' } as const
    const file = writeAvif({ width: 300, height: 70_000, color, colors, alpha })
    const read = readHeifPicture(file, 'avif')
    expect(read).toMatchObject({ width: 300, height: 70_000, isPremultiplied: false })
    expect(read.color.colors).toEqual(colors)
    // Without the delimiter, which the format does not want.
    expect([...(read.color.tiles[0]?.bytes ?? [])]).toEqual([...HEADER, 1, 2, 3])
    expect([...(read.alpha?.tiles[0]?.bytes ?? [])]).toEqual([...HEADER, 4, 5])
    expect(readWholeInfo('avif', file)).toMatchObject({ width: 300, height: 70_000, orientation: 1 })
  })

  test('a picture alone says what its planes are', () => {
    const configuration = (layout: 'grey' | '4:2:0' | '4:4:4') => {
      const file = writeAvif({ width: 1, height: 1, color: { unit: coded(), layout }, colors })
      expect(readHeifPicture(file, 'avif').alpha).toBeUndefined()
      const at = Buffer.from(file).indexOf('av1C') + 4
      return [...file.subarray(at, at + 4)]
    }
    expect(configuration('4:2:0')).toEqual([0x81, 0x29, 0x0c, 0])
    expect(configuration('4:4:4')).toEqual([0x81, 0x29, 0, 0])
    expect(configuration('grey')).toEqual([0x81, 0x29, 0x1c, 0])
  })

  test('refuses what is no still', () => {
    const write = (unit: Uint8Array) =>
      writeAvif({ width: 1, height: 1, color: { unit, layout: '4:2:0' }, colors })
    for (const unit of [
      new Uint8Array(),
      Uint8Array.of(0x12),
      Uint8Array.of(0x0a, 2, 0, 0),
      coded().slice(4),
    ])
      expect(() => write(unit)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})
