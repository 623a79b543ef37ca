/** JPEG and JPEG XL: headers. */
import { packBits, SIGNATURE, type Fields } from '../jxl.ts'
import { type Bomb, LIMIT, CORRUPT } from './bomb.ts'

/** 30 bits for each side; the rest is usual. */
const jxl = (height: number, width: number): Fields => [
  [0, 1],
  [3, 2],
  [height - 1, 30],
  [0, 3],
  [3, 2],
  [width - 1, 30],
  [1, 1],
]

export function otherBombs(): Bomb[] {
  const jpeg = (height: number, width: number, ...before: number[]) =>
    Uint8Array.from([
      0xff,
      0xd8,
      ...before,
      0xff,
      0xc2,
      0,
      11,
      8,
      height >> 8,
      height & 255,
      width >> 8,
      width & 255,
      1,
      1,
      0x11,
      0,
      0xff,
      0xda,
      0,
      8,
      1,
      1,
      0,
      0,
      0,
      0,
      0,
      0xff,
      0xd9,
    ])
  return [
    {
      name: 'JXL of 2^30 each way',
      bytes: packBits([...SIGNATURE, ...jxl(2 ** 30, 2 ** 30)]),
      codes: [LIMIT],
    },
    {
      name: 'JXL of 9999 x 9999 that holds nothing',
      bytes: packBits([...SIGNATURE, ...jxl(9999, 9999)]),
      codes: [LIMIT, CORRUPT],
    },
    { name: 'JPEG of 65535 x 65535', bytes: jpeg(65_535, 65_535), codes: [LIMIT] },
    { name: 'JPEG of 9999 x 9999 that holds nothing', bytes: jpeg(9999, 9999), codes: [CORRUPT, LIMIT] },
    {
      name: 'JPEG behind 100,000 fill bytes',
      bytes: jpeg(65_535, 65_535, ...Array.from({ length: 1e5 }, () => 0xff)),
      codes: [LIMIT],
    },
  ]
}
