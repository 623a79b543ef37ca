/** Video in Ogg, which the package does not see: players might show what nobody here has looked at. */
import type { TimedInfo, VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'

/** The first pages are those that begin each stream. */
const HEAD_BYTES = 4096
/** How a stream of each codec begins (Xiph.org: Theora I, 6.1; Ogg mappings of the others). */
const BEGINNINGS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\x80theora/, 'theora'],
  [/OVP80/, 'vp8'],
  [/BBCD\0/, 'dirac'],
  [/\x01video\0/, 'ogm'],
]

/** Such a file is video of a codec that nothing here decodes. */
export async function withOggVideo(info: TimedInfo, original: Original): Promise<TimedInfo> {
  const head = await original.read({ start: 0, end: HEAD_BYTES })
  const text = String.fromCharCode(...head)
  const found = BEGINNINGS.find(([pattern]) => pattern.test(text))
  return found ? { ...info, class: 'video', video: unreadable(found[1]) } : info
}

function unreadable(codecId: string): VideoTrack {
  const size = { width: 0, height: 0, codedWidth: 0, codedHeight: 0 }
  return { codec: null, codecId, ...size, rotation: 0, hasAlpha: false, isHdr: false }
}
