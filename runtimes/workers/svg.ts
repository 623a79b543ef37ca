/** `mediamorph/workers/svg`: SVG in. */
import resvg from '../../wasm/metered/resvg.wasm'

export const svg: { readonly resvg: WebAssembly.Module } = { resvg }
