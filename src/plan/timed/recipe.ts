import type { FormatName } from '../../media/format.ts'
import type { TimedInfo, VideoTrack } from '../../media/info.ts'
import type { ImageRecipe, LookRecipe, MetadataRecipe } from '../recipe.ts'

/** What becomes of a video or of audio. Times are seconds from the start of the presentation. */
export type TimedRecipe = FrameRecipe | ClipRecipe | SoundRecipe | FactsRecipe

/** A part of a presentation; what is absent is its own start or end. */
export interface Span {
  readonly start?: number
  readonly end?: number
}

/** One frame as a picture: the last one whose time is not after `at`, or the first when there is none. */
export interface FrameRecipe {
  readonly kind: 'frame'
  readonly from: FormatName
  readonly at: number
  /** How it is stored. */
  readonly track: VideoTrack
  /** What becomes of the frame, which comes as a PNG of the size that is displayed. */
  readonly picture: ImageRecipe | LookRecipe
  readonly to: FormatName
}

/** Another file of the same pictures and sound, or of a part of them. */
export interface ClipRecipe extends Span {
  readonly kind: 'clip'
  readonly from: FormatName
  readonly to: FormatName
  /** Pixels as displayed. */
  readonly width: number
  readonly height: number
  /** Which audio track goes along, from 0; absent: none. */
  readonly track?: number
}

/** The sound alone. */
export interface SoundRecipe extends Span {
  readonly kind: 'sound'
  readonly from: FormatName
  readonly to: FormatName
  readonly track: number
}

/** What the original is, as JSON. */
export interface FactsRecipe {
  readonly kind: 'facts'
  readonly from: FormatName
  readonly to: 'json'
  readonly info: TimedInfo
  /** The frame that placeholders are made of. */
  readonly sample?: { readonly at: number; readonly track: VideoTrack; readonly picture: MetadataRecipe }
}
