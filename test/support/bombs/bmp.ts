/** BMP and icons. */
import { buildBmp, buildDib, buildIcon } from '../bmp.ts'
import { buildPng } from '../png.ts'
import { type Bomb, LIMIT, CORRUPT, UNSUPPORTED, MADE } from './bomb.ts'

export function bmpBombs(): Bomb[] {
  const palette = [[0, 0, 0, 0]]
  const rle = (width: number, height: number, rows: readonly number[]) =>
    buildBmp({ width, height, bits: 8, compression: 1, palette, rows: Uint8Array.from(rows) })
  const png = buildPng({ width: 30_000, height: 30_000, bitDepth: 1, rows: new Uint8Array(10) })
  const dib = { width: 30_000, height: 60_000, bits: 32, rows: new Uint8Array(64) }
  return [
    { name: 'BMP of 30000 x 30000, packed', bytes: rle(30_000, 30_000, [0, 1]), codes: [LIMIT] },
    {
      name: 'BMP of 2^31 - 1 each way',
      bytes: rle(2 ** 31 - 1, 2 ** 31 - 1, [0, 1]),
      codes: [LIMIT, CORRUPT],
    },
    { name: 'BMP upside down, of 2^31 rows', bytes: rle(1, -(2 ** 31), [0, 1]), codes: [LIMIT, CORRUPT] },
    {
      name: 'BMP of a million moves',
      bytes: rle(100, 100, Array.from({ length: 1e6 }, () => [0, 2, 1, 0]).flat()),
      codes: [MADE, CORRUPT],
    },
    {
      name: 'row 19: BMP of 40 bits a pixel',
      bytes: buildBmp({ width: 40, height: 40, bits: 40, rows: new Uint8Array(8000) }),
      codes: [CORRUPT, UNSUPPORTED],
    },
    {
      name: 'row 19: BMP of no bits a pixel',
      bytes: buildBmp({ width: 40, height: 40, bits: 0, rows: new Uint8Array(8000) }),
      codes: [CORRUPT, UNSUPPORTED],
    },
    {
      name: 'row 19: BMP of 65535 bits a pixel',
      bytes: buildBmp({ width: 40, height: 40, bits: 65_535, rows: new Uint8Array(8000) }),
      codes: [CORRUPT, UNSUPPORTED],
    },
    {
      name: 'row 19: BMP with more colours than there are',
      bytes: buildBmp({ width: 4, height: 4, bits: 8, palette, colors: 2 ** 31, rows: new Uint8Array(16) }),
      codes: [CORRUPT, UNSUPPORTED, MADE],
    },
    {
      name: 'ICO with a PNG of 30000 x 30000',
      bytes: buildIcon([{ width: 16, height: 16, file: png }]),
      codes: [LIMIT],
    },
    {
      name: 'ICO with a BMP of 30000 x 30000',
      bytes: buildIcon([{ width: 16, height: 16, file: buildDib(dib) }]),
      codes: [LIMIT],
    },
  ]
}
