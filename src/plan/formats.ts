/** What a deployment can do with pictures: one that is without a codec's module does without its format. Pure. */
import { MediaError } from '../error.ts'
import type { FormatName } from '../media/format.ts'

export interface Formats {
  reads(format: FormatName): boolean
  writes(format: FormatName): boolean
}

/** @returns NOT_SUPPORTED_HERE, or nothing where it can */
export function missingReader(format: FormatName, formats: Formats | undefined): MediaError | undefined {
  if (formats?.reads(format) !== false) return undefined
  return new MediaError(
    'NOT_SUPPORTED_HERE',
    `Cannot decode ${format}: this deployment is without its decoder`,
  )
}

/** @returns NOT_SUPPORTED_HERE, or nothing where it can */
export function missingWriter(format: FormatName, formats: Formats | undefined): MediaError | undefined {
  if (formats?.writes(format) !== false) return undefined
  return new MediaError(
    'NOT_SUPPORTED_HERE',
    `Cannot write ${format}: this deployment is without its encoder`,
  )
}
