/** Colours that a file names instead of describing them in a profile. */
import type { FormatName } from '../format.ts'
import { readHeaderOfJxl } from '../headers/jxl.ts'
import { SRGB } from '../jxl/colors.ts'
import type { MatrixProfile } from './icc.ts'
import { namedProfile } from './named.ts'

/** Undefined where the profile in the file decides, or sRGB is meant. Never throws. */
export function profileByName(format: FormatName, bytes: Uint8Array): MatrixProfile | undefined {
  const named = format === 'jxl' ? namedOfJxl(bytes) : undefined
  return named && namedProfile(named)
}

function namedOfJxl(bytes: Uint8Array) {
  try {
    const { colors, isXyb } = readHeaderOfJxl(bytes)
    // Colours of the format's own space come out of the decoder as they are named, else in linear light.
    return colors.hasProfile ? (isXyb ? { ...SRGB, curve: 'linear' as const } : undefined) : colors.named
  } catch {
    return undefined
  }
}
