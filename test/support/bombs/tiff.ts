/** TIFF: every compression, strips, samples and pages. */
import { buildPages, buildTiff } from '../tiff.ts'
import { type Bomb, LIMIT, CORRUPT, UNSUPPORTED, MADE, zeros } from './bomb.ts'

export function tiffBombs(): Bomb[] {
  const large = { width: 10_000, height: 10_000 }
  const packed = zeros(1e6)
  const runs = Uint8Array.from({ length: 200_000 }, (_, at) => (at % 2 ? 0 : 0x81))
  const sixteen = {
    ...large,
    samples: 16,
    bits: 16,
    photometric: 2,
    fields: { 258: Array.from({ length: 16 }, () => 16) },
  }
  const compressions = [5, 7, 8, 32_773, 32_946, 2, 3, 4].map((compression): Bomb => ({
    name: `TIFF of 65535 x 65535, compression ${compression}`,
    bytes: buildTiff({
      width: 65_535,
      height: 65_535,
      samples: 1,
      bits: compression < 5 ? 1 : 8,
      compression,
      blocks: [packed],
    }),
    codes: [LIMIT, UNSUPPORTED],
  }))
  const one = { width: 1, height: 1, samples: 1, blocks: [Uint8Array.of(0)] }
  const many = Array.from({ length: 2 ** 21 + 1 }, () => one.blocks[0]!)
  const strips = buildTiff({ ...one, height: many.length, blocks: many, fields: { 278: [1] } })
  return [
    ...compressions,
    ...[5, 8, 32_773].map((compression): Bomb => ({
      name: `TIFF of 16 samples of 16 bit, compression ${compression}`,
      bytes: buildTiff({ ...sixteen, compression, blocks: [compression === 32_773 ? runs : packed] }),
      codes: [LIMIT],
    })),
    {
      name: 'TIFF whose strip goes on for 96 MB',
      bytes: buildTiff({ ...one, compression: 8, blocks: [zeros(96_000_000)] }),
      codes: [MADE],
    },
    { name: 'TIFF in two million strips', bytes: strips, codes: [CORRUPT] },
    {
      name: 'TIFF of 2,000 pages',
      bytes: buildPages(Array.from({ length: 2000 }, () => one)),
      codes: [MADE, LIMIT],
    },
    {
      name: 'TIFF whose tile is 2^31 wide',
      bytes: buildTiff({ ...one, fields: { 322: [60_000], 323: [60_000] } }),
      codes: [CORRUPT],
    },
  ]
}
