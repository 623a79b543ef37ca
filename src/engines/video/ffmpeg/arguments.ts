/** What an ffmpeg is told, the same for all of them. Built of numbers and of words of our own: nothing that a client wrote. Pure. */
import type { VideoTrack } from '../../../media/info.ts'
import type { Size } from '../../../plan/recipe.ts'
import type { Input } from './input.ts'

/** Its decoder, where it is not named as the codec is. */
const DECODERS: Readonly<Record<string, string>> = {
  avc: 'h264',
  vp8: 'vp8',
  vp9: 'vp9',
  hevc: 'hevc',
  av1: 'av1',
}
/** Those that read the transparency too: ffmpeg's own do not. */
const ALPHA_DECODERS: Readonly<Record<string, string>> = { vp8: 'libvpx', vp9: 'libvpx-vp9' }

/** Any of them will do; the first that is there is taken. */
export function decodersFor({ codec, hasAlpha }: Pick<VideoTrack, 'codec' | 'hasAlpha'>): readonly string[] {
  if (codec === null) return []
  const alpha = hasAlpha ? ALPHA_DECODERS[codec] : undefined
  if (alpha) return [alpha]
  if (codec === 'av1') return ['libdav1d', 'libaom-av1', 'av1']
  return [DECODERS[codec] ?? codec]
}

/** Turns what is stored into what is displayed: upright, of square pixels. */
export function uprightFilters({ rotation, codedWidth, codedHeight, width, height }: VideoTrack): string[] {
  const isTurned = rotation === 90 || rotation === 270
  const [across, down] = isTurned ? [codedHeight, codedWidth] : [codedWidth, codedHeight]
  const isSquare = across === width && down === height
  return [...TURNS[rotation], ...(isSquare ? [] : [exactScale({ width, height })]), 'setsar=1']
}

const TURNS: Readonly<Record<VideoTrack['rotation'], readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
}

/** The frames of a cut that are wanted: those at odd milliseconds. One that comes too late is left out. */
const WANTED = "select='mod(round(t*1000)\\,2)*(isnan(prev_selected_t)+gt(t\\,prev_selected_t))'"

/** The same colours from every ffmpeg: without, those with and without vectors are up to 2 of 255 apart. */
const ROUNDING = 'accurate_rnd+full_chroma_int+bitexact'
const EXACT = ['-sws_flags', `bicubic+${ROUNDING}`]

/** Flags of a filter replace those of all. */
export const exactScale = ({ width, height }: Size): string =>
  `scale=${width}:${height}:flags=lanczos+${ROUNDING}+full_chroma_inp`

/** One frame as a PNG that is quick to write: it is read once, by us. */
export function frameArguments(
  track: VideoTrack,
  { read, video }: Input,
  chosen: readonly string[],
  shape: readonly string[] = [],
): string[] {
  const filters = [
    ...chosen,
    ...uprightFilters(track),
    ...shape,
    `format=${track.hasAlpha ? 'rgba' : 'rgb24'}`,
  ]
  const make = ['-map', video, '-an', '-sn', '-dn', '-vf', filters.join(',')]
  return [...read, ...EXACT, ...make, '-fps_mode', 'passthrough', '-frames:v', '1', ...PNG]
}

export const PNG = ['-c:v', 'png', '-compression_level', '0', '-pred', 'none', '-f', 'image2pipe']

type Chosen = Pick<Input, 'read' | 'video'>

/** The first `count` (default 1) of what `filters` make of the wanted frames of a cut. */
export function cutArguments(
  input: Chosen,
  filters: readonly string[],
  write: readonly string[],
  count = 1,
): string[] {
  return chosenArguments(input, [WANTED, ...filters], write, count)
}

/** The first frames of what `filters` make. */
export function chosenArguments(
  { read, video }: Chosen,
  filters: readonly string[],
  write: readonly string[],
  count: number,
): string[] {
  const make = ['-map', video, '-an', '-sn', '-dn', '-vf', filters.join(','), '-fps_mode', 'passthrough']
  return [...read, ...EXACT, ...make, '-frames:v', String(count), ...write]
}

/** The frames of a cut that are wanted. */
export const MARKED = [WANTED]

/**
 * The last frame at or before a time, or the first one; then those of times so many seconds apart. The last of all stays.
 * @param every seconds, above 0
 */
export const shownFilters = ({ start }: Pick<Input, 'start'>, every = 1): string[] => [
  'settb=AVTB',
  'tpad=stop=-1:stop_mode=clone',
  `fps=fps=1000000/${Math.max(1, Math.round(every * 1e6))}:round=up:start_time=${Number((start + 0.0005).toFixed(6))}`,
]
