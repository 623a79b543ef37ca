import type { Finding } from '../media/nsfw.ts'
import type { Original } from '../media/original.ts'

/** Judges whether a picture is safe to show. Optional everywhere: without one nothing is judged. */
export interface Classifier {
  /** For the log. */
  readonly name: 'builtin' | 'onnx' | 'http'
  /** Another one wherever the same picture may be judged otherwise: findings are kept under it. Never shown. */
  readonly identity: string
  /**
   * Looks at several frames of what moves; the worst counts.
   *
   * @param original a picture that this service reads
   * @param page the one frame or page that counts, from 0; absent: the picture as a whole
   * @throws what reading and decoding it throws, NSFW_UNJUDGED when the classifier itself fails, or the signal's reason
   */
  classify(original: Original, signal: AbortSignal, page?: number): Promise<Finding>
}
