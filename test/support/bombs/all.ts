/** Small files that mean to become large: built here, byte by byte, format by format. */
import type { Bomb } from './bomb.ts'
import { bmpBombs } from './bmp.ts'
import { heifBombs } from './heif.ts'
import { metadataBombs } from './metadata.ts'
import { gifBombs, webpBombs } from './moving.ts'
import { otherBombs } from './other.ts'
import { pngBombs } from './png.ts'
import { svgBombs } from './svg.ts'
import { tiffBombs } from './tiff.ts'

export const makeBombs = (): Bomb[] => [
  ...pngBombs(),
  ...gifBombs(),
  ...webpBombs(),
  ...tiffBombs(),
  ...bmpBombs(),
  ...heifBombs(),
  ...otherBombs(),
  ...svgBombs(),
  ...metadataBombs(),
]
