/** Every codec by its format. A new one is a row here. */
import type { FormatName } from '../../../media/format.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { createAvifCodec } from './avif.ts'
import { createBmpCodec } from './bmp.ts'
import { createIcoCodec } from './ico.ts'
import { createJpegCodec } from './jpeg.ts'
import { createSvgCodec } from './svg.ts'

export type Codecs = ReadonlyMap<FormatName, Codec>

/** Modules load on first use. */
export function createCodecs(context: CodecContext): Codecs {
  const makers = [createJpegCodec, createAvifCodec, createSvgCodec, createBmpCodec, createIcoCodec]
  const all = makers.map((create) => create(context))
  return new Map(all.map((codec) => [codec.format, codec]))
}
