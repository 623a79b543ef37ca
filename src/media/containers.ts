/** Which codecs each container of video and sound holds, as players know them. Codecs by the names of `TimedInfo`. */
import type { FormatName } from './format.ts'

const PCM = ['pcm-s16', 'pcm-s16be', 'pcm-s24', 'pcm-s24be', 'pcm-s32', 'pcm-s32be', 'pcm-f32', 'pcm-f32be']
const ANY = {
  video: ['avc', 'hevc', 'vp8', 'vp9', 'av1'],
  audio: ['aac', 'opus', 'mp3', 'vorbis', 'flac', 'ac3', 'eac3', ...PCM, 'pcm-u8'],
}
const NONE: readonly string[] = []

interface Holds {
  readonly video: readonly string[]
  readonly audio: readonly string[]
}

const CONTAINERS: Readonly<Partial<Record<FormatName, Holds>>> = {
  mp4: { video: ['avc', 'hevc', 'vp9', 'av1'], audio: ['aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3'] },
  mov: { video: ['avc', 'hevc'], audio: ['aac', 'mp3', 'ac3', 'eac3', ...PCM] },
  webm: { video: ['vp8', 'vp9', 'av1'], audio: ['opus', 'vorbis'] },
  mkv: ANY,
  ts: { video: ['avc', 'hevc'], audio: ['aac', 'mp3', 'ac3', 'eac3'] },
  m4a: { video: NONE, audio: ['aac'] },
  mp3: { video: NONE, audio: ['mp3'] },
  ogg: { video: NONE, audio: ['opus', 'vorbis'] },
  flac: { video: NONE, audio: ['flac'] },
  wav: { video: NONE, audio: ['pcm-s16', 'pcm-s24', 'pcm-s32', 'pcm-f32', 'pcm-u8'] },
}

/** False for a codec that is not known. */
export function holds(format: FormatName, kind: keyof Holds, codec: string | null): boolean {
  return codec !== null && (CONTAINERS[format]?.[kind].includes(codec) ?? false)
}

/** Containers of which no packets can be had here: an ffmpeg reads them whole. */
const SEALED: ReadonlySet<FormatName> = new Set(['avi', 'flv'])

export const givesPackets = (format: FormatName): boolean => !SEALED.has(format)

/** Whether a track can be had by its packets, one by one. */
export function hasPackets(format: FormatName, kind: keyof Holds, codec: string | null): boolean {
  const extra = kind === 'video' ? 'prores' : 'dts'
  return (
    givesPackets(format) &&
    codec !== null &&
    (ANY[kind].includes(codec) || isSimple(codec) || codec === extra)
  )
}

/** Samples that are not compressed, or hardly. */
const isSimple = (codec: string) => /^(?:pcm-|[ua]law$)/.test(codec)
