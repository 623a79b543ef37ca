/** The outline of sound: how loud it is, point by point. Pure. */
import { MediaError } from '../../error.ts'
import type { FormatName } from '../../media/format.ts'
import type { TimedInfo } from '../../media/info.ts'
import type { Ask } from '../plan.ts'
import type { Span, Whole } from './recipe.ts'
import { trackOf } from './sound.ts'
import { wholeOf } from './whole.ts'
import { spanOf, wrongFormat } from './words.ts'

/** Peaks of one track, mixed to one channel, as JSON. */
export interface WaveformRecipe extends Span, Whole {
  readonly kind: 'waveform'
  readonly from: FormatName
  readonly to: 'json'
  readonly track: number
  /** Most of them. */
  readonly points: number
  /** Hz that it is decoded to, where it is decoded. */
  readonly sampleRate: number
  /** Seconds of all of it, as far as the file tells. */
  readonly length?: number
}

const POINTS = 800
/** Bytes of samples that are decoded: of many hours each peak is one of so many that fewer of them tell the same. */
const DECODED_BYTES = 128 * 1_048_576
const SAMPLE_BYTES = 2
const RATES = [48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 4000, 2000]

/** @throws INVALID_PARAMETER */
export function resolveWaveform(ask: Ask, info: TimedInfo): WaveformRecipe {
  const { format, width: points = POINTS } = ask
  if (format !== undefined && format !== 'json') throw wrongFormat(format, 'a waveform')
  const track = trackOf(ask, info)
  const source = track === undefined ? undefined : info.audio?.[track]
  if (track === undefined || !source)
    throw new MediaError('INVALID_PARAMETER', 'Parameter "mode" is wrong: the original has no sound', {
      details: [{ parameter: 'mode', value: 'waveform' }],
    })
  const span = spanOf(ask, info.duration)
  const end = span.end ?? info.duration
  const length = end === undefined ? undefined : end - (span.start ?? 0)
  const sampleRate = rateFor(source.sampleRate, length)
  const told = length === undefined ? {} : { length }
  const whole = wholeOf(info, { track })
  return {
    kind: 'waveform',
    from: info.format,
    to: 'json',
    ...whole,
    track,
    points,
    sampleRate,
    ...told,
    ...span,
  }
}

function rateFor(own: number, seconds = 3600): number {
  const most = DECODED_BYTES / SAMPLE_BYTES / seconds
  return RATES.find((rate) => rate <= Math.max(own, 2000) && rate <= most) ?? 2000
}
