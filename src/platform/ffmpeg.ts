/** Programs that decode and encode video and sound, and what they read. */

/** What an ffmpeg can do, by its own names. */
export interface FfmpegAbilities {
  readonly version: string
  readonly decoders: ReadonlySet<string>
  readonly encoders: ReadonlySet<string>
  /** Absent: not known, and none that must not be missing is used. */
  readonly filters?: ReadonlySet<string>
}

/** What an ffmpeg reads in any order. */
export interface FfmpegFile {
  readonly size: number
  /** Bytes `start` to `end` (exclusive), both within it. */
  read(start: number, end: number): Promise<Uint8Array>
  /** All of it. */
  stream(): ReadableStream<Uint8Array>
}

/** One run of an ffmpeg: one stream or file goes in, one file comes out. */
export interface FfmpegJob {
  /**
   * Everything between the program's own options (no banner, protocols, overwriting) and the name of the result: options of
   * the input, `-i pipe:0`, filters, options of the result and its muxer (`-f`). Never a name of a file or an address.
   */
  readonly args: readonly string[]
  /** What `pipe:0` reads. A stream is cancelled when the run ends before it does; a file takes the place of `pipe:0`. */
  readonly input: ReadableStream<Uint8Array> | FfmpegFile
  /** The muxer goes back to what it wrote (MP4): it cannot write to a pipe. */
  readonly seeks?: boolean
  /** Most bytes of the result. */
  readonly outputBytes: number
  readonly signal: AbortSignal
  /** Milliseconds of work, waiting for the input included. */
  readonly deadlineMs: number
  /** Is handed the result piece by piece, in the place of `run`, which then has none to give. Not with `seeks`. */
  take?(piece: Uint8Array): void
  /** Told of the seconds of the result that are done. */
  readonly onProgress?: ((seconds: number) => void) | undefined
  /** Is handed the result, which is there until this resolves, in the place of `run`, which then has none to give. With `seeks`. */
  readonly receive?: ((file: FfmpegFile) => Promise<void>) | undefined
}

/** A copy of what is read more than once. */
export interface SpooledFile extends FfmpegFile {
  /** Bytes `start` to `end` (exclusive), both within it. */
  stream(start?: number, end?: number): ReadableStream<Uint8Array>
  /** Safe to call twice. */
  remove(): Promise<void>
}

/** An ffmpeg that works beside us: a process, or a module in a thread of its own. */
export interface Ffmpeg {
  /** `ffmpeg-native` or `ffmpeg-wasm`: for `X-Transform-Source`. */
  readonly name: string
  /** Undefined where there is none after all. Asked once, with the first video. */
  abilities(): Promise<FfmpegAbilities | undefined>
  /**
   * @returns the bytes of the result
   * @throws CORRUPT_MEDIA (it failed of what it read), LIMIT_EXCEEDED, TRANSFORM_TIMEOUT, the signal's reason, and what the input throws
   */
  run(job: FfmpegJob): Promise<Uint8Array<ArrayBuffer>>
  /** Ends what runs. */
  close(): Promise<void>
}

/** Which ffmpegs are wanted. */
export interface FfmpegSettings {
  /** `auto`: the one that is found; `off`; or a path. */
  readonly native: string
  readonly wasm: boolean
  /** Runs at a time. */
  readonly concurrency: number
}
