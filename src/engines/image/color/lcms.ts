/** One profile that only a colour engine reads, or the table for inks without one, in an instance of lcms2 (`wasm/lcms2`) of its own. */
import type { TableProfile } from '../../../media/color/tables.ts'
import type { CodecContext } from '../codec.ts'
import { createInstance, type OwnExports, type OwnInstance } from '../core/instance.ts'
import { Stopped } from '../slot.ts'

/** What `wasm/lcms2/src` exports; pointers are numbers. Booleans are 0 and 1. */
interface LcmsExports extends OwnExports {
  color_profile(bytes: number): number
  color_open(bytes: number, space: number): number
  color_open_press(): number
  color_pixels(count: number): number
  color_convert(count: number): void
}

/** The `Space` of color.c. */
const SPACES: Readonly<Record<TableProfile['space'], number>> = { gray: 0, rgb: 1, cmyk: 2 }

/** Most memory of a profile: of the usual ones the largest take some 10 MiB. */
const MOST_BYTES = 64 * 1024 * 1024
/** Pixels between two ticks. */
const BAND = 8192

export interface ColorTable {
  /**
   * To sRGB in place, four bytes a pixel, from the byte `from` on.
   * @returns where it ended: before the end when the profile has broken lcms2. @throws what `tick` does
   */
  convert(data: Uint8ClampedArray, from?: number): number
  readonly memoryBytes: number
}

/** @returns undefined where lcms2 cannot read the profile. @throws what `tick` does */
export function openTable(
  module: WebAssembly.Module,
  context: Pick<CodecContext, 'tick'>,
  profile: TableProfile | 'press',
): ColorTable | undefined {
  const instance = createInstance<LcmsExports>(module, context)
  const { exports, unwind, write, view } = instance
  const pixels = unlessBroken(() => open(instance, profile))
  if (pixels === undefined) return undefined
  let isBroken = false

  function convertBand(band: Uint8ClampedArray): boolean {
    unwind()
    write(pixels as number, band)
    const isDone = unlessBroken(() => (exports.color_convert(band.length / 4), true)) ?? false
    if (isDone) band.set(view(pixels as number, band.length))
    return isDone
  }

  return {
    convert(data, from = 0) {
      let at = from
      for (; at < data.length && !isBroken; at += BAND * 4) {
        isBroken = !convertBand(data.subarray(at, at + BAND * 4))
        if (isBroken) return at
      }
      return Math.min(at, data.length)
    },
    memoryBytes: exports.memory.buffer.byteLength,
  }
}

/** @returns where pixels lie */
function open(
  { exports, begin, write }: OwnInstance<LcmsExports>,
  profile: TableProfile | 'press',
): number | undefined {
  begin(MOST_BYTES)
  if (profile === 'press') return exports.color_open_press() ? exports.color_pixels(BAND) : undefined
  const { bytes, space } = profile
  write(exports.color_profile(bytes.length), bytes)
  return exports.color_open(bytes.length, SPACES[space]) ? exports.color_pixels(BAND) : undefined
}

/** Whatever a profile does to the module costs that profile, not the picture. */
function unlessBroken<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Stopped) throw error
    return undefined
  }
}
