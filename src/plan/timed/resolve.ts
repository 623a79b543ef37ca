/** What was asked of a video or of audio meets its facts: the mode is decided here, and what the mode ignores is dropped. Pure. */
import { limitError, MediaError } from '../../error.ts'
import type { FormatName } from '../../media/format.ts'
import type { ImageInfo, TimedInfo, VideoTrack } from '../../media/info.ts'
import type { Ask, AskFormat, Question } from '../plan.ts'
import type { ImageRecipe, LookRecipe, MetadataRecipe, OutputLimits } from '../recipe.ts'
import { resolveClip } from './clip.ts'
import type { FactsRecipe, FrameRecipe, TimedRecipe } from './recipe.ts'
import { resolveSound, SOUNDS } from './sound.ts'
import { resolveSprite, resolveStoryboard } from './sprite.ts'
import { resolveWaveform } from './waveform.ts'
import { wholeOf } from './whole.ts'
import { stillOf } from './still.ts'
import { momentOf, timedWord, wrongFormat, type Mode } from './words.ts'

/** How a picture is resolved: a frame is one. */
export interface FrameResolver {
  picture(question: Question, info: ImageInfo): ImageRecipe | LookRecipe
  /** What is told of it. */
  facts(info: ImageInfo): MetadataRecipe
  readonly limits: OutputLimits & { readonly pixels: number }
}

const STILLS: ReadonlySet<AskFormat> = new Set(['jpeg', 'png', 'avif', 'jxl', 'webp', 'gif'])
/** Those that a video becomes when it moves. */
const MOVING: ReadonlySet<AskFormat> = new Set(['webp', 'gif'])

/**
 * @throws INVALID_PARAMETER, NOT_SUPPORTED_HERE, LIMIT_EXCEEDED, and what resolving a picture throws
 */
export function resolveTimed(question: Question, info: TimedInfo, frames: FrameResolver): TimedRecipe {
  const { ask } = question
  const mode = modeOf(ask, info)
  if (mode === 'facts') return resolveFacts(info, frames)
  if (info.audio === undefined && !info.video)
    throw new MediaError('NOT_SUPPORTED_HERE', `Cannot read ${info.format}: no engine here does`)
  if (mode === 'audio') return resolveSound(ask, info)
  if (mode === 'waveform') return resolveWaveform(ask, info)
  const video = requireVideo(info, mode)
  const pixels = pixelsOf(video)
  if (pixels > frames.limits.pixels) throw limitError('pixels', pixels, frames.limits.pixels)
  if (mode === 'frame') return resolveFrame(question, info, video, frames)
  if (mode === 'spritesheet') return resolveSprite(question, info, video, frames)
  if (mode === 'storyboard') return resolveStoryboard(question, info, video, frames)
  if (mode === 'video') return resolveClip(ask, info, video, frames.limits)
  throw new MediaError('NOT_SUPPORTED_HERE', `Cannot make a ${mode}: this version does not`)
}

/** Of a frame as it is stored, or as it is displayed where that is more. */
function pixelsOf({ width, height, codedWidth, codedHeight }: VideoTrack): number {
  return Math.max(width * height, codedWidth * codedHeight)
}

function resolveFacts(info: TimedInfo, frames: FrameResolver): FactsRecipe {
  const { format, video } = info
  const facts = { kind: 'facts', from: format, to: 'json', info } as const
  if (!video || video.width === 0 || video.height === 0 || pixelsOf(video) > frames.limits.pixels)
    return facts
  return {
    ...facts,
    sample: {
      at: 0,
      track: video,
      ...wholeOf(info, { video: true }),
      picture: frames.facts(stillOf(video, video.hasAlpha)),
    },
  }
}

/** What is asked for decides, then what it is to become. */
function modeOf(ask: Ask, info: TimedInfo): Mode | 'facts' {
  const named = timedWord(ask, 'mode') as Mode | undefined
  if (named) return named
  const { format } = ask
  if (format === 'json') return 'facts'
  if (format && SOUNDS[format]) return 'audio'
  const isStill = format && STILLS.has(format) && (info.class === 'audio' || !MOVING.has(format))
  if (isStill) return 'frame'
  return info.class === 'audio' ? 'audio' : 'video'
}

function requireVideo({ class: mediaClass, video }: TimedInfo, mode: Mode): VideoTrack {
  if (video && video.width > 0 && video.height > 0) return video
  const lack =
    mediaClass === 'audio' && mode === 'frame'
      ? 'this sound carries no picture'
      : `${mediaClass} has no pictures`
  throw new MediaError('INVALID_PARAMETER', `Parameter "mode" is wrong: ${lack}`, {
    details: [{ parameter: 'mode', value: mode, expected: 'audio' }],
  })
}

function resolveFrame(
  { ask, accepts }: Question,
  info: TimedInfo,
  video: VideoTrack,
  frames: FrameResolver,
): FrameRecipe {
  const { timed: _, ...rest } = ask
  const format = ask.format ?? (accepts.length > 0 ? undefined : video.hasAlpha ? 'png' : 'jpeg')
  if (format !== undefined && !STILLS.has(format)) throw wrongFormat(format, 'a frame')
  const picture = frames.picture(
    { ask: { ...rest, ...(format === undefined ? {} : { format }) }, accepts },
    stillOf(video, video.hasAlpha),
  )
  const time = timedWord(ask, 'time') ?? '0'
  const to = picture.kind === 'image' ? picture.to : (format ?? 'webp')
  return {
    kind: 'frame',
    from: info.format,
    ...(time === 'auto'
      ? { at: 0, among: candidateTimes(info.duration) }
      : { at: momentOf('time', time, info.duration) }),
    track: video,
    ...wholeOf(info, { video: true }),
    picture,
    to: to as FormatName,
  }
}

/** Seconds in which most films begin, and then parts of the length. */
const EARLY = [0, 1, 2, 3, 5, 8, 13] as const
const SPREAD = 8

/** Moments that `time=auto` looks at, ascending: those of the beginning, then as many evenly to the end. */
function candidateTimes(duration = 0): number[] {
  const early = EARLY.filter((time) => time === 0 || time < duration)
  const from = early.at(-1) ?? 0
  const spread = Array.from({ length: SPREAD }, (_, n) => from + ((duration - from) * (n + 1)) / (SPREAD + 1))
  const all = [...early, ...spread.filter((time) => time > from)]
  return all.map((time) => Math.round(time * 1e6) / 1e6)
}
