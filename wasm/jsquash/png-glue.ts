/** squoosh_png: the glue that wasm-bindgen would make, for an instance of one's own and with `meter.tick`. */
import { callForBytes, passBytes, takeBytes, type RustExports } from './rust-glue.ts'

interface Pixels {
  readonly data: Uint8ClampedArray<ArrayBuffer>
  readonly width: number
  readonly height: number
}

export interface PngModule {
  memoryBytes(): number
  /** 8-bit RGBA, whatever is stored. Throws what the module throws. */
  decode(bytes: Uint8Array): Pixels
  encode(pixels: {
    readonly data: Uint8ClampedArray
    readonly width: number
    readonly height: number
  }): Uint8Array<ArrayBuffer>
}

interface Exports extends RustExports {
  decode(pointer: number, length: number): number
  encode(
    result: number,
    pointer: number,
    length: number,
    width: number,
    height: number,
    bitDepth: number,
  ): void
}

export function instantiatePng(module: WebAssembly.Module, tick: () => void): PngModule {
  let decoded: Pixels | undefined
  const imports = {
    meter: { tick },
    wbg: {
      __wbindgen_throw(pointer: number, length: number) {
        throw new Error(new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, pointer, length)))
      },
      /** The module's `new ImageData(owned pixels, width, height)`. */
      __wbg_newwithownedu8clampedarrayandsh_91db5987993a08fb(
        pointer: number,
        length: number,
        width: number,
        height: number,
      ) {
        decoded = {
          data: new Uint8ClampedArray(takeBytes(wasm, { pointer, length }).buffer),
          width: width >>> 0,
          height: height >>> 0,
        }
        return 0
      },
      ...sixteenBit,
    },
  }
  const wasm = new WebAssembly.Instance(module, imports).exports as unknown as Exports
  return {
    memoryBytes: () => wasm.memory.buffer.byteLength,
    decode(bytes) {
      decoded = undefined
      const { pointer, length } = passBytes(wasm, bytes)
      wasm.decode(pointer, length)
      if (!decoded) throw new Error('the module gave no pixels')
      return decoded
    },
    encode({ data, width, height }) {
      const { pointer, length } = passBytes(wasm, data)
      return callForBytes(wasm, (result) => wasm.encode(result, pointer, length, width, height, 8))
    },
  }
}

/** Imports of the module's 16-bit functions, which are never called here. */
const sixteenBit = {
  __wbindgen_memory: unused,
  __wbg_buffer_a448f833075b71ba: unused,
  __wbg_newwithbyteoffsetandlength_099217381c451830: unused,
  __wbindgen_object_drop_ref() {},
}

function unused(): never {
  throw new Error('not used')
}
