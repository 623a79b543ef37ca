import type { Bitmap, Inks } from '../../media/bitmap.ts'
import type { FormatName } from '../../media/format.ts'
import type { HeifFactory, WasmName } from '../../platform.ts'
import type { Planes, Samples } from './core/planes.ts'
import type { View } from './view.ts'
import type { MemoryAccount } from './memory.ts'

/** What a codec may call on. `tick` throws when the work must stop: metered modules call it from their loops. */
export interface CodecContext {
  loadWasm(name: WasmName): WebAssembly.Module | Promise<WebAssembly.Module>
  tick(): void
  /** Told after each picture how many bytes of it are garbage now. */
  leave?(bytes: number): void
  /** Of the picture that is being made; absent: each instance has the usual bound. */
  readonly memory?: MemoryAccount
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
  /** Upright and profiles are not its business: pixels come as stored. @param page of formats that have pages @throws CORRUPT_MEDIA, UNSUPPORTED_CODEC */
  decode?(bytes: Uint8Array, page?: number): Promise<Bitmap | Inks>
  /** Of those that have other sizes too: at `zoom` times its size, or the next larger one. @throws as `decode` */
  draw?(bytes: Uint8Array, zoom: number): Promise<Bitmap | Inks>
  /** The view in planes, scaled and turned; undefined where the file has no such planes. @throws as `decode` */
  planes?(bytes: Uint8Array, view: View, samples: Samples): Promise<Planes | undefined>
  encode?(bitmap: Bitmap, options: EncodeOptions): Promise<Uint8Array>
}
