/** What the header of an AVI file says (Microsoft, "AVI RIFF File Reference"; OpenDML AVI extensions 1.02). */
import { videoCodecNamed } from '../codec-names.ts'
import type { AudioTrack, TimedInfo, VideoTrack } from '../info.ts'
import { corrupt, createReader, type Reader } from './reader.ts'

/** Lists whose chunks are looked at. */
const ENTERED = new Set(['hdrl', 'strl', 'odml'])
/** More streams than any file has. */
const MOST_STREAMS = 100

interface Stream {
  readonly kind: string
  readonly handler: string
  /** Units a second, and units in all: of video, frames. */
  readonly rate: number
  readonly length: number
  /** Where its format stands, 0 until it is found. */
  format: number
  formatBytes: number
  /** Of the picture as displayed, width by height; 0: as stored. */
  aspect: number
}

/** @throws NeedsMore, CORRUPT_MEDIA */
export function readAvi(bytes: Uint8Array): TimedInfo {
  const r = createReader(bytes)
  const { streams, frames } = readStreams(r)
  const shown = streams.find(({ kind, format }) => kind === 'vids' && format > 0)
  const heard = streams.filter(({ kind, format }) => kind === 'auds' && format > 0)
  if (!shown && heard.length === 0) throw corrupt('avi', 'it has neither pictures nor sound')
  const duration = lengthOf(shown ?? heard[0], shown ? frames : 0)
  return {
    class: shown ? 'video' : 'audio',
    format: 'avi',
    ...(duration === undefined ? {} : { duration }),
    ...(shown ? { video: readVideo(r, shown) } : {}),
    audio: heard.map((stream) => readAudio(r, stream)),
  }
}

/** @returns `frames` that a file of several parts has in all, else 0 */
function readStreams(r: Reader): { streams: readonly Stream[]; frames: number } {
  const streams: Stream[] = []
  let frames = 0
  for (let at = 12; ;) {
    const [name, size, data] = [r.text(at, 4), r.u32le(at + 4), at + 8]
    const list = name === 'LIST' ? r.text(data, 4) : ''
    if (list === 'movi' || name === 'idx1') return { streams, frames }
    if (ENTERED.has(list)) {
      at = data + 4
      continue
    }
    const stream = streams.at(-1)
    if (name === 'strh') streams.push(readStream(r, data))
    else if (name === 'strf' && stream) Object.assign(stream, { format: data, formatBytes: size })
    else if (name === 'vprp' && stream) stream.aspect = r.u16le(data + 22) / r.u16le(data + 20)
    else if (name === 'dmlh') frames = r.u32le(data)
    if (streams.length > MOST_STREAMS) throw corrupt('avi', 'it has too many streams')
    at = data + size + (size & 1)
  }
}

function readStream(r: Reader, at: number): Stream {
  const [scale, rate] = [r.u32le(at + 20), r.u32le(at + 24)]
  return {
    kind: r.text(at, 4),
    handler: r.text(at + 4, 4),
    rate: scale > 0 ? rate / scale : 0,
    length: r.u32le(at + 32),
    format: 0,
    formatBytes: 0,
    aspect: 0,
  }
}

function lengthOf(stream: Stream | undefined, frames: number): number | undefined {
  const { rate = 0, length = 0 } = stream ?? {}
  const duration = Math.round((Math.max(length, frames) / rate) * 1000) / 1000
  return Number.isFinite(duration) && duration > 0 ? duration : undefined
}

function readVideo(r: Reader, { format, handler, rate, aspect }: Stream): VideoTrack {
  const [codedWidth, codedHeight] = [r.i32le(format + 4), Math.abs(r.i32le(format + 8))]
  if (codedWidth <= 0 || codedHeight === 0) throw corrupt('avi', 'its pictures have no size')
  const stored = r.text(format + 16, 4)
  const codecId = /^\w/.test(stored) ? stored : stored === '\0\0\0\0' ? 'raw' : handler
  const isOdd = aspect > 0.01 && aspect < 100
  return {
    codec: videoCodecNamed(codecId),
    codecId: nameOf(codecId),
    width: isOdd ? Math.round(codedHeight * aspect) : codedWidth,
    height: codedHeight,
    codedWidth,
    codedHeight,
    rotation: 0,
    ...(rate > 0 && rate < 1000 ? { fps: Math.round(rate * 1000) / 1000 } : {}),
    hasAlpha: false,
    isHdr: false,
  }
}

/** Of the list of wave formats (RFC 2361) those that files have. */
const WAVES: Readonly<Record<number, string>> = {
  0x50: 'mp2',
  0x55: 'mp3',
  0xff: 'aac',
  0x1602: 'aac',
  0x2000: 'ac3',
  0x2001: 'dts',
  0x674f: 'vorbis',
  0xf1ac: 'flac',
  0x161: 'wmav2',
  0x160: 'wmav1',
}
const PCM: Readonly<Record<number, string>> = { 8: 'pcm-u8', 16: 'pcm-s16', 24: 'pcm-s24', 32: 'pcm-s32' }

function readAudio(r: Reader, { format }: Stream): AudioTrack {
  const tag = r.u16le(format)
  const bits = r.u16le(format + 14)
  const bitrate = r.u32le(format + 8) * 8
  return {
    codec: (tag === 1 ? PCM[bits] : WAVES[tag]) ?? null,
    codecId: `0x${tag.toString(16)}`,
    channels: r.u16le(format + 2),
    sampleRate: r.u32le(format + 4),
    language: 'und',
    ...(bitrate > 0 ? { bitrate } : {}),
  }
}

const nameOf = (id: string) => id.replaceAll(/[^\w.\-/]/g, '') || 'unknown'
