/** `mediamorph/workers/core`: JPEG, PNG, WebP and GIF, in and out; BMP, icons and TIFF in. */
import core_ from '../../wasm/core/core.wasm'
import jpegTurbo from '../../wasm/jpeg-turbo/jpeg-turbo.wasm'
import lcms2 from '../../wasm/lcms2/lcms2.wasm'

// A type and no interface: only such a one is a table of modules too.
export type CoreModules = {
  readonly core: WebAssembly.Module
  /** Kinds of JPEG that cameras do not make. */
  readonly 'jpeg-turbo': WebAssembly.Module
  /** Colours of profiles that are tables, and of inks. */
  readonly lcms2: WebAssembly.Module
}

export const core: CoreModules = { core: core_, 'jpeg-turbo': jpegTurbo, lcms2 }
