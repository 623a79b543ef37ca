/** `mediamorph/workers/avif-decoder`: AVIF in. */
import dav1d from '../../wasm/dav1d/dav1d.wasm'

export const avifDecoder: { readonly dav1d: WebAssembly.Module } = { dav1d }
