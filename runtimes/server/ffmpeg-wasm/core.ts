/**
 * The core of @ffmpeg/core as a service needs it: its stack whole after each run, its input a stream, its result and its
 * memory bounded, and every run one that can be ended.
 */
import { INPUT, NUMBER, ORIGINAL, WORD, type SharedWords } from './shared.ts'

interface Stream {
  readonly fd: number
  readonly position: number
}

interface FileSystem {
  readonly streams: readonly (Stream | null | undefined)[]
  readonly ErrnoError: new (errno: number) => Error
  makedev(major: number, minor: number): number
  registerDevice(device: number, ops: object): void
  mkdev(path: string, mode: number, device: number): void
  open(path: string, flags: number): Stream
  writeFile(path: string, bytes: Uint8Array): void
  lookupPath(path: string): { readonly node: { stream_ops: object } }
  close(stream: Stream): void
  write(
    stream: Stream,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position?: number,
    owns?: boolean,
  ): number
}

type Log = (line: { readonly type: string; readonly message: string }) => void

/** What it exports, as far as it is used. Names of one or two letters are those of version 0.12.10. */
export interface Core {
  readonly FS: FileSystem
  readonly asm: {
    /** `stackSave`, `stackRestore`, `malloc`, the memory. */
    readonly Da?: () => number
    readonly Ea?: (top: number) => void
    readonly ta?: (bytes: number) => number
    readonly ra?: WebAssembly.Memory
  }
  readonly HEAPU8: Uint8Array
  readonly ret: number
  timeout: number
  exec(...args: string[]): number
  setLogger(log: Log): void
}

export type CreateCore = (options: object) => Promise<Core>

/** Where the stack of 0.12.10 begins: by this it is known. */
const KNOWN_STACK = 14_608_160
/** Its own 5 MB are too small for MJPEG and VP9, which write over data then. */
const STACK_BYTES = 32 * 1_048_576
/** Of one instance. H.264 of 4K takes 650 MiB. */
const MOST_HEAP = 1024 * 1_048_576
/** Lines of what it says, for the log. */
const SAID_LINES = 8
/** Said of every run. */
const isTold = (line: string) => !line.startsWith('Aborted(')
/** `errno` as wasi counts. */
const ERRNO = { input: 29, full: 51 } as const

/** @throws Error where the core is of another version: what is mended here could not be */
export async function openCore(
  create: CreateCore,
  options: object,
  module: WebAssembly.Module,
  shared: SharedWords,
  wantInput: () => void,
): Promise<Core> {
  const core = await create({ ...options, instantiateWasm: instantiator(module) })
  const { Da: stackSave, Ea: stackRestore, ta: malloc, ra: memory } = core.asm
  if (!stackRestore || !malloc || !memory || stackSave?.() !== KNOWN_STACK)
    throw new Error('not @ffmpeg/core 0.12.10')
  boundMemory(memory)
  const top = (malloc(STACK_BYTES) + STACK_BYTES - 64) & ~15
  const input = openInput(core.FS, shared, wantInput)
  const original = openOriginal(core.FS, shared, wantInput)
  boundResult(core.FS, shared)
  stopByWord(core, shared)
  const say = keepLines(core)
  const exec = core.exec
  core.exec = (...args) => {
    input.renew()
    original.renew()
    // A run ends by abort(), which never takes its part of the stack back: after a hundred nothing would be left.
    stackRestore(top)
    try {
      return exec(...args)
    } finally {
      stackRestore(top)
      for (const stream of core.FS.streams) if (stream && stream.fd > 2) core.FS.close(stream)
      shared.numbers[NUMBER.heap] = core.HEAPU8.length
      say()
    }
  }
  return core
}

function instantiator(module: WebAssembly.Module) {
  return (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => {
    const start = async () => done(await WebAssembly.instantiate(module, imports), module)
    void start()
    return {}
  }
}

/** What it is refused here, it is out of memory for, and says so. */
function boundMemory(memory: WebAssembly.Memory): void {
  const grow = memory.grow.bind(memory)
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * 65_536 > MOST_HEAP) throw new RangeError('too much memory')
    return grow(pages)
  }
}

/** File 0 becomes the stream of the job. */
function openInput(FS: FileSystem, { words, chunk }: SharedWords, wantInput: () => void) {
  let used = 0
  let length = 0
  let hasEnded = false

  function next(): void {
    Atomics.store(words, WORD.input, INPUT.wanted)
    // In this order: who stops sets the stop first and then wakes.
    if (Atomics.load(words, WORD.stop) === 1) return
    wantInput()
    Atomics.wait(words, WORD.input, INPUT.wanted)
    used = 0
    length = Atomics.load(words, WORD.length)
    hasEnded = Atomics.load(words, WORD.input) === INPUT.ended
  }

  function read(_: Stream, buffer: Uint8Array, offset: number, most: number): number {
    if (used === length && !hasEnded) next()
    if (Atomics.load(words, WORD.stop) === 1) throw new FS.ErrnoError(ERRNO.input)
    if (hasEnded) return 0
    const size = Math.min(most, length - used)
    buffer.set(chunk.subarray(used, used + size), offset)
    used += size
    return size
  }

  const device = FS.makedev(70, 0)
  FS.registerDevice(device, { open: (stream: { seekable: boolean }) => (stream.seekable = false), read })
  FS.mkdev('/dev/input', 0o444, device)
  return {
    renew() {
      used = length = 0
      hasEnded = false
      const [old] = FS.streams
      if (old) FS.close(old)
      // The lowest number that is free.
      FS.open('/dev/input', 0)
    },
  }
}

/** A file that is read from the piece that it stands at, wherever that is. */
function openOriginal(FS: FileSystem, { words, numbers, chunk }: SharedWords, wantInput: () => void) {
  let from = 0
  let length = 0

  function fetch(position: number): void {
    numbers[NUMBER.position] = position
    Atomics.store(words, WORD.input, INPUT.wanted)
    if (Atomics.load(words, WORD.stop) === 1) return
    wantInput()
    Atomics.wait(words, WORD.input, INPUT.wanted)
    from = position
    length = Atomics.load(words, WORD.length)
  }

  function read(_: Stream, buffer: Uint8Array, offset: number, most: number, position: number): number {
    if (position >= (numbers[NUMBER.size] ?? 0)) return 0
    if (position < from || position >= from + length) fetch(position)
    if (Atomics.load(words, WORD.stop) === 1) throw new FS.ErrnoError(ERRNO.input)
    const size = Math.max(0, Math.min(most, from + length - position))
    buffer.set(chunk.subarray(position - from, position - from + size), offset)
    return size
  }

  FS.writeFile(ORIGINAL, new Uint8Array(0))
  const { node } = FS.lookupPath(ORIGINAL)
  node.stream_ops = { ...node.stream_ops, read, mmap: undefined }
  Object.defineProperty(node, 'usedBytes', { get: () => numbers[NUMBER.size] ?? 0 })
  return {
    renew() {
      from = length = 0
    },
  }
}

function boundResult(FS: FileSystem, { words, numbers }: SharedWords): void {
  const write = FS.write.bind(FS)
  FS.write = (stream, buffer, offset, length, position, owns) => {
    const size = (position ?? stream.position) + length
    if (stream.fd > 2 && size > (numbers[NUMBER.outputBytes] ?? 0)) {
      numbers[NUMBER.tooLarge] = size
      Atomics.store(words, WORD.stop, 1)
      throw new FS.ErrnoError(ERRNO.full)
    }
    return write(stream, buffer, offset, length, position, owns)
  }
}

/** It looks at its clock after every packet: 0 is a time that is always over. */
function stopByWord(core: Core, { words }: SharedWords): void {
  let limit = -1
  Object.defineProperty(core, 'timeout', {
    get: () => (Atomics.load(words, WORD.stop) === 1 ? 0 : limit),
    set(value: number) {
      limit = value
    },
  })
}

/** It says a lot: only what it answers goes out at once, the end of the rest when a run has failed. */
function keepLines(core: Core): () => void {
  const set = core.setLogger
  const lines: string[] = []
  let log: Log = () => undefined
  core.setLogger = (given) => {
    log = given
    set((line) => {
      if (line.type === 'stdout') return given(line)
      lines.push(line.message)
      if (lines.length > SAID_LINES) lines.shift()
    })
  }
  return () => {
    const message = lines.splice(0).filter(isTold).join('\n')
    if (core.ret !== 0) log({ type: 'stderr', message })
  }
}
