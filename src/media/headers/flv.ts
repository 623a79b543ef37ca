/** What the beginning of an FLV file says (Adobe, "Video File Format Specification" version 10.1, annex E). */
import type { AudioTrack, TimedInfo, VideoTrack } from '../info.ts'
import { readScript } from './amf.ts'
import { corrupt, createReader, NeedsMore, type Reader } from './reader.ts'

const [AUDIO, VIDEO, SCRIPT] = [8, 9, 18]
/** Tags after which nothing new is to be expected. */
const LOOKED_AT = 500

interface Found {
  readonly numbers: Map<string, number>
  /** Where the data of the first tag of each kind begin. */
  audio?: number
  video?: number
}

/** What is not found in `bytes` is not there. @throws NeedsMore where nothing is, CORRUPT_MEDIA */
export function readFlv(bytes: Uint8Array): TimedInfo {
  const r = createReader(bytes)
  const found: Found = { numbers: new Map() }
  try {
    look(r, found)
  } catch (error) {
    const isEnough = found.audio !== undefined || found.video !== undefined
    if (!(error instanceof NeedsMore) || !isEnough) throw error
  }
  const { audio, video, numbers } = found
  if (audio === undefined && video === undefined) throw corrupt('flv', 'it has neither pictures nor sound')
  const duration = numbers.get('duration') ?? 0
  return {
    class: video === undefined ? 'audio' : 'video',
    format: 'flv',
    ...(duration > 0 && Number.isFinite(duration) ? { duration: Math.round(duration * 1000) / 1000 } : {}),
    ...(video === undefined ? {} : { video: readVideo(r, video, numbers) }),
    audio: audio === undefined ? [] : [readAudio(r, audio)],
  }
}

function look(r: Reader, found: Found): void {
  let at = r.u32(5) + 4
  for (let tag = 0; tag < LOOKED_AT; tag++) {
    const [kind, size, data] = [r.u8(at) & 0x1f, r.u32(at) & 0xffffff, at + 11]
    if (kind === SCRIPT)
      for (const [name, value] of readScript(r, data, data + size)) found.numbers.set(name, value)
    if (kind === AUDIO && size > 1) found.audio ??= (r.u8(data + 1), data)
    if (kind === VIDEO && size > 1) found.video ??= (r.u8(data + 1), data)
    if (found.audio !== undefined && found.video !== undefined) return
    at = data + size + 4
  }
}

const VIDEOS: Readonly<Record<number, string>> = {
  2: 'flv',
  3: 'flashsv',
  4: 'vp6f',
  5: 'vp6a',
  6: 'flashsv2',
  7: 'avc',
  12: 'hevc',
}

function readVideo(r: Reader, at: number, numbers: ReadonlyMap<string, number>): VideoTrack {
  const id = r.u8(at) & 15
  const said = { width: sideOf(numbers.get('width')), height: sideOf(numbers.get('height')) }
  const { width, height } = said.width > 0 && said.height > 0 ? said : sorenson(r, at, id)
  if (width === 0 || height === 0) throw corrupt('flv', 'it does not say how large its pictures are')
  const [fps = 0, kilobits = 0] = [numbers.get('framerate'), numbers.get('videodatarate')]
  const codec = VIDEOS[id] ?? null
  return {
    codec,
    codecId: codec ?? `flv-${id}`,
    width,
    height,
    codedWidth: width,
    codedHeight: height,
    rotation: 0,
    ...(fps > 0 && fps < 1000 ? { fps: Math.round(fps * 1000) / 1000 } : {}),
    ...(kilobits > 0 && kilobits < 1e7 ? { bitrate: Math.round(kilobits * 1000) } : {}),
    hasAlpha: codec === 'vp6a',
    isHdr: false,
  }
}

const sideOf = (value = 0) => (value >= 1 && value <= 65_535 ? Math.round(value) : 0)

const SIZES: readonly (readonly [width: number, height: number])[] = [
  [352, 288],
  [176, 144],
  [128, 96],
  [320, 240],
  [160, 120],
]

/** Sorenson's H.263 has its size in the header of each picture: after 30 bits, 3 that say which. */
function sorenson(r: Reader, at: number, id: number): { width: number; height: number } {
  if (id !== 2) return { width: 0, height: 0 }
  const bits = (from: number, count: number) => {
    let value = 0
    for (let bit = from; bit < from + count; bit++)
      value = value * 2 + ((r.u8(at + 1 + (bit >> 3)) >> (7 - (bit & 7))) & 1)
    return value
  }
  const kind = bits(30, 3)
  if (kind < 2) {
    const each = kind === 0 ? 8 : 16
    return { width: bits(33, each), height: bits(33 + each, each) }
  }
  const [width, height] = SIZES[kind - 2] ?? [0, 0]
  return { width, height }
}

const SOUNDS: Readonly<Record<number, string>> = { 2: 'mp3', 10: 'aac', 14: 'mp3' }
const RATES = [5500, 11_025, 22_050, 44_100] as const
const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
]

function readAudio(r: Reader, at: number): AudioTrack {
  const flags = r.u8(at)
  const id = flags >> 4
  const codec = SOUNDS[id] ?? null
  const usual = { channels: (flags & 1) + 1, sampleRate: RATES[((flags >> 2) & 3) as 0 | 1 | 2 | 3] }
  const shape = codec === 'aac' ? aacShape(r, at, usual) : usual
  return { codec, codecId: codec ?? `flv-${id}`, ...shape, language: 'und' }
}

/** Of its AudioSpecificConfig, which the first packet is. */
function aacShape(r: Reader, at: number, usual: { channels: number; sampleRate: number }) {
  if (r.u8(at + 1) !== 0) return usual
  const config = r.u16(at + 2)
  const channels = (config >> 3) & 15
  return {
    channels: channels === 0 ? usual.channels : channels === 7 ? 8 : channels,
    sampleRate: AAC_RATES[(config >> 7) & 15] ?? usual.sampleRate,
  }
}
