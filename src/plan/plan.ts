import { canonicalJson } from './canonical.ts'
import type { FormatName } from '../media/format.ts'
import type { Effects } from '../request/rows/effects.ts'
import type {
  AskedGravity,
  Color,
  CropBox,
  Gravity,
  Length,
  Metadata,
  Quality,
} from '../request/values/types.ts'

export type { Effects } from '../request/rows/effects.ts'
export type {
  AskedGravity,
  Color,
  CropBox,
  Gravity,
  Length,
  Metadata,
  Quality,
} from '../request/values/types.ts'

/**
 * What was asked, canonical and frozen. Equal questions have equal plans, however they were put (order of
 * parameters, aliases, derivatives, hints, grammars). No source bytes are needed to make one.
 */
export interface Plan extends Question {
  readonly source: SourceRef
  /** The original that `ask.overlay` lays over the result. */
  readonly overlay?: SourceRef
  /** How its originals are judged; absent: nobody looks. */
  readonly judged?: string
  /** Canonical text of all of the above: the cache key is its hash. */
  readonly text: string
}

/** The plan that a text is of. */
export function planOf(text: string): Plan {
  return Object.freeze({ ...(JSON.parse(text) as Omit<Plan, 'text'>), text })
}

/** Another question about the same original. */
export function askedInstead(plan: Plan, ask: Ask): Plan {
  const { text: _, ...rest } = plan
  const other = { ...rest, ask, accepts: [] }
  return Object.freeze({ ...other, text: canonicalJson(other) })
}

/** What is to be made, of whatever original. */
export interface Question {
  readonly ask: Ask
  /** The modern formats the client takes, best first; only when `ask.format` is `auto`, else empty. */
  readonly accepts: readonly FormatName[]
}

/** An original by name: which origin, and what its pattern captured. */
export interface SourceRef {
  readonly origin: string
  /** Decoded path as Mediamorph sees it, for purge by path. */
  readonly path: string
  /** Named captures, and numbered ones under "1", "2", …; decoded. */
  readonly captures: Readonly<Record<string, string>>
}

export type Fit = 'scale-down' | 'contain' | 'cover' | 'crop' | 'pad' | 'fill'

/**
 * The canonical question. A field that equals its default is absent. `dpr` is already multiplied into width and
 * height; `filename`, `download`, `debug`, playback hints and signatures never come here: they shape a response, not a rendition.
 */
export interface Ask {
  readonly width?: number
  readonly height?: number
  readonly fit?: Fit
  readonly gravity?: AskedGravity
  readonly format?: AskFormat
  readonly quality?: Quality
  readonly maxBytes?: number
  readonly background?: Color
  /** Degrees clockwise, as asked: a multiple of 90 for images. */
  readonly rotate?: number
  readonly flip?: 'h' | 'v' | 'hv'
  readonly crop?: CropBox
  /** Most steps of 8 bit by which a border may differ from the top left pixel. */
  readonly trim?: number
  readonly enlarge?: boolean
  /** Absent: where both formats animate. */
  readonly animated?: false
  /** One frame as a still, from 0. */
  readonly page?: number
  readonly progressive?: true
  /** 0 (fast) to 9 (small). */
  readonly effort?: number
  /** Those that do something. */
  readonly effects?: Effects
  /** How the plan's overlay is laid over the result; absent: there is none. */
  readonly overlay?: OverlayAsk
  /** What is told, or goes along, of the original's metadata. */
  readonly metadata?: Exclude<Metadata, 'none'>
  /** Opaque version. */
  readonly v?: string
  /** Never asked for: nothing may be recognised. Of the overlay: its own field. */
  readonly veil?: true
  /** Fields of video and audio, in canonical text; dropped while resolving an image. */
  readonly timed?: Readonly<Record<string, string>>
}
/** How an overlay lies on the result. */
export interface OverlayAsk {
  /** Of the result, or a fraction of its width. */
  readonly width?: Length
  readonly gravity?: Gravity
  /** Below 1. */
  readonly opacity?: number
  /** Above 0. */
  readonly margin?: Length
  /** Never asked for: nothing of it may be recognised. */
  readonly veil?: true
}
/** Every `format` value but `auto`, which is absence. `jpg` is `jpeg`. */
export type AskFormat =
  | 'avif'
  | 'webp'
  | 'jpeg'
  | 'png'
  | 'gif'
  | 'jxl'
  | 'json'
  | 'mp4'
  | 'webm'
  | 'h264'
  | 'h265'
  | 'vp9'
  | 'av1'
  | 'm4a'
  | 'mp3'
  | 'opus'
  | 'flac'
  | 'wav'
