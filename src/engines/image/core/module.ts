/** One instance of `wasm/core`: its calls with their types, bytes in, bytes out. */
import type { CodecContext } from '../codec.ts'
import { createInstance, type OwnExports, type OwnInstance } from './instance.ts'
import type { PlaneExports } from './planes.ts'

/** What `wasm/core/src` exports; pointers are numbers. Booleans are 0 and 1. */
export interface CoreExports extends OwnExports, PlaneExports {
  input_reset(): void
  input_reserve(bytes: number): number
  input_commit(bytes: number, isLast: number): void
  output_reset(): void
  output_size(): number
  output_next(after: number): number
  output_length(bytes: number): number
  jpeg_begin(): void
  jpeg_head(): Progress
  jpeg_width(): number
  jpeg_height(): number
  jpeg_plan(): void
  jpeg_rows(): Progress
  png_begin(): void
  png_head(): Progress
  png_width(): number
  png_height(): number
  png_plan(): void
  png_rows(): Progress
  webp_head(): Progress
  webp_width(): number
  webp_height(): number
  webp_is_planar(): number
  webp_plan_planes(): void
  webp_planes(): void
  webp_pixels(): void
  webp_frames_plan(): void
  webp_next(): void
  webp_found(): number
  webp_delay(): number
  webp_plays(): number
  webp_frames(
    width: number,
    height: number,
    plays: number,
    quality: number,
    method: number,
    isLossless: number,
  ): void
  png_frames_begin(): void
  png_frames_head(): Progress
  png_frames_width(): number
  png_frames_height(): number
  png_frames_plan(): void
  png_next(): void
  png_found(): number
  png_delay(): number
  png_plays(): number
  png_frames(width: number, height: number, plays: number, level: number): void
  gif_begin(): void
  gif_head(): Progress
  gif_width(): number
  gif_height(): number
  gif_plan(): void
  gif_next(): Progress
  gif_found(): number
  gif_delay(): number
  gif_plays(): number
  gif_frames(width: number, height: number, plays: number): void
  canvas_to_pixels(): void
  canvas_close(): void
  frame_take(): void
  frame_add(milliseconds: number): void
  frames_end(): void
  raw_begin(columns: number, rows: number): number
  raw_pixels(): void
  pixels_new(width: number, height: number): number
  pixels_at(): number
  pixels_width(): number
  pixels_height(): number
  pixels_are_opaque(): number
  pixels_turn(walk: number): void
  pixels_to_webp(quality: number, method: number, isLossless: number): void
  pixels_to_png(level: number): void
  picture_to_pixels(): void
  picture_from_pixels(): void
  picture_limit_range(): void
  picture_to_jpeg(quality: number, isProgressive: number): void
  picture_to_webp(quality: number, method: number): void
}

/** 0: it needs more input; 1: done. */
export type Progress = 0 | 1
/** Calls `turn` until it is done, with more of the file each time it asks for more. */
export type Read = (turn: () => Progress) => void

/** Bytes of the original handed over at a time. */
const CHUNK_BYTES = 64 * 1024

export interface Core extends Omit<OwnInstance<CoreExports>, 'view' | 'unwind'> {
  /** One file is read by one function. `isWhole`: all of it at once. */
  reader(bytes: Uint8Array, isWhole?: boolean): Read
  /** What was encoded. */
  output(): Uint8Array<ArrayBuffer>
}

export function createCore(module: WebAssembly.Module, context: Pick<CodecContext, 'tick' | 'memory'>): Core {
  const { exports, begin, copy, write, view } = createInstance<CoreExports>(module, context)
  return {
    exports,
    copy,
    write,
    begin() {
      begin()
      exports.input_reset()
      exports.output_reset()
    },
    reader(bytes, isWhole = false) {
      let at = 0
      const chunk = isWhole ? bytes.length : CHUNK_BYTES
      const more = () => {
        const end = Math.min(at + chunk, bytes.length)
        const to = exports.input_reserve(end - at)
        view(to, end - at).set(bytes.subarray(at, end))
        exports.input_commit(end - at, end === bytes.length ? 1 : 0)
        at = end
      }
      return (turn) => {
        while (turn() === 0) more()
      }
    },
    output() {
      const whole = new Uint8Array(exports.output_size())
      let at = 0
      for (let block = exports.output_next(0); block !== 0; block = exports.output_next(block)) {
        const length = exports.output_length(block)
        whole.set(view(block, length), at)
        at += length
      }
      return whole
    },
  }
}
