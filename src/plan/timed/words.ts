/** The parameters of video and audio, from the canonical text that a plan carries to what they mean. Pure. */
import { MediaError } from '../../error.ts'
import type { Ask, AskFormat } from '../plan.ts'

export type Mode = 'video' | 'frame' | 'spritesheet' | 'storyboard' | 'audio' | 'waveform' | 'hls'

/** Of an ask; the text has been validated by the rows of `request/rows/timed.ts`. */
export const timedWord = ({ timed }: Ask, name: string): string | undefined => timed?.[name]

/**
 * Seconds from the start of the presentation, clamped into it.
 * @param text `90`, `-1.5` (from the end) or `50%`
 * @throws INVALID_PARAMETER where the length must be known and is not
 */
export function momentOf(parameter: string, text: string, duration: number | undefined): number {
  const value = Number.parseFloat(text)
  if (!text.endsWith('%') && !text.startsWith('-')) return Math.max(0, Math.min(value, duration ?? Infinity))
  if (duration === undefined)
    throw new MediaError(
      'INVALID_PARAMETER',
      `Parameter "${parameter}" is wrong: the length of this original is not known`,
      { details: [{ parameter, value: text, expected: 'seconds from the start' }] },
    )
  const moment = text.endsWith('%') ? (duration * value) / 100 : duration + value
  return rounded(Math.max(0, Math.min(moment, duration)))
}

/** Microseconds are finer than any time base that matters, and equal for equal questions. */
const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6

/** The part that `time` and `duration` name; empty where they name all of it. @throws INVALID_PARAMETER */
export function spanOf(ask: Ask, length: number | undefined): { start?: number; end?: number } {
  const [from, lasting] = [timedWord(ask, 'time'), timedWord(ask, 'duration')]
  if (from === 'auto')
    throw new MediaError('INVALID_PARAMETER', 'Parameter "time" is wrong: auto is for frames', {
      details: [{ parameter: 'time', value: 'auto', expected: 'a time' }],
    })
  const start = from === undefined ? 0 : momentOf('time', from, length)
  const end = lasting === undefined ? undefined : rounded(start + momentOf('duration', lasting, length))
  if (length !== undefined && start >= length)
    throw new MediaError('INVALID_PARAMETER', 'Parameter "time" is wrong: nothing follows', {
      details: [{ parameter: 'time', value: from, expected: `a time before ${length}` }],
    })
  const isToEnd = end === undefined || (length !== undefined && end >= length)
  return { ...(start > 0 ? { start } : {}), ...(isToEnd ? {} : { end }) }
}

export function wrongFormat(format: AskFormat, what: string): MediaError {
  return new MediaError('INVALID_PARAMETER', `Parameter "format" is wrong: ${what} cannot become ${format}`, {
    details: [{ parameter: 'format', value: format, expected: `a format of ${what}` }],
  })
}
