/** `mediamorph/workers/avif`: AVIF in and out. */
import avifEncoder from '../../wasm/metered/avif_enc.wasm'
import { avifDecoder } from './avif-decoder.ts'

export const avif: typeof avifDecoder & { readonly avif_enc: WebAssembly.Module } = {
  ...avifDecoder,
  avif_enc: avifEncoder,
}
