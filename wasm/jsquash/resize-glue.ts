/** squoosh_resize: the glue that wasm-bindgen would make, for an instance of one's own and with `meter.tick`. */
import { callForBytes, passBytes, type RustExports } from './rust-glue.ts'

export interface ResizeModule {
  memoryBytes(): number
  /** Lanczos with three lobes over 8-bit RGBA; `premultiply` keeps colours of transparent pixels from bleeding. */
  resize(
    pixels: { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number },
    width: number,
    height: number,
    premultiply: boolean,
  ): Uint8ClampedArray<ArrayBuffer>
}

interface Exports extends RustExports {
  resize(
    result: number,
    pointer: number,
    length: number,
    fromWidth: number,
    fromHeight: number,
    width: number,
    height: number,
    filter: number,
    premultiply: number,
    linear: number,
  ): void
}

const LANCZOS3 = 3

export function instantiateResize(module: WebAssembly.Module, tick: () => void): ResizeModule {
  const wasm = new WebAssembly.Instance(module, { meter: { tick }, wbg: {} }).exports as unknown as Exports
  return {
    memoryBytes: () => wasm.memory.buffer.byteLength,
    resize(from, width, height, premultiply) {
      const { pointer, length } = passBytes(wasm, from.data)
      const bytes = callForBytes(wasm, (result) =>
        wasm.resize(
          result,
          pointer,
          length,
          from.width,
          from.height,
          width,
          height,
          LANCZOS3,
          Number(premultiply),
          0,
        ),
      )
      return new Uint8ClampedArray(bytes.buffer)
    },
  }
}
