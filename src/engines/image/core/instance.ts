/** One instance of a module of ours: its memory, and its failures as our errors. What imports it shares with all of them. */
import { MediaError, type ErrorCode } from '../../../error.ts'
import type { CodecContext } from '../codec.ts'
import { MOST_BYTES } from '../memory.ts'

/** The `Failure` of core.h, by number. */
const FAILURES: Readonly<Record<number, readonly [code: ErrorCode, message: string]>> = {
  1: ['LIMIT_EXCEEDED', 'Cannot process the picture'],
  2: ['CORRUPT_MEDIA', 'Cannot decode the picture'],
  3: ['CORRUPT_MEDIA', 'Cannot decode the picture'],
  4: ['UNSUPPORTED_CODEC', 'Cannot decode the picture'],
  5: ['INTERNAL', 'Cannot process the picture'],
}

export interface OwnExports {
  readonly memory: WebAssembly.Memory
  memory_reset(most: number): void
}

export interface OwnInstance<T extends OwnExports> {
  readonly exports: T
  /** Forgets the picture before. To be called first, whatever happened before. `most`: bytes of its memory, by default as many as a picture may have. */
  begin(most?: number): void
  /** Forgets a call that was stopped, and keeps what lies in its memory. */
  unwind(): void
  /** A copy of `length` bytes of its memory. */
  copy(pointer: number, length: number): Uint8Array<ArrayBuffer>
  write(pointer: number, bytes: Uint8Array | Uint8ClampedArray): void
  /** Until its memory grows. */
  view(pointer: number, length: number): Uint8Array
}

export function createInstance<T extends OwnExports>(
  module: WebAssembly.Module,
  context: Pick<CodecContext, 'tick' | 'memory'>,
): OwnInstance<T> {
  // A module of ours minds the bound that `begin` gives it; this holds if it should not.
  function tick(): void {
    context.tick()
    context.memory?.check(exports.memory)
  }
  const instance = new WebAssembly.Instance(module, {
    core: {
      tick,
      fail: (code: number, what: number) => fail(code, readText(what), context.memory?.most),
    },
  })
  const exports = instance.exports as unknown as T
  // LLVM's name. A failure leaves the C code in the middle: its stack is begun anew for each picture.
  const stack = instance.exports['__stack_pointer'] as WebAssembly.Global
  const stackTop: unknown = stack.value
  const view = (pointer: number, length: number) => new Uint8Array(exports.memory.buffer, pointer, length)

  function readText(pointer: number): string {
    const bytes = new Uint8Array(exports.memory.buffer)
    return new TextDecoder().decode(bytes.slice(pointer, bytes.indexOf(0, pointer)))
  }

  return {
    exports,
    begin(most) {
      stack.value = stackTop
      exports.memory_reset(most ?? context.memory?.leftFor(exports.memory) ?? MOST_BYTES)
    },
    unwind() {
      stack.value = stackTop
    },
    copy: (pointer, length) => view(pointer, length).slice(),
    write: (pointer, bytes) => view(pointer, bytes.length).set(bytes),
    view,
  }
}

function fail(code: number, what: string, maximum: number = MOST_BYTES): never {
  const [name, message] = FAILURES[code] ?? ['INTERNAL', 'Cannot process the picture']
  const details = name === 'LIMIT_EXCEEDED' ? { details: { limit: 'memoryBytes', maximum } } : {}
  throw new MediaError(name, `${message}: ${what}`, details)
}
