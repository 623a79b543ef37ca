/** What a classifier finds in a picture, and what follows from it. Pure. */

export const NSFW_CLASSES = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const

/** Probabilities, 0 to 1. */
export type Predictions = Readonly<Record<(typeof NSFW_CLASSES)[number], number>>

export interface Verdict {
  readonly isUnsafe: boolean
  /** 0 to 1. */
  readonly probability: number
  readonly predictions: Predictions
}

/** Nobody has looked: nothing is held against it. */
export const UNJUDGED: Verdict = {
  isUnsafe: false,
  probability: 0,
  predictions: { drawing: 0, hentai: 0, neutral: 0, porn: 0, sexy: 0 },
}

/** Drawings do not count: classifiers err on them most. @param threshold probability above which it is unsafe */
export function verdictOf(predictions: Predictions, threshold = 0.85): Verdict {
  const judged = { ...predictions, hentai: 0 }
  const probability = Math.min(1, judged.porn + judged.sexy)
  return { isUnsafe: probability > threshold, probability, predictions: judged }
}
