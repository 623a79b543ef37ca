/** What a classifier finds in a picture, and what follows from it. Pure. */

export const NSFW_CLASSES = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const

/** Probabilities, 0 to 1. */
export type Predictions = Readonly<Record<(typeof NSFW_CLASSES)[number], number>>

/** What a classifier says of a picture. JSON-serialisable. */
export interface Finding {
  /** That it is unsafe, 0 to 1. */
  readonly probability: number
  /** All zero where the classifier tells no classes. */
  readonly predictions: Predictions
}

export interface Verdict extends Finding {
  readonly isUnsafe: boolean
}

/** What an origin does with pictures that are judged unsafe. */
export type NsfwPolicy = 'allow' | 'flag' | 'block' | 'blur'

/** What was said of the originals of an answer, and stays with it. JSON-serialisable. */
export interface Judgement {
  /** `unknown`: the classifier has failed. */
  readonly state: 'safe' | 'unsafe' | 'unknown'
  /** Of the picture that is most probably unsafe; absent when it is unknown. */
  readonly probability?: number
}

export const NO_PREDICTIONS: Predictions = { drawing: 0, hentai: 0, neutral: 0, porn: 0, sexy: 0 }

/** Nobody has looked: nothing is held against it. */
export const UNJUDGED: Verdict = { isUnsafe: false, probability: 0, predictions: NO_PREDICTIONS }

/** Where nothing else is configured. */
export const USUAL_THRESHOLD = 0.85

/** Drawings do not count: classifiers err on them most. */
export function findingOf(predictions: Predictions): Finding {
  const judged = { ...predictions, hentai: 0 }
  return { probability: Math.min(1, judged.porn + judged.sexy), predictions: judged }
}

/** In the order of NSFW_CLASSES. Undefined where they are not five probabilities. */
export function toPredictions(scores: ArrayLike<number>): Predictions | undefined {
  const list = Array.from(scores)
  if (list.length !== NSFW_CLASSES.length || !list.every(isProbability)) return undefined
  return Object.fromEntries(NSFW_CLASSES.map((name, at) => [name, list[at]])) as Predictions
}

export function isProbability(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}

/** Of several frames the worst counts. @param findings one at least */
export function worstOf(findings: readonly Finding[]): Finding {
  return findings.reduce((worst, one) => (one.probability > worst.probability ? one : worst))
}

/** @param threshold probability above which it is unsafe */
export function verdictOf(finding: Finding, threshold = USUAL_THRESHOLD): Verdict {
  return { ...finding, isUnsafe: finding.probability > threshold }
}

/** What is said of an answer that several originals are part of. @param all one at least */
export function joinJudgements(all: readonly Judgement[]): Judgement {
  const state = (['unsafe', 'unknown', 'safe'] as const).find((one) => all.some((it) => it.state === one))
  const known = all.flatMap(({ probability }) => probability ?? [])
  return { state: state ?? 'safe', ...(known.length > 0 ? { probability: Math.max(...known) } : {}) }
}
