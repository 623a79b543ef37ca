/** A service of the operator's: it is sent a picture and answers `{ nsfw, probability, predictions }`. */
import { isMediaError, MediaError } from '../../error.ts'
import { concatBytes } from '../../lib/bytes.ts'
import { hostAndPort } from '../../lib/host-pattern.ts'
import type { SafeFetch } from '../../lib/safe-fetch.ts'
import { isProbability, NO_PREDICTIONS, NSFW_CLASSES, worstOf, type Finding } from '../../media/nsfw.ts'
import type { Workers } from '../../platform.ts'
import type { Ask } from '../../plan/plan.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { Classifier } from '../classifier.ts'
import type { ImageResult, ImageTask } from '../image/image-task.ts'
import { lookAt, type LookRules } from './look.ts'

export interface HttpClassifierOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds for one frame. */
  readonly timeoutMs: number
  /** Of the model behind the address, as the operator names it. */
  readonly version: string
  readonly safeFetch: SafeFetch
  readonly workers: Workers
  readonly rules: LookRules
}

/** What is sent: networks look at less. */
const SENT: Ask = { width: 512, height: 512, format: 'jpeg', quality: 90 }
/** Bytes of an answer. */
const MOST_ANSWERED = 65_536

export function createHttpClassifier(options: HttpClassifierOptions): Classifier {
  const { url, version, workers, rules } = options
  const { pixels, frames, memory, transformMs, looks } = rules

  async function draw(recipe: ImageRecipe, bytes: Uint8Array, signal: AbortSignal) {
    const data: ImageTask = { recipe, bytes, pixels, frames, memory }
    const result = await workers.run({ op: 'image', data, signal, deadlineMs: transformMs })
    return (result as ImageResult).body
  }

  return {
    name: 'http',
    identity: ['http', url, version, looks].join(' '),
    async classify(original, signal, page) {
      const { bytes, recipes } = await lookAt(original, SENT, page, rules)
      const findings: Finding[] = []
      for (const recipe of recipes) {
        const picture = await draw(recipe, bytes, signal)
        findings.push(await ask(picture, signal, options))
      }
      return worstOf(findings)
    },
  }
}

/** Its failures are never the original's. @throws NSFW_UNJUDGED, or the signal's reason */
async function ask(
  picture: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
  { url, headers, timeoutMs, safeFetch }: HttpClassifierOptions,
): Promise<Finding> {
  try {
    const response = await safeFetch(url, {
      method: 'POST',
      body: picture,
      headers: { accept: 'application/json', ...headers, 'content-type': 'image/jpeg' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      trustedHost: hostAndPort(new URL(url)),
      maxBytes: MOST_ANSWERED,
    })
    return await readAnswer(response)
  } catch (error) {
    signal.throwIfAborted()
    const reason = isMediaError(error) ? `${error.code}: ${error.message}` : String(error)
    throw new MediaError('NSFW_UNJUDGED', undefined, { cause: `the classifier's service: ${reason}` })
  }
}

async function readAnswer(response: Response): Promise<Finding> {
  const body = await wholeBody(response)
  if (response.status !== 200) throw new Error(`it answered ${response.status}`)
  const answer: unknown = JSON.parse(new TextDecoder().decode(body))
  const finding = typeof answer === 'object' && answer !== null && toFinding(answer)
  if (!finding) throw new Error('its answer has neither a probability nor nsfw')
  return finding
}

/** A probability counts for more than what the service makes of it: the threshold is ours. */
function toFinding(answer: object): Finding | undefined {
  const { nsfw, probability, predictions } = answer as Record<string, unknown>
  const isSaid = typeof nsfw === 'boolean' || nsfw === undefined
  const own = probability === undefined && typeof nsfw === 'boolean' ? Number(nsfw) : probability
  if (!isSaid || !isProbability(own)) return undefined
  return { probability: own, predictions: readPredictions(predictions) }
}

function readPredictions(value: unknown): Finding['predictions'] {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const isWhole = NSFW_CLASSES.every((name) => isProbability(given[name]))
  if (!isWhole) return NO_PREDICTIONS
  return Object.fromEntries(NSFW_CLASSES.map((name) => [name, given[name]])) as Finding['predictions']
}

async function wholeBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const reader = body?.getReader()
  for (let step = await reader?.read(); step && !step.done; step = await reader?.read())
    chunks.push(step.value)
  return concatBytes(chunks)
}
