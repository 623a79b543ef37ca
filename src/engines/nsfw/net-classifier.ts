/** A network of our own or of the operator's, run by the workers. */
import { MediaError } from '../../error.ts'
import { findingOf, toPredictions, worstOf, type Finding } from '../../media/nsfw.ts'
import type { Workers } from '../../platform.ts'
import type { Classifier } from '../classifier.ts'
import type { ClassifyTask, NetRef } from './classify-task.ts'
import { lookAt, type LookRules } from './look.ts'
import { NET_ASK } from './pixels.ts'

export interface NetClassifierOptions {
  readonly net: NetRef
  /** Names the file of the network: its hash. */
  readonly version: string
  readonly workers: Workers
  readonly rules: LookRules
}

export function createNetClassifier({ net, version, workers, rules }: NetClassifierOptions): Classifier {
  const { pixels, frames, memory, transformMs, looks } = rules
  return {
    name: net.name,
    identity: [net.name, version, net.pixels, looks].join(' '),
    async classify(original, signal, page) {
      const { bytes, recipes } = await lookAt(original, NET_ASK, page, rules)
      const data: ClassifyTask = { net, recipes, bytes, pixels, frames, memory }
      const task = { op: 'classify', data, transfer: [bytes.buffer] }
      const clocks = { deadlineMs: transformMs, graceMs: GRACE_MS }
      const scores = (await workers.run({ ...task, signal, ...clocks })) as number[][]
      return worstOf(scores.map(toFinding))
    },
  }
}

/** A network hears nothing while it is loaded or computes: a thread that is given up for that would cost another one. */
const GRACE_MS = 10_000

function toFinding(scores: readonly number[]): Finding {
  const predictions = toPredictions(scores)
  if (predictions) return findingOf(predictions)
  const cause = `the network gave [${scores.slice(0, 8).join(', ')}], expected five probabilities`
  throw new MediaError('NSFW_UNJUDGED', undefined, { cause })
}

/** Loads the network in one of the workers. @throws NSFW_UNJUDGED whose cause says what is missing */
export async function tryNet(net: NetRef, workers: Workers): Promise<void> {
  const data: ClassifyTask = { net, recipes: [], bytes: new Uint8Array(), pixels: 1, frames: 1 }
  await workers.run({ op: 'classify', data })
}
