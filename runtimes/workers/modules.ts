/** Every compiled module by name. Workers may not compile at run time, so each is a static import. */
import core from '../../wasm/core/core.wasm'
import dav1d from '../../wasm/dav1d/dav1d.wasm'
import jpegTurbo from '../../wasm/jpeg-turbo/jpeg-turbo.wasm'
import avifEncoder from '../../wasm/metered/avif_enc.wasm'
import jxlDecoder from '../../wasm/metered/jxl_dec.wasm'
import jxlEncoder from '../../wasm/metered/jxl_enc.wasm'
import mozjpegEncoder from '../../wasm/metered/mozjpeg_enc.wasm'

import resvg from '../../wasm/metered/resvg.wasm'

export const MODULES: Readonly<Record<string, WebAssembly.Module>> = {
  core,
  dav1d,
  avif_enc: avifEncoder,
  'jpeg-turbo': jpegTurbo,
  jxl_dec: jxlDecoder,
  jxl_enc: jxlEncoder,
  mozjpeg_enc: mozjpegEncoder,
  resvg,
}
