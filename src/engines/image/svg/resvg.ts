/**
 * One instance of resvg's module (`@resvg/resvg-wasm`). Its own glue keeps a single instance for the life of the process,
 * which a trap would leave broken for everybody; this one makes as many as are needed, and none of it can load anything.
 */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { CodecContext } from '../codec.ts'
import { createObjects } from './objects.ts'

/** What wasm-bindgen exports; pointers are numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory
  resvg_new(result: number, svg: number, options: number, optionBytes: number, fonts: number): void
  resvg_render(result: number, resvg: number): void
  __wbg_resvg_free(resvg: number): void
  renderedimage_width(image: number): number
  renderedimage_height(image: number): number
  renderedimage_pixels(image: number): number
  __wbg_renderedimage_free(image: number): void
  __wbindgen_malloc(bytes: number, alignment: number): number
  __wbindgen_add_to_stack_pointer(bytes: number): number
}

export interface Resvg {
  /** Alpha not multiplied in. Throws what the module threw, or an Error in its words. */
  render(svg: string, zoom: number): Bitmap
  memoryBytes(): number
}

export function createResvg(
  module: WebAssembly.Module,
  context: Pick<CodecContext, 'tick' | 'memory'>,
): Resvg {
  const objects = createObjects()
  function tick(): void {
    context.tick()
    context.memory?.check(exports.memory)
  }
  const exports: Exports = new WebAssembly.Instance(module, {
    meter: { tick },
    wbg: imports(),
  }).exports as unknown as Exports

  const {
    __wbindgen_malloc: allocate,
    __wbindgen_add_to_stack_pointer: moveStack,
    __wbg_resvg_free: freeResvg,
    __wbg_renderedimage_free: freeImage,
  } = exports
  const bytes = (pointer: number, length: number) =>
    new Uint8Array(exports.memory.buffer, pointer >>> 0, length)
  const text = (pointer: number, length: number) => new TextDecoder().decode(bytes(pointer, length).slice())
  const word = (pointer: number) => new DataView(exports.memory.buffer).getInt32(pointer, true)

  function pass(content: string): readonly [pointer: number, length: number] {
    const encoded = new TextEncoder().encode(content)
    const pointer = allocate(encoded.length, 1)
    bytes(pointer, encoded.length).set(encoded)
    return [pointer, encoded.length]
  }

  /** A call that gives a pointer, or an object that is thrown. */
  function result(call: (at: number) => void): number {
    const at = moveStack(-16)
    try {
      call(at)
      if (word(at + 8) !== 0) throw objects.take(word(at + 4))
      return word(at) >>> 0
    } finally {
      moveStack(16)
    }
  }

  /** By the names that wasm-bindgen gives them, without their hashes. */
  function imports(): WebAssembly.ModuleImports {
    const functions: Readonly<Record<string, (...numbers: number[]) => unknown>> = {
      error_new: (pointer = 0, length = 0) => objects.add(new Error(text(pointer, length))),
      memory: () => objects.add(exports.memory),
      buffer: (at = 0) => objects.add((objects.get(at) as WebAssembly.Memory).buffer),
      newwithbyteoffsetandlength: (at = 0, start = 0, length = 0) =>
        objects.add(new Uint8Array(objects.get(at) as ArrayBuffer, start >>> 0, length >>> 0)),
      object_drop_ref: (at = 0) => void objects.take(at),
      bytes_new: (at = 0) => objects.add(new Uint8Array(objects.get(at) as ArrayBuffer)),
      instanceof_Uint8Array: (at = 0) => (objects.get(at) instanceof Uint8Array ? 1 : 0),
      string_get: (to = 0, at = 0) => {
        const value = objects.get(at)
        const [pointer, length] = typeof value === 'string' ? pass(value) : [0, 0]
        const view = new DataView(exports.memory.buffer)
        view.setInt32(to, pointer, true)
        view.setInt32(to + 4, length, true)
      },
      length: (at = 0) => (objects.get(at) as Uint8Array).length,
      set: (at = 0, from = 0, start = 0) =>
        (objects.get(at) as Uint8Array).set(objects.get(from) as Uint8Array, start >>> 0),
      throw: (pointer = 0, length = 0) => {
        throw new Error(text(pointer, length))
      },
    }
    const names = WebAssembly.Module.imports(module).filter((it) => it.module === 'wbg')
    return Object.fromEntries(
      names.map(({ name }) => [name, functions[KINDS[name] ?? plainName(name)] ?? (() => neverCalled(name))]),
    )
  }

  return {
    memoryBytes: () => exports.memory.buffer.byteLength,
    render(svg, zoom) {
      const options = { fitTo: { mode: 'zoom', value: zoom }, font: { loadSystemFonts: false } }
      const resvg = result((at) =>
        exports.resvg_new(at, objects.add(svg), ...pass(JSON.stringify(options)), 0),
      )
      const image = result((at) => exports.resvg_render(at, resvg))
      const [width, height] = [exports.renderedimage_width(image), exports.renderedimage_height(image)]
      const pixels = objects.take(exports.renderedimage_pixels(image)) as Uint8Array
      context.memory?.take(pixels.length)
      const data = new Uint8ClampedArray(pixels.slice().buffer)
      freeImage(image)
      freeResvg(resvg)
      return { data, width, height }
    },
  }
}

/** Two of the same name do different things. */
const KINDS: Readonly<Record<string, string>> = {
  __wbg_new_28c511d9baebfa89: 'error_new',
  __wbg_new_63b92bc8671ed464: 'bytes_new',
}
/** `__wbg_set_a47bac70306a19a7` -> `set`, `__wbindgen_throw` -> `throw`. */
const plainName = (name: string) => name.replace(/^__wb(?:g|indgen)_/, '').replace(/_[\da-f]{16}$/, '')

/** Iterators over fonts and lists of pictures to fetch: neither is handed in or asked for. */
function neverCalled(name: string): never {
  throw new Error(`resvg called ${name}`)
}
