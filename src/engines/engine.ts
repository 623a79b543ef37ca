import type { MediaError } from '../error.ts'
import type { MediaInfo } from '../media/info.ts'
import type { Original } from '../media/original.ts'
import type { Rendition } from '../media/rendition.ts'
import type { Plan } from '../plan/plan.ts'
import type { Recipe } from '../plan/recipe.ts'
import type { FfmpegJob } from '../platform.ts'

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
  /** What it is a part of; absent: something that is made on the way. */
  readonly asked?: Asked
  /** Told of the seconds of the result that are done, where an engine can tell. */
  readonly onProgress?: ((seconds: number) => void) | undefined
  /** Is handed a file of video or sound that was made anew, however large, in place of the rendition's body, which then is empty. */
  readonly receive?: FfmpegJob['receive']
}

/** What was asked of this service, for those who ask another. */
export interface Asked extends Pick<Plan, 'source' | 'ask' | 'accepts'> {
  /** Names of the services that it came through. */
  readonly passed: readonly string[]
}

/** It failed for a reason of its own: another engine may do better. Where none does, `error` is the answer. */
export class EngineFailed extends Error {
  readonly error: MediaError

  constructor(error: MediaError) {
    super(error.message)
    this.error = error
  }
}

export interface Engine {
  /** Shown in `X-Transform-Source`. */
  readonly name: string
  /** @param size of the original in bytes, where it is known */
  can(recipe: Recipe, info: MediaInfo, size?: number): boolean | Promise<boolean>
  /** What it would need for one that it cannot make, in words. */
  lack?(recipe: Recipe, info: MediaInfo, size?: number): Promise<string | undefined>
  /**
   * @param overlay of recipes that have one
   * @throws EngineFailed, SOURCE_TOO_LARGE, CORRUPT_MEDIA, UNSUPPORTED_CODEC, LIMIT_EXCEEDED, TRANSFORM_TIMEOUT, or the signal's reason
   */
  run(recipe: Recipe, original: Original, budget: Budget, overlay?: Original): Promise<Rendition>
}
