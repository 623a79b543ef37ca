import type { MediaInfo } from '../media/info.ts'
import type { Original } from '../media/original.ts'
import type { Rendition } from '../media/rendition.ts'
import type { Recipe } from '../plan/recipe.ts'

/** What one piece of work may use. */
export interface Budget {
  readonly signal: AbortSignal
  /** Milliseconds of CPU work before it is stopped with TRANSFORM_TIMEOUT. */
  readonly transformMs: number
  /** Bytes of a picture's original that may be read in full. */
  readonly imageBytes: number
  /** Bytes that may be read of an original of video or audio. */
  readonly sourceBytes: number
  /** Bytes of video or audio that may be made. */
  readonly outputBytes: number
  /** The origin whose work it is, where places are shared. */
  readonly party?: string
}

export interface Engine {
  /** Shown in `X-Transform-Source`. */
  readonly name: string
  can(recipe: Recipe, info: MediaInfo): boolean | Promise<boolean>
  /** What it would need for one that it cannot make, in words. */
  lack?(recipe: Recipe, info: MediaInfo): Promise<string | undefined>
  /**
   * @param overlay of recipes that have one
   * @throws SOURCE_TOO_LARGE, CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED, TRANSFORM_TIMEOUT, or the signal's reason
   */
  run(recipe: Recipe, original: Original, budget: Budget, overlay?: Original): Promise<Rendition>
}
