/** `mediamorph/workers/avif`: AVIF in and out. */
import aom from '../../wasm/aom/aom.wasm'
import { avifDecoder } from './avif-decoder.ts'

export const avif: typeof avifDecoder & { readonly aom: WebAssembly.Module } = {
  ...avifDecoder,
  aom,
}
