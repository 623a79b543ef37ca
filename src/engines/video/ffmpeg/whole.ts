/** Originals that an ffmpeg reads itself: what it is told of them, and how it gets their bytes. */
import { limitError } from '../../../error.ts'
import { toStream } from '../../../lib/stream.ts'
import type { FormatName } from '../../../media/format.ts'
import type { VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Span } from '../../../plan/timed/recipe.ts'
import type { FfmpegFile } from '../../../platform.ts'
import { guards } from './guards.ts'
import type { Input } from './input.ts'

/** By our own sniffing: it never chooses one itself, so that no playlist is ever taken for media. */
const DEMUXERS: Readonly<Partial<Record<FormatName, readonly [name: string, ...options: string[]]>>> = {
  avi: ['avi'],
  flv: ['flv'],
  mp4: mov(),
  mov: mov(),
  '3gp': mov(),
  m4a: mov(),
  webm: ['matroska'],
  mkv: ['matroska'],
  ts: ['mpegts'],
  mp3: ['mp3'],
  aac: ['aac'],
  ogg: ['ogg'],
  flac: ['flac'],
  wav: ['wav'],
}

/** Data may stand in another file, as its index says: never. */
function mov(): readonly [string, ...string[]] {
  return ['mov', '-enable_drefs', '0', '-use_absolute_path', '0']
}

export const readsWhole = (format: FormatName): boolean => DEMUXERS[format] !== undefined

/** Seconds before what is wanted: frames are shown later than they are decoded, and some indices say when the one, some when the other is. */
const LEAD = 1
/** Transport streams have no index: what is found may be in the middle of a group of pictures. */
const LONG_LEAD = 10

/** Begins with a key frame at or before the wanted part. */
export function wholeInput(from: FormatName, { start = 0, end }: Span, video?: VideoTrack): Input {
  const [demuxer = '', ...options] = DEMUXERS[from] ?? []
  const seek = Math.max(0, start - (from === 'ts' ? LONG_LEAD : LEAD))
  const place = seek > 0 ? ['-noaccurate_seek', '-ss', String(seek)] : []
  const shown = start > 0 ? shownAt(from, start, video) - seek : undefined
  return {
    // Said, since the one in WebAssembly keeps what its last run was told.
    read: [
      '-nocopyts',
      '-noautorotate',
      '-f',
      demuxer,
      ...options,
      ...guards(demuxer, video),
      ...place,
      '-i',
      'pipe:0',
    ],
    // Cover pictures are no video.
    video: '0:V:0',
    start: start - seek,
    ...(shown === undefined ? {} : { shown }),
    ...(end === undefined ? {} : { end: end - seek }),
  }
}

const SLACK = 0.001

/** When the frame that stands at a time was first shown: known where each takes as long as all others. */
function shownAt(from: FormatName, time: number, video: VideoTrack | undefined): number {
  if (from !== 'avi' || !video?.fps) return time
  return Math.floor((time + SLACK) * video.fps) / video.fps
}

/** @throws SOURCE_TOO_LARGE, and what the source throws */
export async function openWhole(original: Original, most: number): Promise<FfmpegFile> {
  const { size } = original
  if (size === undefined) return readWhole(original, most)
  if (size > most) throw limitError('sourceBytes', size, most, 'SOURCE_TOO_LARGE')
  return { size, read: (start, end) => original.read({ start, end }), stream: () => original.stream() }
}

/** Of one that does not say how large it is. */
async function readWhole(original: Original, most: number): Promise<FfmpegFile> {
  const bytes = await original.read({ start: 0, end: most + 1 })
  if (bytes.length > most) throw limitError('sourceBytes', bytes.length, most, 'SOURCE_TOO_LARGE')
  const left = [bytes]
  return {
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    stream: () => toStream(async () => left.shift()),
  }
}
