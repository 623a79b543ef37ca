/** The ffmpeg of the machine: a process for each run, that gets its input through a pipe and never an address. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handOver, isFile, spool } from './spool.ts'
import {
  MediaError,
  type Ffmpeg,
  type FfmpegAbilities,
  type FfmpegJob,
  type FfmpegSettings,
} from '../../src/index.ts'
import { createWasmFfmpeg, type WasmFfmpegOptions } from './ffmpeg-wasm/ffmpeg.ts'

const OPTIONS = ['-hide_banner', '-nostdin', '-loglevel', 'error']
/** Most bytes that it may ask for at once: a frame of 8K with 16 bits a channel takes half of it. */
const MAX_ALLOC = ['-max_alloc', String(512 * 1_048_576)]
/** How far it is, to its standard output, which is free where the result is a file. */
const TELLS = ['-progress', 'pipe:1', '-stats_period', '0.5']
/** Characters of what it says, for the log. */
const SAID = 2000

/** Of an encoder, whatever runs beside it: how many there are shows in what they write. */
const MOST_ENCODING = 8

export interface NativeFfmpegOptions {
  /** A name that is looked for in PATH, or a path. */
  readonly program: string
  /** Processors, which runs share among them. */
  readonly cpus: number
}

export function createNativeFfmpeg({ program, cpus }: NativeFfmpegOptions): Ffmpeg {
  const running = new Set<ChildProcess>()
  // As an ffmpeg itself would choose: some of them wait for others.
  const wished = Math.max(1, Math.floor(1.5 * cpus))
  let known: Promise<FfmpegAbilities | undefined> | undefined

  async function ask(...args: string[]): Promise<string | undefined> {
    const child = spawn(program, ['-hide_banner', ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    return new Promise((resolve) => {
      child.once('error', () => resolve(undefined))
      child.once('close', (code) => resolve(code === 0 ? text : undefined))
    })
  }

  async function look(): Promise<FfmpegAbilities | undefined> {
    const [version, decoders, encoders, filters = ''] = await Promise.all([
      ask('-version'),
      ask('-decoders'),
      ask('-encoders'),
      ask('-filters'),
    ])
    if (version === undefined || decoders === undefined || encoders === undefined) return undefined
    const [line = ''] = version.split('\n')
    const named = { decoders: namesIn(decoders), encoders: namesIn(encoders), filters: filtersIn(filters) }
    return { version: line, ...named }
  }

  async function runIn(folder: string | undefined, job: FfmpegJob): Promise<Uint8Array<ArrayBuffer>> {
    const file = job.seeks && folder ? join(folder, 'result') : undefined
    const given = isFile(job.input) && folder ? await spool(job.input, folder, job) : undefined
    const threads = Math.max(1, Math.floor(wished / (running.size + 1)))
    // It reads what we hand it and nothing else, whatever a file names.
    const reads = ['-protocol_whitelist', given ? 'file' : 'pipe', '-threads', String(threads)]
    const named = given ? job.args.map((word) => (word === 'pipe:0' ? `file:${given.path}` : word)) : job.args
    const filters = ['-filter_threads', String(threads)]
    const tells = file && job.onProgress ? TELLS : []
    const result = file ? ['-y', file] : ['pipe:1']
    const writes = ['-threads', String(Math.min(wished, MOST_ENCODING))]
    const args = [OPTIONS, MAX_ALLOC, tells, filters, reads, named, writes, result].flat()
    const stdin = given ? 'ignore' : 'pipe'
    const child = spawn(program, args, { stdio: [stdin, 'pipe', 'pipe'], env: {} })
    running.add(child)
    try {
      const take = tells.length > 0 ? readProgress(job) : job.take
      const left = given ? { deadlineMs: given.leftMs } : {}
      const written = await watch(child, { ...job, ...left, ...(take ? { take } : {}) }, tells.length > 0)
      if (!file) return written
      const { size } = await stat(file)
      if (size > job.outputBytes) throw tooLarge(size, job)
      if (!job.receive) return new Uint8Array(await readFile(file))
      await handOver(file, size, job.receive)
      return new Uint8Array()
    } finally {
      running.delete(child)
    }
  }

  async function run(job: FfmpegJob): Promise<Uint8Array<ArrayBuffer>> {
    job.signal.throwIfAborted()
    const needs = job.seeks === true || isFile(job.input)
    const folder = needs ? await mkdtemp(join(tmpdir(), 'mediamorph-')) : undefined
    try {
      return await runIn(folder, job)
    } finally {
      if (folder) await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    name: 'ffmpeg-native',
    abilities: () => (known ??= look()),
    run,
    async close() {
      for (const child of running) child.kill('SIGKILL')
    },
  }
}

/** Until it has ended: what it wrote to its standard output. Whatever goes wrong ends it. */
async function watch(child: ChildProcess, job: FfmpegJob, isTold: boolean): Promise<Uint8Array<ArrayBuffer>> {
  let reason: unknown
  const stop = (why: unknown) => {
    reason ??= why
    child.kill('SIGKILL')
  }
  const onAbort = () => stop(job.signal.reason)
  job.signal.addEventListener('abort', onAbort, { once: true })
  const clock = setTimeout(() => stop(new MediaError('TRANSFORM_TIMEOUT')), job.deadlineMs)
  const reader = isFile(job.input) ? undefined : job.input.getReader()
  const fed = reader && feed(child, reader).catch(stop)
  const chunks: Uint8Array[] = []
  let size = 0
  child.stdout?.on('data', (chunk: Uint8Array) => {
    if (!isTold) size += chunk.length
    if (size > job.outputBytes) stop(tooLarge(size, job))
    else if (job.take) job.take(chunk)
    else chunks.push(chunk)
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => (said = (said + piece).slice(-SAID)))
  try {
    const code = await ended(child)
    // A read that nothing comes of any more must not hold the run.
    reader?.cancel().catch(() => undefined)
    await fed
    if (reason !== undefined) throw reason
    if (code !== 0)
      throw new MediaError('CORRUPT_MEDIA', undefined, { cause: said.trim() || `exit code ${code}` })
    return new Uint8Array(Buffer.concat(chunks))
  } finally {
    clearTimeout(clock)
    job.signal.removeEventListener('abort', onAbort)
  }
}

/** Lines `name=value`; the time is one of microseconds, or `N/A`. */
function readProgress({ onProgress }: FfmpegJob): (piece: Uint8Array) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (piece) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const time = /^out_time_us=(\d+)/.exec(line)?.[1]
      if (time !== undefined) onProgress?.(Number(time) / 1e6)
    }
  }
}

const tooLarge = (size: number, { outputBytes }: FfmpegJob) =>
  new MediaError('LIMIT_EXCEEDED', `outputBytes is ${size}, the maximum is ${outputBytes}`, {
    details: { limit: 'outputBytes', value: size, maximum: outputBytes },
  })

/** It may end before it has read everything: the rest is not wanted. */
async function feed(child: ChildProcess, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const { stdin } = child
  if (!stdin) return
  // It may have ended: what cannot be written any more is not wanted.
  stdin.on('error', () => undefined)
  try {
    for (let step = await reader.read(); stdin.writable && !step.done; step = await reader.read())
      if (!stdin.write(step.value)) await drained(child)
  } finally {
    stdin.end()
    reader.cancel().catch(() => undefined)
  }
}

/** Resolves when more may be written, or nothing more can be. */
function drained({ stdin }: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!stdin || stdin.destroyed) return resolve()
    const done = () => {
      for (const name of ENOUGH) stdin.off(name, done)
      resolve()
    }
    for (const name of ENOUGH) stdin.on(name, done)
  })
}
const ENOUGH = ['drain', 'close', 'error'] as const

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new MediaError('INTERNAL', undefined, { cause })))
    child.once('close', resolve)
  })
}

/** Of a list: ` V....D h264                 H.264 / AVC …`. */
function namesIn(list: string): ReadonlySet<string> {
  const rows = list.split('\n').map((line) => /^ [VAS.][A-Z.]{5} (\S+)/.exec(line)?.[1])
  return new Set(rows.filter((name) => name !== undefined))
}

/** Of a list: ` .S. tonemap           V->V       Conversion …`. */
function filtersIn(list: string): ReadonlySet<string> {
  const rows = list.split('\n').map((line) => /^ [TSC.|]{2,3} (\S+) +\S+->/.exec(line)?.[1])
  return new Set(rows.filter((name) => name !== undefined))
}

export interface ServerFfmpegOptions extends Pick<WasmFfmpegOptions, 'onStuck'> {
  readonly cpus: number
  /** The module of the other one's threads. */
  readonly script: URL
}

/** The machine's first: it is faster. `auto` looks in PATH; `off` is none. */
export function createFfmpegs(
  { native, wasm, concurrency }: FfmpegSettings,
  { cpus, script, ...hears }: ServerFfmpegOptions,
): readonly Ffmpeg[] {
  const program = native === 'auto' ? 'ffmpeg' : native
  return [
    ...(native === 'off' ? [] : [createNativeFfmpeg({ program, cpus })]),
    ...(wasm ? [createWasmFfmpeg({ script, size: concurrency, ...hears })] : []),
  ]
}
