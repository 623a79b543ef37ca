/** JPEG by MozJPEG, in its fast settings: no trellis, no progressive scans. */
import decoderGlue from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'
import encoderGlue from '@jsquash/jpeg/codec/enc/mozjpeg_enc.js'
import { MediaError } from '../../../error.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { jpegIsWhole } from '../../../media/headers/jpeg.ts'
import { readWholeInfo } from '../../../media/read-info.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { instantiate } from '../emscripten.ts'
import { toBitmap } from '../image-data.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'

interface Decoder {
  decode(bytes: Uint8Array, applyOrientation: boolean): Bitmap | null
}
interface Encoder {
  encode(data: Uint8ClampedArray, width: number, height: number, options: object): Uint8Array
}

/** Every field must be there: the glue reads a C struct. */
const FAST = {
  baseline: false,
  arithmetic: false,
  progressive: false,
  optimize_coding: true,
  smoothing: 0,
  /** YCbCr. */
  color_space: 3,
  /** MozJPEG's own table, made for photographs. */
  quant_table: 3,
  trellis_multipass: false,
  trellis_opt_zero: false,
  trellis_opt_table: false,
  trellis_loops: 1,
  /** 4:2:0 at every quality. */
  auto_subsample: false,
  chroma_subsample: 2,
  separate_chroma_quality: false,
  chroma_quality: 75,
}

export function createJpegCodec(context: CodecContext): Codec {
  let complaints: string[] = []
  const decoder = createSlot(() =>
    instantiate<Decoder>(decoderGlue, 'mozjpeg_dec', context, (line) => complaints.push(line)),
  )
  const encoder = createSlot(() => instantiate<Encoder>(encoderGlue, 'mozjpeg_enc', context))
  return {
    format: 'jpeg',
    async decode(bytes) {
      checkKind(bytes)
      return decoder.use((it) => {
        complaints = []
        const bitmap = toBitmap(it.decode(bytes, false))
        if (complaints.some(isLoss)) throw corrupt('JPEG', 'its data is damaged or not all there')
        return bitmap
      }, cannotDecode('JPEG'))
    },
    encode: ({ data, width, height }, { quality = 80 }) =>
      encoder.use(
        (it) => it.encode(data, width, height, { ...FAST, quality, chroma_quality: quality }).slice(),
        cannotMake('JPEG'),
      ),
  }
}

/** libjpeg fills what is missing with grey, writes one warning and goes on. Stray bytes between segments cost no pixels. */
function isLoss(line: string): boolean {
  return /corrupt|premature|inconsistent/i.test(line) && !/extraneous bytes/i.test(line)
}

function checkKind(bytes: Uint8Array): void {
  const info = readWholeInfo('jpeg', bytes)
  if (info.class === 'image' && info.colorModel === 'cmyk')
    throw new MediaError('UNSUPPORTED_CODEC', 'Cannot decode CMYK: this version reads RGB and grey')
  if (!jpegIsWhole(bytes)) throw corrupt('JPEG', 'it is truncated')
}
