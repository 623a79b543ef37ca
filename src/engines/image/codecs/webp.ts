/** WebP by libwebp. */
import decoderGlue from '@jsquash/webp/codec/dec/webp_dec.js'
import encoderGlue from '@jsquash/webp/codec/enc/webp_enc_simd.js'
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { webpIsWhole } from '../../../media/headers/webp.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { instantiate } from '../emscripten.ts'
import { toBitmap } from '../image-data.ts'
import { cannotDecode, cannotMake, createSlot } from '../slot.ts'

interface Decoder {
  decode(bytes: Uint8Array): Bitmap | null
}
interface Encoder {
  encode(data: Uint8ClampedArray, width: number, height: number, options: object): Uint8Array | null
}

/** WebPConfig of libwebp's encode.h; every field must be there. */
const CONFIG = {
  target_size: 0,
  target_PSNR: 0,
  sns_strength: 50,
  filter_strength: 60,
  filter_sharpness: 0,
  filter_type: 1,
  partitions: 0,
  segments: 4,
  pass: 1,
  show_compressed: 0,
  preprocessing: 0,
  autofilter: 0,
  partition_limit: 0,
  alpha_compression: 1,
  alpha_filtering: 1,
  alpha_quality: 100,
  exact: 0,
  image_hint: 0,
  emulate_jpeg_size: 0,
  thread_level: 0,
  low_memory: 0,
  near_lossless: 100,
  use_delta_palette: 0,
  use_sharp_yuv: 0,
}
/** 0 to 6: 2 takes less than half the time of libwebp's default 4, for a few percent more bytes. */
const METHOD = 2
/** Lossless pictures above this take method 0: several times quicker, for half as many bytes again. */
const SLOW_PIXELS = 4_000_000

export function createWebpCodec(context: CodecContext): Codec {
  const decoder = createSlot(() => instantiate<Decoder>(decoderGlue, 'webp_dec', context))
  const encoder = createSlot(() => instantiate<Encoder>(encoderGlue, 'webp_enc_simd', context))
  return {
    format: 'webp',
    async decode(bytes) {
      if (!webpIsWhole(bytes)) throw corrupt('WebP', 'it is truncated')
      return decoder.use((it) => toBitmap(it.decode(bytes)), cannotDecode('WebP'))
    },
    encode({ data, width, height }, { quality = 80, lossless = false }) {
      const options = {
        ...CONFIG,
        quality: lossless ? 75 : quality,
        method: lossless && width * height > SLOW_PIXELS ? 0 : METHOD,
        lossless: lossless ? 1 : 0,
      }
      return encoder.use((it) => it.encode(data, width, height, options)?.slice(), cannotMake('WebP'))
    },
  }
}
