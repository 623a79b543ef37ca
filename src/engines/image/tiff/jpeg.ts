/** JPEG inside of TIFF: Adobe's Technical Note 2. Each block is a file of its own whose tables may lie elsewhere. */
import { invertInks, type Bitmap, type Inks } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { TAG, type TiffHeader } from '../../../media/headers/tiff.ts'
import { readWholeInfo } from '../../../media/read-info.ts'
import type { Block } from './blocks.ts'

/** A JPEG file as pixels. */
export type DecodeJpeg = (
  bytes: Uint8Array,
  size: { width: number; height: number },
) => Promise<Bitmap | Inks>

const START = Uint8Array.of(0xff, 0xd8)
/** Adobe's APP14 with a transform of 0: the components are red, green and blue. */
const RGB = Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0)

/** @throws CORRUPT_MEDIA when it is not as large as its block, before anything is decoded */
export async function decodeJpegBlock(
  bytes: Uint8Array,
  header: TiffHeader,
  block: Block,
  decodeJpeg: DecodeJpeg,
): Promise<Bitmap | Inks> {
  const { data, width, height } = block
  if (data[0] !== 0xff || data[1] !== 0xd8) throw corrupt('TIFF', 'a part of it is no JPEG')
  const parts = [
    START,
    header.color === 'rgb' ? RGB : new Uint8Array(),
    tablesOf(bytes, header),
    data.subarray(2),
  ]
  const file = joined(parts)
  const info = readWholeInfo('jpeg', file)
  if (info.class !== 'image' || info.width !== width || info.height !== height)
    throw corrupt('TIFF', 'a part of it has another size than was said')
  if ((info.colorModel === 'cmyk') !== (header.color === 'cmyk'))
    throw corrupt('TIFF', 'a part of it has other colours than was said')
  const decoded = await decodeJpeg(file, { width, height })
  // Here 0 is no ink, as elsewhere in TIFF.
  return 'inks' in decoded ? { ...decoded, inks: invertInks(decoded.inks) } : decoded
}

/** Without the marks of beginning and end. */
function tablesOf(bytes: Uint8Array, { fields }: TiffHeader): Uint8Array {
  const place = fields.place(TAG.jpegTables)
  if (!place) return new Uint8Array()
  const { at, length } = place
  if (length < 4 || at + length > bytes.length) throw corrupt('TIFF', 'its JPEG tables are not all there')
  return bytes.subarray(at + 2, at + length - 2)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
