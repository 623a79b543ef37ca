/** A part of a video as a picture that moves, without sound: GIF or WebP. Pure. */
import { MediaError } from '../../error.ts'
import { formatRow } from '../../media/format.ts'
import type { TimedInfo, VideoTrack } from '../../media/info.ts'
import { checkOutput } from '../bounds.ts'
import type { Ask } from '../plan.ts'
import type { OutputLimits } from '../recipe.ts'
import { effortOf, layOutVideo } from './encode.ts'
import type { ClipRecipe, MovingName, Span, VideoEncoding } from './recipe.ts'
import { speedOf } from './sound.ts'
import { wholeOf } from './whole.ts'
import { momentOf, timedWord } from './words.ts'

/** What nobody asked for otherwise: seconds, pixels, frames a second. */
const DEFAULTS = { time: 2, duration: 3, width: 480, fps: 10 } as const
/** Seconds, of the original and of the result. */
const LONGEST = 60
/** Browsers take what a GIF shows for less than two hundredths of a second for a mistake; WebP counts milliseconds. */
const FASTEST: Readonly<Record<MovingName, number>> = { gif: 50, webp: 240 }
/** Pixels of frames that may wait, four bytes each, until a palette for all of them is known. */
const MOST_WAITING = 32_000_000

/** @throws INVALID_PARAMETER, LIMIT_EXCEEDED */
export function resolvePreview(
  ask: Ask,
  to: MovingName,
  info: TimedInfo,
  video: VideoTrack,
  limits: OutputLimits,
): ClipRecipe {
  const isSized = ask.width !== undefined || ask.height !== undefined
  const { steps, size } = layOutVideo(isSized ? ask : { ...ask, width: DEFAULTS.width }, video, to)
  checkOutput(size, to, limits)
  const speed = speedOf(ask)
  const part = partOf(ask, info.duration, speed)
  const fps = Math.min(FASTEST[to], Number(timedWord(ask, 'fps') ?? DEFAULTS.fps))
  const pixels = (size.width * size.height * fps * (part.end - (part.start ?? 0))) / speed
  return {
    kind: 'clip',
    from: info.format,
    to,
    ...size,
    ...part,
    ...wholeOf(info, { video: true }),
    encoding: {
      from: video,
      codec: to,
      ...steps,
      ...qualityOf(ask, to),
      ...(to === 'gif' ? { palette: pixels <= MOST_WAITING ? 'shared' : 'own' } : {}),
      fps,
      speed,
    },
  }
}

/** Of a video that ends too soon its last seconds. */
function partOf(ask: Ask, length: number | undefined, speed: number): Span & { readonly end: number } {
  const asked = timedWord(ask, 'duration')
  const lasting = asked === undefined ? DEFAULTS.duration : momentOf('duration', asked, length)
  const duration = Math.min(lasting, LONGEST, LONGEST * speed)
  const time = timedWord(ask, 'time')
  if (time === 'auto')
    throw new MediaError('INVALID_PARAMETER', 'Parameter "time" is wrong: auto is for frames', {
      details: [{ parameter: 'time', value: 'auto', expected: 'a time' }],
    })
  // Of one whose length is not known the start is all that is sure to be there.
  const usual = length === undefined ? 0 : DEFAULTS.time
  const from = time === undefined ? usual : momentOf('time', time, length)
  const latest = length === undefined ? Infinity : Math.max(0, length - duration)
  const isThere = time !== undefined && (length === undefined || from < length)
  const start = isThere ? from : Math.min(from, latest)
  return { ...(start > 0 ? { start: rounded(start) } : {}), end: rounded(start + duration) }
}

const rounded = (seconds: number) => Math.round(seconds * 1e6) / 1e6

/** GIF has its 256 colours whatever is asked for. */
function qualityOf(ask: Ask, to: MovingName): Pick<VideoEncoding, 'quality' | 'effort'> {
  const { quality: usual = 0, levels } = formatRow(to)
  if (to === 'gif') return { effort: 0 }
  const { quality = 'auto' } = ask
  const effort = effortOf(ask)
  if (quality === 'lossless' || typeof quality === 'number') return { quality, effort }
  return { quality: quality === 'auto' ? usual : (levels?.[quality] ?? usual), effort }
}
