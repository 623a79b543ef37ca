/** One fresh instance of an emscripten module, from a compiled and metered `WebAssembly.Module`. */
import type { WasmName } from '../../platform.ts'
import type { CodecContext } from './codec.ts'
import { ensureImageData } from './image-data.ts'
import type { Instance } from './slot.ts'

interface Overrides {
  readonly noInitialRun: boolean
  locateFile(name: string): string
  print(line: string): void
  printErr(line: string): void
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports
}
/** What the glue of a codec exports. */
export type Factory<T> = (overrides: Overrides) => Promise<T>

/** What the module writes is heard by nobody. */
export async function instantiate<T>(
  factory: unknown,
  name: WasmName,
  context: CodecContext,
): Promise<Instance<T>> {
  ensureImageData()
  const module = await context.loadWasm(name)
  let memory: WebAssembly.Memory | undefined
  const api = await (factory as Factory<T>)({
    noInitialRun: true,
    // Nothing is fetched; where scripts have no address, asking for one fails.
    locateFile: (file) => file,
    print: () => {},
    printErr: () => {},
    instantiateWasm(imports, done) {
      const tick = () => {
        context.tick()
        if (memory) context.memory?.check(memory)
      }
      const instance = new WebAssembly.Instance(module, { ...imports, meter: { tick } })
      memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory)
      done(instance)
      return instance.exports
    },
  })
  return { api, memoryBytes: () => memory?.buffer.byteLength ?? 0 }
}
