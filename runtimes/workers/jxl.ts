/** `mediamorph/workers/jxl`: JPEG XL in, and out where the configuration enables it. */
import decoder from '../../wasm/metered/jxl_dec.wasm'
import encoder from '../../wasm/metered/jxl_enc.wasm'

export const jxl: { readonly jxl_dec: WebAssembly.Module; readonly jxl_enc: WebAssembly.Module } = {
  jxl_dec: decoder,
  jxl_enc: encoder,
}
