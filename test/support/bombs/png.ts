/** PNG and APNG: pixels, profiles, texts and frames. */
import { buildPng, pngChunk } from '../png.ts'
import { deflateSync } from 'node:zlib'
import { type Bomb, LIMIT, CORRUPT, MADE, latin, zeros, be32 } from './bomb.ts'

/** A bomb of zlib stands in a chunk, not in the pixels. */
const inChunk = (type: string, before: string, packed: Uint8Array) =>
  buildPng({
    width: 2,
    height: 2,
    rows: new Uint8Array(6),
    extra: [pngChunk(type, Buffer.concat([latin(before), packed]))],
  })

export function pngBombs(): Bomb[] {
  const packed = zeros(96_000_000)
  const ihdr = (width: number, height: number) => [...be32(width), ...be32(height), 8, 2, 0, 0, 0]
  const bare = (width: number, height: number, ...chunks: Uint8Array[]) =>
    Buffer.concat([
      latin('\x89PNG\r\n\x1a\n'),
      pngChunk('IHDR', Uint8Array.from(ihdr(width, height))),
      ...chunks,
      pngChunk('IEND', new Uint8Array()),
    ])
  const idat = pngChunk('IDAT', packed)
  const control = (at: number) =>
    pngChunk(
      'fcTL',
      Uint8Array.from([...be32(at), ...be32(2), ...be32(2), ...be32(0), ...be32(0), 0, 1, 0, 1, 0, 0]),
    )
  const frames = (count: number) => Array.from({ length: count }, (_, at) => control(at))
  const acTL = (count: number) => pngChunk('acTL', Uint8Array.from([...be32(count), 0, 0, 0, 0]))
  const texts = Array.from({ length: 64 }, () =>
    pngChunk('zTXt', Buffer.concat([latin('Raw profile type exif\0\0'), packed.subarray(0, 20_000)])),
  )
  const small = pngChunk('IDAT', deflateSync(Buffer.alloc(14)))
  return [
    { name: 'row 38: PNG of 65536 x 65536', bytes: bare(65_536, 65_536, idat), codes: [LIMIT] },
    {
      name: 'PNG of 2^31 - 1 each way',
      bytes: bare(2 ** 31 - 1, 2 ** 31 - 1, idat),
      codes: [LIMIT, CORRUPT],
    },
    { name: 'PNG whose pixels go on for 96 MB', bytes: bare(2, 2, idat), codes: [CORRUPT, MADE] },
    { name: 'PNG with a profile of 96 MB', bytes: inChunk('iCCP', 'x\0\0', packed), codes: [MADE] },
    {
      name: 'PNG with zTXt of 96 MB',
      bytes: inChunk('zTXt', 'Raw profile type exif\0\0', packed),
      codes: [MADE],
    },
    {
      name: 'PNG with iTXt of 96 MB',
      bytes: inChunk('iTXt', 'XML:com.adobe.xmp\0\x01\0\0\0', packed),
      codes: [MADE],
    },
    { name: 'PNG with 64 texts of 20 MB', bytes: bare(2, 2, ...texts, small), codes: [MADE] },
    {
      name: 'PNG with 20,000 empty chunks',
      bytes: bare(2, 2, ...Array.from({ length: 20_000 }, () => pngChunk('tEXt', latin('a\0'))), small),
      codes: [MADE],
    },
    {
      name: 'APNG that announces 2^31 - 1 frames',
      bytes: bare(2, 2, acTL(2 ** 31 - 1), small),
      codes: [LIMIT],
    },
    {
      name: 'APNG of 5,000 frames',
      bytes: bare(2, 2, acTL(2), ...frames(5000), small),
      codes: [LIMIT, CORRUPT, MADE],
      moving: [LIMIT],
    },
  ]
}
