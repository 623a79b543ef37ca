/** The formats that the core writes, from the picture (planes) or the pixels (RGBA) that lie in it. */
import type { Core, CoreExports } from './module.ts'
import type { Samples } from './planes.ts'

export interface CoreTarget {
  readonly format: TargetFormat
  /** 1 to 100. */
  readonly quality: number
  readonly lossless: boolean
  /** Of JPEG. */
  readonly progressive?: boolean
  /** 0 (fast) to 9 (small); absent: what suits a service. */
  readonly effort?: number
}
export type TargetFormat = keyof typeof WRITERS
export const writesInCore = (format: string): format is TargetFormat => Object.hasOwn(WRITERS, format)

interface Writer {
  /** How planes are wanted; absent: it wants pixels. */
  samples(target: CoreTarget): Samples | undefined
  /** Pixels that it wants as planes become those, once for all qualities. Absent: it never does. */
  settle?(core: CoreExports, target: CoreTarget): Held
  /** Absent: it never wants any. */
  planes?(core: CoreExports, target: CoreTarget): void
  pixels?(core: CoreExports, target: CoreTarget): void
}

/** What of the picture lies in the core. */
export type Held = 'planes' | 'pixels'

/** By effort. Of libwebp, 0 to 6. */
const WEBP_METHODS = [0, 1, 2, 3, 4, 4, 5, 5, 6, 6] as const
/** libwebp's default, as sharp has it: half of it is twice as fast and takes a quarter more bytes. */
const WEBP_METHOD = 4
export const webpMethod = ({ effort }: CoreTarget, usual: number = WEBP_METHOD): number =>
  effort === undefined ? usual : (WEBP_METHODS[effort] ?? usual)
/** Of lossless WebP: its effort, not its quality; and the method, quicker for large pictures at half as many bytes again. */
const LOSSLESS = { quality: 75, method: 2, quickMethod: 0, quickPixels: 4_000_000 }

/** By effort. Of libdeflate, 1 to 12. */
const PNG_LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12] as const
/** About as small as sharp with zlib at its level 6; another percent would take as long again. */
const PNG_LEVEL = 5
export const pngLevel = ({ effort }: CoreTarget): number =>
  effort === undefined ? PNG_LEVEL : (PNG_LEVELS[effort] ?? PNG_LEVEL)

const WRITERS = {
  jpeg: {
    samples: () => ({ isSubsampled: true, isLimited: false }),
    planes: (core, { quality, progressive }) => core.picture_to_jpeg(quality, progressive ? 1 : 0),
    /** Alpha is not looked at: what has some was laid over a background before. */
    settle(core) {
      core.picture_from_pixels()
      return 'planes'
    },
  },
  webp: {
    samples: ({ lossless }) => (lossless ? undefined : { isSubsampled: true, isLimited: true }),
    planes: (core, target) => core.picture_to_webp(target.quality, webpMethod(target)),
    settle(core, { lossless }) {
      if (lossless || !core.pixels_are_opaque()) return 'pixels'
      core.picture_from_pixels()
      core.picture_limit_range()
      return 'planes'
    },
    pixels(core, target) {
      if (target.lossless) writeLossless(core, target)
      else core.pixels_to_webp(target.quality, webpMethod(target), 0)
    },
  },
  png: {
    samples: () => undefined,
    pixels: (core, target) => core.pixels_to_png(pngLevel(target)),
  },
  /** An animation of one frame. */
  gif: {
    samples: () => undefined,
    pixels(core) {
      core.gif_frames(core.pixels_width(), core.pixels_height(), 1)
      core.frame_take()
      core.frame_add(0)
      core.frames_end()
    },
  },
} satisfies Record<string, Writer>

function writeLossless(core: CoreExports, target: CoreTarget): void {
  const { quality, method, quickMethod, quickPixels } = LOSSLESS
  const isLarge = core.pixels_width() * core.pixels_height() > quickPixels
  core.pixels_to_webp(quality, webpMethod(target, isLarge ? quickMethod : method), 1)
}

export const samplesFor = (target: CoreTarget): Samples | undefined => {
  const writer: Writer = WRITERS[target.format]
  return writer.samples(target)
}

/** Before anything is written, and once: makes of what was read what the format is written from. */
export function settleTarget(core: Core, target: CoreTarget, held: Held): Held {
  const writer: Writer = WRITERS[target.format]
  return held === 'pixels' ? (writer.settle?.(core.exports, target) ?? 'pixels') : 'planes'
}

/** May be called again, for other qualities. */
export function writeTarget(core: Core, target: CoreTarget, held: Held): Uint8Array<ArrayBuffer> {
  const writer: Writer = WRITERS[target.format]
  core.exports.output_reset()
  writer[held]?.(core.exports, target)
  return core.output()
}
