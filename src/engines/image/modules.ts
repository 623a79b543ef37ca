/** Which compiled modules stand behind a format. */
import type { FormatName } from '../../media/format.ts'
import type { WasmName } from '../../platform.ts'

interface Needs {
  readonly toRead?: WasmName
  readonly toWrite?: WasmName
}

/** Beside the core, which stands behind all others. */
const NEEDS: Partial<Readonly<Record<FormatName, Needs>>> = {
  avif: { toRead: 'dav1d', toWrite: 'aom' },
  jxl: { toRead: 'jxl_dec', toWrite: 'jxl_enc' },
  svg: { toRead: 'resvg' },
}

/** What can be read and written with these modules; shaped as `Formats` of the plan. */
export function formatsWith(hasWasm: (name: WasmName) => boolean) {
  const has = (name: WasmName = 'core') => hasWasm(name)
  return {
    reads: (format: FormatName) => has(NEEDS[format]?.toRead),
    writes: (format: FormatName) => has(NEEDS[format]?.toWrite),
  }
}
