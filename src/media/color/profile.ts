/** What a picture's colours are, where that is a matter of three curves and a matrix. */
import type { FormatName } from '../format.ts'
import { readHeaderOfJxl } from '../headers/jxl.ts'
import { SRGB } from '../jxl/colors.ts'
import { embeddedProfile } from './embedded.ts'
import { readMatrixProfile, type MatrixProfile } from './icc.ts'
import { namedProfile } from './named.ts'

/** Undefined where they are taken for sRGB's. Never throws. */
export async function profileOf(format: FormatName, bytes: Uint8Array): Promise<MatrixProfile | undefined> {
  const named = format === 'jxl' ? namedOfJxl(bytes) : undefined
  if (named) return namedProfile(named)
  const embedded = await embeddedProfile(format, bytes)
  return embedded && readMatrixProfile(embedded)
}

/** Undefined where the profile in the file decides. */
function namedOfJxl(bytes: Uint8Array) {
  try {
    const { colors, isXyb } = readHeaderOfJxl(bytes)
    // Colours of the format's own space come out of the decoder as they are named, else in linear light.
    return colors.hasProfile ? (isXyb ? { ...SRGB, curve: 'linear' as const } : undefined) : colors.named
  } catch {
    return undefined
  }
}
