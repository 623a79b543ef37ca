/** Which originals go whole to an ffmpeg: those whose packets cannot be had one by one. Pure. */
import { hasPackets } from '../../media/containers.ts'
import type { TimedInfo } from '../../media/info.ts'
import type { Whole } from './recipe.ts'

/** @param track of sound that is used */
export function wholeOf(
  info: TimedInfo,
  uses: { readonly video?: boolean; readonly track?: number | undefined },
): Whole {
  const { format, video, audio } = info
  const sound = uses.track === undefined ? undefined : audio?.[uses.track]
  const isSeen = uses.video !== true || !video || hasPackets(format, 'video', video.codec)
  const isHeard = !sound || hasPackets(format, 'audio', sound.codec)
  return isSeen && isHeard ? {} : { whole: true }
}
