/**
 * HEIC, by libheif of the package libheif-js, which is not part of this one: its licence is the LGPL, and HEVC is patented. It
 * comes from whoever runs the service, and cannot be stopped from inside.
 */
import { MediaError } from '../../../error.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import { checkCodedSizes } from '../../../media/heif/hevc.ts'
import { readHeifPicture } from '../../../media/heif/picture.ts'
import type { HeifFactory } from '../../../platform.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { divideAlpha } from '../divide-alpha.ts'
import { cannotDecode, createSlot } from '../slot.ts'

/** What of its functions is used; pointers and handles are its own. */
interface Heif {
  readonly HEAPU8?: Uint8Array
  readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown }
  readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown }
  readonly heif_channel: { readonly heif_channel_interleaved: unknown }
  readonly heif_error_code: { readonly heif_error_Ok: unknown }
  heif_context_alloc(): unknown
  heif_context_free(context: unknown): void
  heif_context_read_from_memory(context: unknown, bytes: Uint8Array): { readonly code: unknown }
  /** An object with `code` where it failed. */
  heif_js_context_get_primary_image_handle(context: unknown): unknown
  heif_image_handle_is_premultiplied_alpha(handle: unknown): unknown
  heif_image_handle_release(handle: unknown): void
  heif_js_decode_image2(handle: unknown, space: unknown, chroma: unknown): Promise<Decoded> | Decoded
  heif_image_release(image: unknown): void
}
interface Decoded {
  readonly code?: unknown
  readonly image: unknown
  readonly channels: ReadonlyArray<{
    readonly id: unknown
    readonly width: number
    readonly height: number
    /** Bytes of a row. */
    readonly stride: number
    readonly data: Uint8Array
  }>
}

export function createHeicCodec(context: CodecContext): Codec {
  const slot = createSlot(async () => {
    const api = await open(context.loadHeif)
    return { api, memoryBytes: () => api.HEAPU8?.byteLength ?? 0 }
  })
  return {
    format: 'heic',
    async decode(bytes) {
      checkSize(bytes)
      const { bitmap, isMultiplied } = await slot.hold((heif) => decode(heif, bytes), cannotDecode('HEIC'))
      if (isMultiplied) divideAlpha(bitmap, () => context.tick())
      return bitmap
    },
  }
}

const MISSING =
  'Cannot decode HEIC here: it takes the package libheif-js (npm install libheif-js) on Node, Bun or Deno'

async function open(load: (() => Promise<HeifFactory>) | undefined): Promise<Heif> {
  let factory: HeifFactory | undefined
  try {
    factory = await load?.()
  } catch (cause) {
    throw new MediaError('NOT_SUPPORTED_HERE', MISSING, { cause })
  }
  if (!factory) throw new MediaError('NOT_SUPPORTED_HERE', MISSING)
  return (await factory({ print: () => {}, printErr: () => {} })) as Heif
}

/** Bytes of a pixel while it is decoded and copied, and the most that pictures may take of a memory that is not ours to bound. */
const PIXEL_BYTES = 16
const MOST_BYTES = 1024 * 1024 * 1024

/** What the container says is what is coded, and not too much. @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED */
function checkSize(bytes: Uint8Array): void {
  const { width, height } = readHeifPicture(bytes, 'heic')
  const needed = width * height * PIXEL_BYTES
  if (needed > MOST_BYTES)
    throw new MediaError(
      'LIMIT_EXCEEDED',
      'Cannot decode the HEIC: it takes more memory than one picture may have',
      { details: { limit: 'memory', value: needed, maximum: MOST_BYTES } },
    )
  checkCodedSizes(bytes)
}

async function decode(heif: Heif, bytes: Uint8Array): Promise<{ bitmap: Bitmap; isMultiplied: boolean }> {
  const context = heif.heif_context_alloc()
  const read = heif.heif_context_read_from_memory(context, bytes)
  if (read.code !== heif.heif_error_code.heif_error_Ok) throw new Error('libheif cannot read it')
  const handle = heif.heif_js_context_get_primary_image_handle(context)
  if (hasCode(handle)) throw new Error('libheif finds no picture')
  const { heif_colorspace_RGB: rgb } = heif.heif_colorspace
  const decoded = await heif.heif_js_decode_image2(handle, rgb, heif.heif_chroma.heif_chroma_interleaved_RGBA)
  const channel = decoded.channels?.find(({ id }) => id === heif.heif_channel.heif_channel_interleaved)
  if (!channel) throw new Error('libheif cannot decode it')
  const bitmap = packed(channel)
  const isMultiplied = Boolean(heif.heif_image_handle_is_premultiplied_alpha(handle))
  heif.heif_image_release(decoded.image)
  heif.heif_image_handle_release(handle)
  heif.heif_context_free(context)
  return { bitmap, isMultiplied }
}

const hasCode = (value: unknown) =>
  !value || (typeof value === 'object' && 'code' in value && Boolean(value.code))

/** Without what stands between its rows. */
function packed({ width, height, stride, data }: Decoded['channels'][number]): Bitmap {
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let row = 0; row < height; row++)
    pixels.set(data.subarray(row * stride, row * stride + width * 4), row * width * 4)
  return { data: pixels, width, height }
}
