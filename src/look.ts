/** One look of the classifier at an original: at a picture, at one frame of a video, or at as many as tell what it shows. */
import type { Judging, Services } from './context.ts'
import { probe } from './engines/probe.ts'
import { MediaError } from './error.ts'
import { lookTimes, makeFrame, type Probed } from './frames.ts'
import { formatRow, type FormatName } from './media/format.ts'
import { NO_PREDICTIONS, worstOf, type Finding } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import { bytesOriginal } from './sources/bytes.ts'
import { hurriedOriginal } from './sources/hurried.ts'

export interface Seen {
  readonly original: Original
  readonly format: FormatName
  /** Of a picture: the one frame or page that counts; absent: any. */
  readonly page?: number | undefined
  /** Of a video: seconds, or `auto`, the one frame that counts; absent: all of it. */
  readonly at?: number | 'auto' | undefined
}

/** Files of these hold nothing that moves. */
const SOUND_ALONE: ReadonlySet<FormatName> = new Set(['mp3', 'aac', 'flac', 'wav'])

/** Whether there may be anything to see in a file of this format. */
export const isSeen = (format: FormatName): boolean => !SOUND_ALONE.has(format)

/** Networks look at less. */
const LOOKED_AT = { width: 512, height: 512 } as const
/** A file of video or of sound without pictures. */
const NOTHING: Finding = { probability: 0, predictions: NO_PREDICTIONS }

/**
 * Of a video the worst of its frames counts.
 * @throws what reading and decoding throw, NOT_SUPPORTED_HERE where nothing decodes it, NSFW_UNJUDGED, or the signal's reason
 */
export async function look(
  { original, format, page, at }: Seen,
  judging: Judging,
  signal: AbortSignal,
  services: Services,
): Promise<Finding> {
  const { sourceMs, transformMs } = services.limits
  if (formatRow(format).class === 'image')
    return judging.classifier.classify(hurriedOriginal(original, sourceMs), signal, page)
  const info = await probe(original, undefined, signal)
  if (!hasPictures(info)) return NOTHING
  const times = at === undefined ? lookTimes(info.duration ?? 0, judging.frames) : [at]
  const latest = services.now() + 2 * transformMs
  const findings: Finding[] = []
  for (const time of times) {
    if (services.now() > latest) throw new MediaError('TRANSFORM_TIMEOUT')
    const probed: Probed = { original: hurriedOriginal(original, sourceMs), info }
    const frame = await makeFrame(probed, time, LOOKED_AT, signal, services)
    findings.push(await judging.classifier.classify(bytesOriginal(frame, 'memory'), signal))
  }
  return worstOf(findings)
}

type Info = Probed['info']

/** @throws NOT_SUPPORTED_HERE, UNSUPPORTED_CODEC where it cannot be told */
function hasPictures(info: Info): info is Exclude<Info, { class: 'image' }> {
  if (info.class === 'image') return false
  if (!info.video && !info.audio)
    throw new MediaError('NOT_SUPPORTED_HERE', `Cannot read ${info.format}: no engine here does`)
  if (info.video && (info.video.width === 0 || info.video.height === 0))
    throw new MediaError('UNSUPPORTED_CODEC', `Cannot read the pictures of this ${info.format}`)
  return info.video !== undefined
}
