/** `mediamorph/workers/mozjpeg`: the slowest efforts of JPEG. */
import encoder from '../../wasm/metered/mozjpeg_enc.wasm'

export const mozjpeg: { readonly mozjpeg_enc: WebAssembly.Module } = { mozjpeg_enc: encoder }
