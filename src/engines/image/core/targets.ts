/** The formats that the core writes, from the picture (planes) or the pixels (RGBA) that lie in it. */
import type { Core, CoreExports } from './module.ts'
import type { Samples } from './sources.ts'

export interface CoreTarget {
  readonly format: TargetFormat
  /** 1 to 100. */
  readonly quality: number
  readonly lossless: boolean
}
export type TargetFormat = keyof typeof WRITERS
export const writesInCore = (format: string): format is TargetFormat => Object.hasOwn(WRITERS, format)

interface Writer {
  /** How planes are wanted; absent: it wants pixels. */
  samples(target: CoreTarget): Samples | undefined
  /** Absent: it never wants any. */
  planes?(core: CoreExports, target: CoreTarget): void
  pixels(core: CoreExports, target: CoreTarget): void
}

/** libwebp's default, as sharp has it: half of it is twice as fast and takes a quarter more bytes. */
const WEBP_METHOD = 4
/** Of lossless WebP: its effort, not its quality; and the method, quicker for large pictures at half as many bytes again. */
const LOSSLESS = { quality: 75, method: 2, quickMethod: 0, quickPixels: 4_000_000 }

/** Of libdeflate: about as small as sharp with zlib at its level 6; another percent would take as long again. */
const PNG_LEVEL = 5

const WRITERS = {
  jpeg: {
    samples: () => ({ isSubsampled: true, isLimited: false }),
    planes: (core, { quality }) => core.picture_to_jpeg(quality),
    /** Alpha is not looked at: what has some was laid over a background before. */
    pixels(core, { quality }) {
      core.picture_from_pixels()
      core.picture_to_jpeg(quality)
    },
  },
  webp: {
    samples: ({ lossless }) => (lossless ? undefined : { isSubsampled: true, isLimited: true }),
    planes: (core, { quality }) => core.picture_to_webp(quality, WEBP_METHOD),
    pixels(core, { quality, lossless }) {
      if (lossless) return writeLossless(core)
      if (!core.pixels_are_opaque()) return core.pixels_to_webp(quality, WEBP_METHOD, 0)
      core.picture_from_pixels()
      core.picture_limit_range()
      core.picture_to_webp(quality, WEBP_METHOD)
    },
  },
  png: {
    samples: () => undefined,
    pixels: (core) => core.pixels_to_png(PNG_LEVEL),
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

function writeLossless(core: CoreExports): void {
  const { quality, method, quickMethod, quickPixels } = LOSSLESS
  const isLarge = core.pixels_width() * core.pixels_height() > quickPixels
  core.pixels_to_webp(quality, isLarge ? quickMethod : method, 1)
}

export const samplesFor = (target: CoreTarget): Samples | undefined => {
  const writer: Writer = WRITERS[target.format]
  return writer.samples(target)
}

export function writeTarget(
  core: Core,
  target: CoreTarget,
  from: 'planes' | 'pixels',
): Uint8Array<ArrayBuffer> {
  const writer: Writer = WRITERS[target.format]
  writer[from]?.(core.exports, target)
  return core.output()
}
