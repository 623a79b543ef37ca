/** Which codecs of video and sound an origin lets pass. Pure. */
import { MediaError } from '../error.ts'
import { formatRow } from './format.ts'
import type { TimedInfo } from './info.ts'

/** Codecs by any of their usual names; `deny` counts before `allow`, and without `allow` all others pass. */
export interface CodecList {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

export interface CodecRules {
  readonly video?: CodecList | undefined
  readonly audio?: CodecList | undefined
}

/** One name for what programs, containers and RFC 6381 name differently. */
const NAMES: Readonly<Record<string, string>> = {
  h264: 'avc',
  avc1: 'avc',
  avc3: 'avc',
  h265: 'hevc',
  hev1: 'hevc',
  hvc1: 'hevc',
  vp08: 'vp8',
  vp09: 'vp9',
  av01: 'av1',
  mp4v: 'mpeg4',
  xvid: 'mpeg4',
  divx: 'mpeg4',
  'mpeg4/iso/sp': 'mpeg4',
  'mpeg4/iso/asp': 'mpeg4',
  'mpeg4/iso/ap': 'mpeg4',
  'mpeg4/ms/v3': 'msmpeg4v3',
  mpeg2: 'mpeg2video',
  mp2v: 'mpeg2video',
  m2v1: 'mpeg2video',
  mpeg1: 'mpeg1video',
  m1v1: 'mpeg1video',
  s263: 'h263',
  jpeg: 'mjpeg',
  mjpa: 'mjpeg',
  mp4a: 'aac',
  pcm_s16le: 'pcm-s16',
  pcm_s24le: 'pcm-s24',
  pcm_s32le: 'pcm-s32',
  pcm_f32le: 'pcm-f32',
}

/** `V_MPEG4/ISO/ASP`, `mp4v.20.9` and `mpeg4` are one. */
function nameOf(text: string): string {
  const [plain = ''] = text
    .toLowerCase()
    .replace(/^[va]_/, '')
    .split('.')
  return Object.hasOwn(NAMES, plain) ? (NAMES[plain] ?? plain) : plain
}

interface Track {
  readonly codec: string | null
  readonly codecId: string
}

/** What it is called here, and in its file: one codec may have several codes there. */
function passes({ codec, codecId }: Track, { allow, deny = [] }: CodecList): boolean {
  const names = [codec ?? codecId, codecId].map(nameOf)
  const isNamed = (list: readonly string[]) => list.some((one) => names.includes(nameOf(one)))
  return !isNamed(deny) && (allow === undefined || isNamed(allow))
}

/** UNSUPPORTED_CODEC, or nothing where all tracks pass, and where it is not known what there is. */
export function codecFault(info: TimedInfo, rules: CodecRules): MediaError | undefined {
  const tracks = [
    ...(info.video ? [{ kind: 'video', track: info.video } as const] : []),
    ...(info.audio ?? []).map((track) => ({ kind: 'audio', track }) as const),
  ]
  // A file of a format of sound that shows something is neither.
  const isOdd = formatRow(info.format).class === 'audio'
  const wrong = tracks.find(
    ({ kind, track }) => (isOdd && kind === 'video') || !passes(track, rules[kind] ?? {}),
  )
  if (!wrong) return undefined
  const codec = wrong.track.codec ?? wrong.track.codecId
  return new MediaError(
    'UNSUPPORTED_CODEC',
    `This origin does not serve ${wrong.kind} of the codec ${codec}`,
    {
      details: { class: info.class, kind: wrong.kind, codec },
    },
  )
}
