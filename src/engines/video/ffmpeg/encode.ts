/** What an ffmpeg is told to make a file of video or of sound. Pure. */
import type { FormatName } from '../../../media/format.ts'
import type {
  ClipRecipe,
  SoundCodecName,
  SoundEncoding,
  SoundRecipe,
  VideoCodecName,
  VideoEncoding,
} from '../../../plan/timed/recipe.ts'
import { soundFilters, videoFilters, type VideoOptions } from './filters.ts'
import type { Input } from './input.ts'

interface Tools extends VideoOptions {
  readonly encoder: string
}

/** By the names of an ffmpeg; the first that is there is taken. */
const VIDEO_ENCODERS: Readonly<Record<VideoCodecName, readonly string[]>> = {
  avc: ['libx264'],
  hevc: ['libx265'],
  vp9: ['libvpx-vp9'],
  av1: ['libsvtav1', 'libaom-av1'],
  gif: ['gif'],
  webp: ['libwebp_anim'],
}
/** Smaller pictures than this SVT does not take. */
const SVT_SIDE = 64
const SOUND_ENCODERS: Readonly<Record<SoundCodecName, string>> = {
  aac: 'aac',
  opus: 'libopus',
  mp3: 'libmp3lame',
  flac: 'flac',
  'pcm-s16': 'pcm_s16le',
}

export function videoEncodersFor({ codec }: VideoEncoding, { width, height }: ClipRecipe): readonly string[] {
  const isSmall = Math.min(width, height) < SVT_SIDE
  return VIDEO_ENCODERS[codec].filter((name) => !isSmall || name !== 'libsvtav1')
}
export const soundEncoderFor = ({ codec }: SoundEncoding): string => SOUND_ENCODERS[codec]

const MUXERS: Readonly<Partial<Record<FormatName, readonly string[]>>> = {
  mp4: ['-movflags', '+faststart', '-f', 'mp4'],
  m4a: ['-movflags', '+faststart', '-f', 'mp4'],
  webm: ['-f', 'webm'],
  gif: ['-loop', '0', '-f', 'gif'],
  webp: ['-loop', '0', '-f', 'webp'],
  mp3: ['-f', 'mp3'],
  ogg: ['-f', 'ogg'],
  flac: ['-f', 'flac'],
  wav: ['-f', 'wav'],
}

/** Nothing of the original's own words goes along, and equal work gives equal bytes. */
const PLAIN = ['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact']

export function clipArguments(
  { to }: ClipRecipe,
  encoding: VideoEncoding,
  input: Input,
  { encoder, canToneMap }: Tools,
): string[] {
  const { sound, fps } = encoding
  const filters = videoFilters(encoding, input, { canToneMap }).join(',')
  const times =
    fps === undefined ? ['-fps_mode', 'passthrough', '-enc_time_base', '-1'] : ['-fps_mode', 'cfr']
  return [
    input.read,
    ['-map', input.video, '-vf', filters, ...times],
    ['-c:v', encoder, ...(VIDEO_OPTIONS[encoder]?.(encoding) ?? []), ...groupOptions(encoder, encoding)],
    ['-flags:v', '+bitexact'],
    sound ? ['-map', soundOf(input), ...soundOptions(sound, input)] : ['-an'],
    PLAIN,
    MUXERS[to] ?? [],
  ].flat()
}

export function soundArguments({ to }: SoundRecipe, encoding: SoundEncoding, input: Input): string[] {
  const chosen = ['-map', soundOf(input), '-vn']
  return [input.read, chosen, soundOptions(encoding, input), PLAIN, MUXERS[to] ?? []].flat()
}

const soundOf = ({ sound = 0 }: Input) => `0:a:${sound}`

function soundOptions(encoding: SoundEncoding, input: Input): string[] {
  const { channels, sampleRate, bitrate } = encoding
  const made = ['-af', soundFilters(encoding, input).join(','), '-c:a', soundEncoderFor(encoding)]
  const shape = ['-ac', String(channels), '-ar', String(sampleRate), '-flags:a', '+bitexact']
  return [made, shape, bitrate === undefined ? [] : ['-b:a', String(bitrate)]].flat()
}

type Options = (encoding: VideoEncoding) => string[]

/** The names and numbers of each encoder for 0 (fast) to 3 (small). */
const X264 = ['veryfast', 'faster', 'medium', 'slow']
const X265 = ['ultrafast', 'veryfast', 'fast', 'medium']
const VPX = ['6', '4', '3', '2']
const SVT = ['10', '8', '6', '4']
const AOM = ['8', '6', '5', '4']
const WEBP = ['2', '3', '4', '6']

const VIDEO_OPTIONS: Readonly<Record<string, Options>> = {
  libx264: (encoding) => ['-preset', level(X264, encoding), '-profile:v', 'high', ...rate(encoding)],
  libx265: (encoding) => [
    '-preset',
    level(X265, encoding),
    '-tag:v',
    'hvc1',
    '-x265-params',
    'log-level=error',
    ...rate(encoding),
  ],
  'libvpx-vp9': (encoding) => [
    '-deadline',
    'good',
    '-cpu-used',
    level(VPX, encoding),
    '-row-mt',
    '1',
    ...(encoding.alpha ? ['-auto-alt-ref', '0'] : []),
    ...openRate(encoding),
  ],
  libsvtav1: (encoding) => ['-preset', level(SVT, encoding), ...openRate(encoding)],
  libwebp_anim: (encoding) => [
    ...(encoding.quality === 'lossless' ? ['-lossless', '1'] : ['-quality', String(encoding.quality)]),
    '-compression_level',
    level(WEBP, encoding),
  ],
  'libaom-av1': (encoding) => ['-cpu-used', level(AOM, encoding), '-row-mt', '1', ...openRate(encoding)],
}

/** The same frames are key frames whatever the picture shows: files of the same frames can be cut at the same places. */
function groupOptions(encoder: string, { group }: VideoEncoding): string[] {
  if (group === undefined) return []
  const most = ['-g', String(group)]
  return encoder === 'libsvtav1' ? most : [...most, '-keyint_min', String(group), '-sc_threshold', '0']
}

const level = (levels: readonly string[], { effort }: VideoEncoding) => levels[effort] ?? '8'

/** What is asked for on average; peaks fit a player's buffer. */
function rate({ crf, bitrate = 0 }: VideoEncoding): string[] {
  if (crf !== undefined) return ['-crf', String(crf)]
  const most = String(Math.round(bitrate * 1.5))
  return ['-b:v', String(bitrate), '-maxrate', most, '-bufsize', String(bitrate * 2)]
}

/** Of encoders whose constant quality needs to hear that no bitrate bounds it. */
function openRate({ crf, bitrate = 0 }: VideoEncoding): string[] {
  return crf === undefined ? ['-b:v', String(bitrate)] : ['-crf', String(crf), '-b:v', '0']
}
