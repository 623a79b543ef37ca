/** The optional packages @ffmpeg/ffmpeg and @ffmpeg/core, where they are installed. Nothing is ever fetched. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The class `FFmpeg` of @ffmpeg/ffmpeg, as far as it is used. */
export interface FfmpegClient {
  load(config: { classWorkerURL: string; coreURL: string; wasmURL: string }): Promise<boolean>
  exec(args: readonly string[], timeoutMs?: number): Promise<number>
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>
  deleteFile(path: string): Promise<boolean>
  on(event: 'log', hear: (line: { type: string; message: string }) => void): void
  on(event: 'progress', hear: (progress: { time: number }) => void): void
  /** Everything that waits is rejected. */
  terminate(): void
}

export interface FfmpegPackages {
  readonly Client: new () => FfmpegClient
  readonly coreUrl: string
  readonly workerUrl: string
  readonly module: WebAssembly.Module
}

/** @throws Error where one of them is not installed */
export async function loadPackages(): Promise<FfmpegPackages> {
  const { resolve } = createRequire(import.meta.url)
  const worker = pathToFileURL(resolve('@ffmpeg/ffmpeg/worker'))
  // Its door for servers is a class that refuses to work; the real one lies beside the thread's half.
  const { FFmpeg: Client } = (await import(new URL('index.js', worker).href)) as {
    FFmpeg: FfmpegPackages['Client']
  }
  // Asked for so, the package names its scripts for old browsers; the modules lie beside them.
  const core = new URL('../esm/', pathToFileURL(resolve('@ffmpeg/core')))
  const bytes = await readFile(new URL('ffmpeg-core.wasm', core))
  return {
    Client,
    coreUrl: new URL('ffmpeg-core.js', core).href,
    workerUrl: worker.href,
    module: await WebAssembly.compile(bytes),
  }
}
