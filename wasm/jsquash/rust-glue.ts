/* oxlint-disable no-underscore-dangle -- the names that wasm-bindgen gives its exports */
/** What modules made by wasm-bindgen share: how arrays go in and come out. */

export interface RustExports {
  readonly memory: WebAssembly.Memory
  __wbindgen_add_to_stack_pointer(bytes: number): number
  __wbindgen_malloc(bytes: number, align: number): number
  __wbindgen_free(pointer: number, bytes: number, align: number): void
}

export interface Passed {
  readonly pointer: number
  readonly length: number
}

/** Copies bytes into the module, which frees them. */
export function passBytes(wasm: RustExports, bytes: Uint8Array | Uint8ClampedArray): Passed {
  const pointer = wasm.__wbindgen_malloc(bytes.length, 1) >>> 0
  new Uint8Array(wasm.memory.buffer, pointer, bytes.length).set(bytes)
  return { pointer, length: bytes.length }
}

/** Copies bytes out of the module and frees them there. */
export function takeBytes(wasm: RustExports, { pointer, length }: Passed): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wasm.memory.buffer, pointer >>> 0, length).slice()
  wasm.__wbindgen_free(pointer, length, 1)
  return bytes
}

/** Calls a function that writes (pointer, length) where its first argument points. */
export function callForBytes(wasm: RustExports, call: (result: number) => void): Uint8Array<ArrayBuffer> {
  const result = wasm.__wbindgen_add_to_stack_pointer(-16)
  try {
    call(result)
    const view = new DataView(wasm.memory.buffer)
    return takeBytes(wasm, { pointer: view.getInt32(result, true), length: view.getInt32(result + 4, true) })
  } finally {
    wasm.__wbindgen_add_to_stack_pointer(16)
  }
}
