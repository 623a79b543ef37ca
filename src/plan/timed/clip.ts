/** A video of a video: copied where packets can stay as they are, else made anew. Pure. */
import { MediaError } from '../../error.ts'
import { givesPackets, holds } from '../../media/containers.ts'
import type { FormatName } from '../../media/format.ts'
import type { AudioTrack, TimedInfo, VideoTrack } from '../../media/info.ts'
import { checkOutput } from '../bounds.ts'
import type { Ask, AskFormat } from '../plan.ts'
import type { OutputLimits, Size } from '../recipe.ts'
import { asksForPixels, layOutVideo, rateOf } from './encode.ts'
import { resolvePreview } from './preview.ts'
import type { ClipRecipe, MovingName, VideoCodecName } from './recipe.ts'
import { encodeSound, speedOf, trackOf } from './sound.ts'
import { wholeOf } from './whole.ts'
import { spanOf, timedWord, wrongFormat } from './words.ts'

interface Target {
  readonly to: FormatName
  /** What is made where nothing that the file holds is there. */
  readonly codec: Exclude<VideoCodecName, MovingName>
  /** The codec was named: no other will do. */
  readonly named?: true
}

const MP4 = { to: 'mp4', codec: 'avc' } as const
const WEBM = { to: 'webm', codec: 'vp9' } as const
const TARGETS: Readonly<Partial<Record<AskFormat, Target>>> = {
  mp4: MP4,
  webm: WEBM,
  h264: { ...MP4, named: true },
  h265: { to: 'mp4', codec: 'hevc', named: true },
  vp9: { ...WEBM, named: true },
  av1: { to: 'mp4', codec: 'av1', named: true },
}

/** @throws INVALID_PARAMETER, NOT_SUPPORTED_HERE, LIMIT_EXCEEDED */
export function resolveClip(ask: Ask, info: TimedInfo, video: VideoTrack, limits: OutputLimits): ClipRecipe {
  const { format } = ask
  if (format === 'gif' || format === 'webp') return resolvePreview(ask, format, info, video, limits)
  const asked = format === undefined ? undefined : TARGETS[format]
  if (format !== undefined && !asked) throw wrongFormat(format, 'a video')
  const track = timedWord(ask, 'audio') === 'false' ? undefined : trackOf(ask, info)
  const parts = { ...spanOf(ask, info.duration), ...(track === undefined ? {} : { track }) }
  const kept = asked?.to ?? containerOf(info.format)
  const sound = track === undefined ? undefined : info.audio?.[track]
  const isHeld =
    givesPackets(info.format) &&
    holds(kept, 'video', video.codec) &&
    (!sound || holds(kept, 'audio', sound.codec))
  const isNamed = asked?.named !== true || asked.codec === video.codec
  const from = info.format
  if (isHeld && isNamed && !asksForPixels(ask, video)) {
    const { width, height } = video
    return { kind: 'clip', from, to: kept, width, height, ...parts }
  }
  const target = asked ?? (from === 'webm' || video.hasAlpha ? WEBM : MP4)
  const { steps, size } = layOutVideo(ask, video, target.to)
  checkOutput(size, target.to, limits)
  checkSize(size, target.codec)
  const fps = timedWord(ask, 'fps')
  const speed = speedOf(ask)
  const soundRate = timedWord(ask, 'soundRate')
  return {
    kind: 'clip',
    from,
    to: target.to,
    ...size,
    ...parts,
    ...wholeOf(info, { video: true, track }),
    encoding: {
      from: video,
      codec: target.codec,
      ...steps,
      ...rateOf(ask, target.codec),
      ...(fps === undefined ? {} : { fps: Number(fps) }),
      ...groupOf(ask, video, fps),
      speed,
      ...(sound ? { sound: encodeSound(ladderSound(ask, sound), target.to, speed, soundRate) } : {}),
    },
  }
}

/** Of a ladder, whose files are cut at the same frames; no address asks for it. */
function groupOf(ask: Ask, video: VideoTrack, fps: string | undefined): { group?: number } {
  const seconds = timedWord(ask, 'groupSeconds')
  const rate = fps === undefined ? (video.fps ?? USUAL_FPS) : Number(fps)
  return seconds === undefined ? {} : { group: Math.max(1, Math.round(Number(seconds) * rate)) }
}
const USUAL_FPS = 30

/** In a ladder two channels are what its rates are for. */
function ladderSound(ask: Ask, sound: AudioTrack): AudioTrack {
  return timedWord(ask, 'soundRate') === undefined
    ? sound
    : { ...sound, channels: Math.min(2, sound.channels) }
}

/** Encoders take no fewer than these. */
const LEAST_SIDE: Readonly<Partial<Record<VideoCodecName, number>>> = { hevc: 16, av1: 16 }

function checkSize({ width, height }: Size, codec: VideoCodecName): void {
  const least = LEAST_SIDE[codec] ?? 2
  if (Math.min(width, height) >= least) return
  throw new MediaError('INVALID_PARAMETER', 'Parameter "width" is wrong: the video would be too small', {
    details: [{ parameter: width < height ? 'width' : 'height', expected: `at least ${least} pixels` }],
  })
}

/** What is written where nothing was asked for: players know MP4 best, and WebM where its codecs are from there. */
function containerOf(from: FormatName): FormatName {
  return from === 'webm' || from === 'mkv' || from === 'ts' || from === 'mov' ? from : 'mp4'
}
