/** The parts that a TIFF picture is stored in: strips or tiles, of all samples or of one each. */
import { corrupt } from '../../../media/headers/reader.ts'
import { TAG, type TiffHeader } from '../../../media/headers/tiff.ts'

export interface Block {
  /** Its data, still compressed. */
  readonly data: Uint8Array
  /** Where it lies in the picture. */
  readonly x: number
  readonly y: number
  /** Tiles are stored whole, strips end with the picture. */
  readonly width: number
  readonly height: number
  /** The first of its samples, and how many of them a pixel has in it. */
  readonly sample: number
  readonly samples: number
}

/** Of tiles of 16 by 16, four times what a picture at the usual limit has. Where each lies is read before the first. */
const MOST_BLOCKS = 2 ** 21

/** One after the other: there may be many. @throws CORRUPT_MEDIA when their number or a place is wrong */
export function* blocksOf(bytes: Uint8Array, header: TiffHeader): Generator<Block> {
  const { fields, width, height, block, samples, isPlanar } = header
  const [across, down] = [Math.ceil(width / block.width), Math.ceil(height / block.height)]
  const [planes, each] = isPlanar ? [samples, 1] : [1, samples]
  const count = across * down * planes
  if (count > MOST_BLOCKS) throw corrupt('TIFF', 'it is in more parts than pictures are')
  const [offsetTag, lengthTag] = block.isTile
    ? [TAG.tileOffsets, TAG.tileLengths]
    : [TAG.stripOffsets, TAG.stripLengths]
  const [offsets, lengths] = [fields.all(offsetTag, count), fields.all(lengthTag, count)]
  // One strip needs no length: it goes on to the end.
  if (offsets.length !== count || (lengths.length !== count && count > 1))
    throw corrupt('TIFF', 'it does not say where its pixels are')
  for (const [index, at] of offsets.entries()) {
    const [column, row] = [index % across, Math.floor(index / across) % down]
    const y = row * block.height
    yield {
      data: dataAt(bytes, at, lengths[index] ?? bytes.length),
      x: column * block.width,
      y,
      width: block.width,
      height: block.isTile ? block.height : Math.min(block.height, height - y),
      sample: Math.floor(index / (across * down)),
      samples: each,
    }
  }
}

function dataAt(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (at > bytes.length) throw corrupt('TIFF', 'it is truncated')
  return bytes.subarray(at, at + length)
}
