import type { FormatName } from '../media/format.ts'
import type { ImageInfo, Orientation } from '../media/info.ts'
import type { Judgement } from '../media/nsfw.ts'
import type { Color, Effects, Metadata, Question } from './plan.ts'
import type { TimedRecipe } from './timed/recipe.ts'

/** The plan resolved against the original's facts: everything decided, nothing left to default. Structured-cloneable. */
export type Recipe = PictureRecipe | TimedRecipe

/** Of a picture. */
export type PictureRecipe = ImageRecipe | LookRecipe | MetadataRecipe

/** Rectangle in whole pixels. */
export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * Steps of an image, in order of work; a step that does nothing is absent. Sizes are in pixels of the picture as it
 * stands before that step.
 */
export interface ImageRecipe {
  readonly kind: 'image'
  /** Format of the original, so that the worker need not sniff again. */
  readonly from: FormatName
  /** All frames. */
  readonly animated?: true
  /** One frame of an animation, or one page but the first, from 0. */
  readonly page?: number
  /** Before all else the original is made unrecognisable. */
  readonly veil?: true
  /** EXIF orientation to undo first; 1 = none. */
  readonly orient: Orientation
  /** In the upright original. */
  readonly crop?: Rect
  /** Clockwise. */
  readonly rotate?: 90 | 180 | 270
  readonly flip?: 'h' | 'v' | 'hv'
  /** Rectangle of the picture so far that is kept (cover, crop). */
  readonly cut?: Rect
  /** Exact size to scale to. */
  readonly resize?: Size
  /** Canvas and where the picture stands on it. */
  readonly pad?: Rect & { readonly canvas: Size }
  /** Under alpha and padding; absent = transparent. Always present when the output has no alpha and something may be seen through. */
  readonly background?: Color
  /** On the result as it stands then. */
  readonly effects?: Effects
  /** At last. */
  readonly overlay?: OverlayRecipe
  readonly to: FormatName
  /** 1 to 100; absent for formats without one, and when it is to be found. */
  readonly quality?: number
  /** The quality is to be found by how the picture looks. */
  readonly perceptual?: true
  /** The file may be no larger: `quality` is the highest that may be tried. */
  readonly maxBytes?: number
  readonly lossless?: boolean
  readonly progressive?: true
  /** 0 (fast) to 9 (small). */
  readonly effort?: number
  /** What goes along of the original's metadata; absent: nothing, or there is none that could. */
  readonly metadata?: Exclude<Metadata, 'none'>
  /** Of the output. */
  readonly width: number
  readonly height: number
}

/** Another picture that is laid over the result. */
export interface OverlayRecipe extends Pick<ImageRecipe, 'from' | 'page' | 'orient' | 'veil'> {
  readonly resize: Size
  /** Where its top left pixel stands on the result: all of it lies inside. */
  readonly x: number
  readonly y: number
  /** 0 to below 1; absent: as it is. */
  readonly opacity?: number
}

/**
 * A picture that must be looked at before anything can be decided: which part remains without its borders, where the most
 * interesting part is. Becomes an ImageRecipe by `resolveSeen`.
 */
export interface LookRecipe {
  readonly kind: 'look'
  readonly from: FormatName
  readonly veil?: true
  readonly orient: Orientation
  /** The frame of an animation that is looked at. */
  readonly page?: number
  /** Where borders are looked for, in the upright original. */
  readonly area: Rect
  /** Of borders that go; absent: they stay. */
  readonly tolerance?: number
  /** What is made of the part that remains. */
  readonly question: Question
  readonly info: ImageInfo
  /** What `question` lays over the result. */
  readonly overlay?: ImageInfo
  readonly limits: OutputLimits
}

/** What bounds a result. */
export interface OutputLimits {
  readonly outputSide: number
  readonly outputPixels: number
  /** Largest result that `format=auto` makes AVIF of. */
  readonly avifPixels: number
}

/** What the original is, as JSON. */
export interface MetadataRecipe {
  readonly kind: 'metadata'
  readonly from: FormatName
  readonly to: 'json'
  /** What the header says. */
  readonly info: ImageInfo
  /** The small picture that placeholders are made of; absent when the original cannot be decoded. */
  readonly sample?: ImageRecipe
  /** What is told of its EXIF. */
  readonly exif: Metadata
  /** What it was judged to be. */
  readonly nsfw?: Judgement
}
