import type { FormatName } from '../../media/format.ts'
import type { TimedInfo, VideoTrack } from '../../media/info.ts'
import type { Judgement } from '../../media/nsfw.ts'
import type { Color } from '../plan.ts'
import type { ImageRecipe, LookRecipe, MetadataRecipe, Rect, Size } from '../recipe.ts'
import type { SpriteRecipe, StoryboardRecipe } from './sprite.ts'
import type { WaveformRecipe } from './waveform.ts'

/** What becomes of a video or of audio. Times are seconds from the start of the presentation. */
export type TimedRecipe =
  FrameRecipe | ClipRecipe | SoundRecipe | WaveformRecipe | FactsRecipe | SpriteRecipe | StoryboardRecipe

/** A part of a presentation; what is absent is its own start or end. */
export interface Span {
  readonly start?: number
  readonly end?: number
}

/** How the original is read. */
export interface Whole {
  /** Its packets cannot be had one by one: an ffmpeg gets all of it. */
  readonly whole?: true
}

/** One frame as a picture: the last one whose time is not after `at`, or the first when there is none. */
export interface FrameRecipe extends Whole {
  readonly kind: 'frame'
  readonly from: FormatName
  readonly at: number
  /** Moments whose key frames are looked at, ascending: the first that shows something is taken, in place of `at`. */
  readonly among?: readonly number[]
  /** How it is stored. */
  readonly track: VideoTrack
  /** What becomes of the frame, which comes as a PNG of the size that is displayed. */
  readonly picture: ImageRecipe | LookRecipe
  readonly to: FormatName
}

/** Another file of the same pictures and sound, or of a part of them. */
export interface ClipRecipe extends Span, Whole {
  readonly kind: 'clip'
  readonly from: FormatName
  readonly to: FormatName
  /** Pixels as displayed. */
  readonly width: number
  readonly height: number
  /** Which audio track goes along, from 0; absent: none. */
  readonly track?: number
  /** Absent: packets are copied as they are. */
  readonly encoding?: VideoEncoding
}

export type VideoCodecName = 'avc' | 'hevc' | 'vp9' | 'av1' | MovingName
/** Pictures that move. */
export type MovingName = 'gif' | 'webp'
export type SoundCodecName = 'aac' | 'opus' | 'mp3' | 'flac' | 'pcm-s16'

/** How pictures are made anew. Steps in order of work; one that does nothing is absent. Pixels as displayed. */
export interface VideoEncoding {
  /** How the original is stored. */
  readonly from: VideoTrack
  readonly codec: VideoCodecName
  readonly crop?: Rect
  /** Clockwise, above 0 and below 360, and what the turned picture measures. */
  readonly rotate?: Size & { readonly degrees: number }
  readonly flip?: 'h' | 'v' | 'hv'
  readonly cut?: Rect
  readonly resize?: Size
  readonly pad?: Rect & { readonly canvas: Size }
  /** What shows through; absent: nothing does, or it stays transparent. */
  readonly background?: Color
  /** The result is transparent where the original is. */
  readonly alpha?: true
  /** The encoder's own constant quality, lower is better; absent: `bitrate` rules. */
  readonly crf?: number
  /** Bits a second. */
  readonly bitrate?: number
  /** Of pictures that move, in place of both: 1 to 100, and `lossless`. */
  readonly quality?: number | 'lossless'
  /** Of GIF: one for all frames, or each has its own, for which no frame has to wait. */
  readonly palette?: 'shared' | 'own'
  /** 0 (fast) to 3 (small). */
  readonly effort: number
  /** Frames a second; absent: each frame at its own time. */
  readonly fps?: number
  /** Frames from key frame to key frame, neither more nor fewer; absent: the encoder chooses. */
  readonly group?: number
  /** Above 0; 1 is as it is. */
  readonly speed: number
  /** Of the track that goes along. */
  readonly sound?: SoundEncoding
}

/** How sound is made anew. */
export interface SoundEncoding {
  readonly codec: SoundCodecName
  /** Bits a second; absent where nothing is lost. */
  readonly bitrate?: number
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  /** Above 0; 1 is as it is. */
  readonly speed: number
}

/** The sound alone. */
export interface SoundRecipe extends Span, Whole {
  readonly kind: 'sound'
  readonly from: FormatName
  readonly to: FormatName
  readonly track: number
  /** Absent: packets are copied as they are. */
  readonly encoding?: SoundEncoding
}

/** What the original is, as JSON. */
export interface FactsRecipe {
  readonly kind: 'facts'
  readonly from: FormatName
  readonly to: 'json'
  readonly info: TimedInfo
  /** The frame that placeholders are made of. */
  readonly sample?: Whole & {
    readonly at: number
    readonly track: VideoTrack
    readonly picture: MetadataRecipe
  }
  /** What it was judged to be. */
  readonly nsfw?: Judgement
}
