import type { Original } from '../media/original.ts'
import type { Predictions } from '../media/nsfw.ts'

/** Judges whether a picture is safe to show. Optional everywhere: without one nothing is judged. */
export interface Classifier {
  /**
   * @param original a picture that this service reads
   * @throws what reading and decoding it throws, or the signal's reason
   */
  classify(original: Original, signal: AbortSignal): Promise<Predictions>
}
