/** The picture that a file of sound carries is asked for as a frame of a video is. Pure. */
import { formatRow, FORMATS, type FormatName } from '../../media/format.ts'
import type { Ask } from '../plan.ts'
import { timedWord } from './words.ts'

/** Whether a picture is wanted: by its mode, or by its format where none is named. */
export function wantsCover(ask: Ask): boolean {
  const { format } = ask
  const isPicture = format !== undefined && isStill(format)
  if (timedWord(ask, 'mode') === undefined) return isPicture
  return timedWord(ask, 'mode') === 'frame' && (format === undefined || isPicture)
}

function isStill(format: string): boolean {
  return Object.hasOwn(FORMATS, format) && formatRow(format as FormatName).class === 'image'
}
