import type { Bitmap } from '../../media/bitmap.ts'
import type { FormatName } from '../../media/format.ts'
import type { HeifFactory, WasmName } from '../../platform.ts'

/** What a codec may call on. `tick` throws when the work must stop: metered modules call it from their loops. */
export interface CodecContext {
  loadWasm(name: WasmName): WebAssembly.Module | Promise<WebAssembly.Module>
  tick(): void
  /** Absent, or rejects: HEIC cannot be read. */
  loadHeif?(): Promise<HeifFactory>
}

export interface EncodeOptions {
  /** 1 to 100. */
  readonly quality?: number
  readonly lossless?: boolean
  /** 0 (fast) to 9 (small); absent: what suits a service. */
  readonly effort?: number
}

/** One format. A codec that trapped or was stopped must be discarded: `createCodec` gives a new one. */
export interface Codec {
  readonly format: FormatName
  /** Upright is not its business: pixels come as stored. @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC */
  decode?(bytes: Uint8Array): Promise<Bitmap>
  /** Of those that have other sizes too: at `zoom` times its size, or the next larger one. @throws as `decode` */
  draw?(bytes: Uint8Array, zoom: number): Promise<Bitmap>
  encode?(bitmap: Bitmap, options: EncodeOptions): Promise<Uint8Array>
}
