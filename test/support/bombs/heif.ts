/** AVIF and HEIC: sizes, grids and properties. */
import { box as avifBox, grid, ispe, makeAvif, type AvifItem } from '../avif-files.ts'
import { type Bomb, LIMIT, CORRUPT, latin } from './bomb.ts'

const coded = (id: number, width: number, height: number) =>
  ({ id, type: 'av01', bytes: [18, 0, 10, 1], properties: [ispe(width, height)] }) as const

export function heifBombs(): Bomb[] {
  const words = latin('urn:mpeg:mpegB:cicp:systems:auxiliary:beta\0')
  const long = avifBox(
    'auxC',
    [0, 0, 0, 0],
    Array.from({ length: 400_000 }, (_, at) => words[at] ?? 65),
  )
  const tiles = (count: number) => Array.from({ length: count }, () => 2)
  const part = { ...coded(2, 64, 64), bytes: Array.from({ length: 60_000 }, () => 0), isSplit: true }
  const gridOf = (rows: number, columns: number, side: number) => {
    const [width, height] = [columns * side, rows * side]
    const all: AvifItem = {
      id: 1,
      type: 'grid',
      bytes: grid(rows, columns, width, height),
      properties: [ispe(width, height)],
    }
    const tile = { ...part, properties: [ispe(side, side)] }
    return makeAvif([all, tile], [{ type: 'dimg', from: 1, to: tiles(rows * columns) }])
  }
  return [
    { name: 'row 38: AVIF of 17000 x 17000', bytes: makeAvif([coded(1, 17_000, 17_000)]), codes: [LIMIT] },
    {
      name: 'AVIF of 2^32 - 1 each way',
      bytes: makeAvif([coded(1, 2 ** 32 - 1, 2 ** 32 - 1)]),
      codes: [LIMIT],
    },
    {
      name: 'AVIF of 9000 x 9000 that holds nothing',
      bytes: makeAvif([coded(1, 9000, 9000)]),
      codes: [CORRUPT, LIMIT],
    },
    { name: 'AVIF with 65,280 tiles of a pixel', bytes: gridOf(255, 256, 1), codes: [CORRUPT] },
    { name: 'AVIF that names one tile 9,216 times', bytes: gridOf(96, 96, 64), codes: [CORRUPT, LIMIT] },
    {
      name: 'AVIF with a name of 400 kB',
      bytes: makeAvif([{ ...coded(1, 8, 8), properties: [ispe(8, 8), long] }]),
      codes: [CORRUPT],
    },
    {
      name: 'HEIC of 30000 x 30000',
      bytes: makeAvif([{ ...coded(1, 30_000, 30_000), type: 'hvc1' }], [], 'heic'),
      codes: [LIMIT],
    },
  ]
}
