/** Every compiled module by name. Workers may not compile at run time, so each is a static import. */
import aom from '../../wasm/aom/aom.wasm'
import core from '../../wasm/core/core.wasm'
import dav1d from '../../wasm/dav1d/dav1d.wasm'
import jpegTurbo from '../../wasm/jpeg-turbo/jpeg-turbo.wasm'

import resvg from '../../wasm/metered/resvg.wasm'

export const MODULES: Readonly<Record<string, WebAssembly.Module>> = {
  aom,
  core,
  dav1d,
  'jpeg-turbo': jpegTurbo,
  resvg,
}
