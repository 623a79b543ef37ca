import type { FormatName } from './format.ts'

/** EXIF orientation, TIFF 6.0 tag 0x0112: 1 is upright, 5 to 8 swap width and height. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

/** What a header says of an original, before anything is decoded. */
export interface ImageInfo {
  readonly class: 'image'
  readonly format: FormatName
  /** Pixels as displayed: orientation applied. */
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
  readonly hasAlpha: boolean
  /** Frames known from the header; 1 for a still. */
  readonly frames: number
  readonly animated: boolean
  /** Bits a channel as stored: 1, 2, 4, 8, 10, 12 or 16; of JPEG XL 1 to 32. */
  readonly bitDepth: number
  readonly colorModel: 'gray' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr'
}

/** What the index of a video or of audio says. Fields are absent where it does not tell. */
export interface TimedInfo {
  /** By what the file holds: a container of video with nothing but sound in it is audio. */
  readonly class: 'video' | 'audio'
  readonly format: FormatName
  /** Seconds from the start of the presentation to its end. */
  readonly duration?: number
  /** The track that is shown. */
  readonly video?: VideoTrack
  /** In the order of the file. Absent: unknown, as all of a format that only an ffmpeg reads. */
  readonly audio?: readonly AudioTrack[]
}

export interface VideoTrack {
  /** `avc`, `hevc`, `vp8`, `vp9`, `av1`, or as an ffmpeg calls it; null: another, named by `codecId`. */
  readonly codec: string | null
  /** RFC 6381, or what the container calls it. */
  readonly codecId: string
  /** Pixels as displayed: rotation and sample aspect ratio applied. */
  readonly width: number
  readonly height: number
  /** Pixels as stored. */
  readonly codedWidth: number
  readonly codedHeight: number
  /** Degrees clockwise by which it must be turned to stand upright. */
  readonly rotation: 0 | 90 | 180 | 270
  /** Frames a second, on average over the first ones. */
  readonly fps?: number
  /** Bits a second. */
  readonly bitrate?: number
  readonly hasAlpha: boolean
  /** PQ or HLG. */
  readonly isHdr: boolean
  /** How colours became luma and chroma, by the names of WebCodecs: `bt709`, `smpte170m`, `bt2020-ncl`; absent: not said. */
  readonly colorSpace?: string
}

export interface AudioTrack {
  /** `aac`, `opus`, `mp3`, `vorbis`, `flac`, `ac3`, `pcm-…`; null: another, named by `codecId`. */
  readonly codec: string | null
  readonly codecId: string
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  /** ISO 639-2, `und` where the file does not say. */
  readonly language: string
  /** Bits a second. */
  readonly bitrate?: number
}

export type MediaInfo = ImageInfo | TimedInfo
