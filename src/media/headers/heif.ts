/** Headers of AVIF and HEIC: HEIF (ISO/IEC 23008-12) item properties of the primary item. */
import { children, find, topBox, type Box } from '../heif/boxes.ts'
import { readPrimary } from '../heif/items.ts'
import { readAperture, readExtent, readProperties } from '../heif/properties.ts'
import type { ImageInfo, Orientation } from '../info.ts'
import { displaySize } from './exif.ts'
import { createReader, type Reader } from './reader.ts'

/** @throws NeedsMore, CORRUPT_MEDIA */
export const readAvif = (bytes: Uint8Array): ImageInfo => readHeif(bytes, 'avif')

/** Its decoder turns it: the pixels come upright. @throws NeedsMore, CORRUPT_MEDIA */
export const readHeic = (bytes: Uint8Array): ImageInfo => ({ ...readHeif(bytes, 'heic'), orientation: 1 })

function readHeif(bytes: Uint8Array, format: 'avif' | 'heic'): ImageInfo {
  const r = createReader(bytes)
  const meta = topBox(r, 'meta')
  r.u8(meta.end - 1)
  const boxes = children(r, meta.start + 4, meta.end)
  const { all, of } = readProperties(r, boxes)
  const hasAlpha = all.some(
    (box) => box.type === 'auxC' && /alpha|auxid:1/.test(r.text(box.start + 4, box.end - box.start - 4)),
  )
  const animated = ['avis', 'hevc', 'hevx'].includes(r.text(8, 4))
  return describe(r, of(readPrimary(r, boxes)), { format, hasAlpha, animated })
}

function describe(
  r: Reader,
  properties: readonly Box[],
  known: Pick<ImageInfo, 'format' | 'hasAlpha' | 'animated'>,
): ImageInfo {
  const whole = readExtent(r, properties)
  const { width, height } = readAperture(r, properties, whole) ?? whole
  const pixi = find(properties, 'pixi')
  const [irot, imir] = [find(properties, 'irot'), find(properties, 'imir')]
  const orientation = toExif(irot ? r.u8(irot.start) & 3 : 0, imir ? r.u8(imir.start) & 1 : undefined)
  return {
    class: 'image',
    ...known,
    ...displaySize(width, height, orientation),
    orientation,
    frames: 1,
    bitDepth: pixi ? r.u8(pixi.start + 5) : 8,
    colorModel: 'ycbcr',
  }
}

/** irot counts quarter turns anticlockwise; imir 0 mirrors top and bottom, 1 left and right, after turning. */
function toExif(turns: number, mirror: number | undefined): Orientation {
  const table = mirror === undefined ? [1, 8, 3, 6] : mirror === 1 ? [2, 7, 4, 5] : [4, 5, 2, 7]
  return table[turns] as Orientation
}
