/** Sound: which track, and whether it is copied or made anew. Pure. */
import { MediaError } from '../../error.ts'
import { givesPackets, holds } from '../../media/containers.ts'
import type { FormatName } from '../../media/format.ts'
import type { AudioTrack, TimedInfo } from '../../media/info.ts'
import type { Ask, AskFormat } from '../plan.ts'
import type { SoundCodecName, SoundEncoding, SoundRecipe } from './recipe.ts'
import { wholeOf } from './whole.ts'
import { spanOf, timedWord, wrongFormat } from './words.ts'

/** Files by the word that asks for them. */
export const SOUNDS: Readonly<Partial<Record<AskFormat, FormatName>>> = {
  m4a: 'm4a',
  mp3: 'mp3',
  opus: 'ogg',
  flac: 'flac',
  wav: 'wav',
}

interface CodecRow {
  /** Bits a second of one channel; absent: nothing is lost. */
  readonly each?: number
  readonly least?: number
  readonly most?: number
  readonly channels: number
  /** Hz that the encoder takes, or the one that it makes. */
  readonly rates: readonly number[]
}

const CD = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const
const HIGH = [...CD, 88_200, 96_000] as const
const CODECS: Readonly<Record<SoundCodecName, CodecRow>> = {
  aac: { each: 64_000, least: 16_000, most: 512_000, channels: 6, rates: HIGH },
  opus: { each: 48_000, least: 8000, most: 510_000, channels: 2, rates: [48_000] },
  mp3: { each: 96_000, least: 32_000, most: 320_000, channels: 2, rates: [32_000, 44_100, 48_000] },
  flac: { channels: 8, rates: [...HIGH, 176_400, 192_000] },
  'pcm-s16': { channels: 8, rates: [...HIGH, 176_400, 192_000] },
}
/** What is written into a file of sound that is made anew. */
const CONTENTS: Readonly<Partial<Record<FormatName, SoundCodecName>>> = {
  m4a: 'aac',
  mp3: 'mp3',
  ogg: 'opus',
  flac: 'flac',
  wav: 'pcm-s16',
  mp4: 'aac',
  webm: 'opus',
}

/** @throws INVALID_PARAMETER */
export function resolveSound(ask: Ask, info: TimedInfo): SoundRecipe {
  const { format } = ask
  const track = trackOf(ask, info)
  const source = track === undefined ? undefined : info.audio?.[track]
  if (track === undefined || !source)
    throw new MediaError('INVALID_PARAMETER', 'Parameter "mode" is wrong: the original has no sound', {
      details: [{ parameter: 'mode', value: 'audio' }],
    })
  const to = format === undefined ? soundOf(source.codec) : SOUNDS[format]
  if (to === undefined) throw wrongFormat(format as AskFormat, 'sound')
  const bitrate = timedWord(ask, 'bitrate')
  const speed = speedOf(ask)
  const isLossless = CODECS[CONTENTS[to] ?? 'aac'].each === undefined
  // Opus is what `opus` asks for: its container holds more.
  const isHeld = format === 'opus' ? source.codec === 'opus' : holds(to, 'audio', source.codec)
  const isCopy = givesPackets(info.format) && isHeld && speed === 1 && (bitrate === undefined || isLossless)
  const encoding = isCopy ? undefined : encodeSound(source, to, speed, bitrate)
  const span = spanOf(ask, info.duration)
  return {
    kind: 'sound',
    from: info.format,
    to,
    track,
    ...span,
    ...(encoding ? { ...wholeOf(info, { track }), encoding } : {}),
  }
}

/** @param bitrate as asked, in the bounds of the codec afterwards */
export function encodeSound(
  source: AudioTrack,
  to: FormatName,
  speed: number,
  bitrate?: string,
): SoundEncoding {
  const codec = CONTENTS[to] ?? 'aac'
  const { each, least = 0, most = Infinity, channels: room, rates } = CODECS[codec]
  const channels = Math.max(1, source.channels > room ? 2 : source.channels)
  const sampleRate = rates.find((rate) => rate >= source.sampleRate) ?? Math.max(...rates)
  const asked = bitrate === undefined ? (each ?? 0) * channels : Number(bitrate)
  return {
    codec,
    channels,
    sampleRate,
    speed,
    ...(each === undefined ? {} : { bitrate: Math.min(most, Math.max(least, asked)) }),
  }
}

export const speedOf = (ask: Ask): number => Number(timedWord(ask, 'speed') ?? 1)

/** The file that a codec is at home in. */
function soundOf(codec: string | null): FormatName {
  if (codec === 'opus' || codec === 'vorbis') return 'ogg'
  if (codec === 'mp3' || codec === 'flac') return codec
  return codec?.startsWith('pcm') ? 'wav' : 'm4a'
}

/** Undefined where there is no sound at all. @throws INVALID_PARAMETER */
export function trackOf(ask: Ask, { audio = [] }: TimedInfo): number | undefined {
  const asked = timedWord(ask, 'track')
  if (asked === undefined) return audio.length > 0 ? 0 : undefined
  if (Number(asked) < audio.length) return Number(asked)
  throw new MediaError('INVALID_PARAMETER', 'Parameter "track" is wrong: there is no such audio track', {
    details: [{ parameter: 'track', value: asked, expected: `below ${audio.length}` }],
  })
}
