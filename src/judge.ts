/**
 * Whether an original may be seen: what its origin makes of unsafe pictures, what the classifier found or has found
 * before, and what follows. A finding is kept under the version of the original and the identity of the classifier, so
 * that no picture is looked at twice.
 */
import type { Judging, OriginPolicy, Services } from './context.ts'
import type { Classifier } from './engines/classifier.ts'
import { probe } from './engines/probe.ts'
import { isMediaError, MediaError, type ErrorCode } from './error.ts'
import { sha256Hex } from './lib/hash.ts'
import { isSeen, look } from './look.ts'
import { formatRow, type FormatName } from './media/format.ts'
import {
  verdictOf,
  worstOf,
  type Finding,
  type Judgement,
  type NsfwPolicy,
  type Verdict,
} from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import { timed, type RequestEvent } from './observe/event.ts'
import { canonicalJson } from './plan/canonical.ts'
import type { SourceRef } from './plan/plan.ts'

/** What was asked about. */
export interface Subject {
  readonly ref: SourceRef
  readonly original: Original
  readonly format: FormatName
  /** The one frame or page that is to be seen; absent: any. */
  readonly page?: number | undefined
  /** Of a video: seconds, whose frame is to be seen, or `auto`: the one that is chosen; absent: any. */
  readonly at?: number | 'auto' | undefined
  /** Of a video: nothing but a still picture is to be seen, which can be veiled. */
  readonly isStill?: boolean
  /** The file itself is to be seen, all that moves in it included. */
  readonly isWhole?: boolean
}

export interface Judged extends Judgement {
  /** It may be shown only so that nothing is recognised. */
  readonly veil: boolean
}

/** How originals of an origin are judged: a text that changes with whatever changes the answer. Undefined: not at all. */
export function judgedBy({ nsfw = 'allow' }: Pick<OriginPolicy, 'nsfw'>, judging: Judging | undefined) {
  if (nsfw === 'allow' || !judging) return undefined
  const { classifier, threshold, onError } = judging
  return canonicalJson([nsfw, classifier.identity, threshold, onError])
}

/**
 * Undefined where nobody looks: the origin allows everything, or there is nothing to see in such a file. What moves cannot be
 * veiled: under `blur` it is refused.
 * @throws NSFW_BLOCKED; NSFW_UNJUDGED, or what decoding threw, where the classifier fails closed; BUSY, and what the
 * source throws
 */
export async function judgeOriginal(
  subject: Subject,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
): Promise<Judged | undefined> {
  const { judging, policies } = services
  const { nsfw: asked = 'allow' } = policies.get(subject.ref.origin) ?? {}
  if (!judging || asked === 'allow' || !isSeen(subject.format)) return undefined
  const nsfw = asked === 'blur' && isTimed(subject) && !subject.isStill ? 'block' : asked
  let finding: Finding
  try {
    finding = await timed(event, 'classify', services.now, () => findAll(subject, judging, signal, services))
  } catch (error) {
    if (signal.aborted || !isFailure(error)) throw error
    services.logger.log('warn', 'not judged', { ...aboutSubject(subject), ...causeOf(error) })
    return followFailure(nsfw, judging, error, event)
  }
  return follow(nsfw, verdictOf(finding, judging.threshold), event)
}

/** What stays with an answer. */
export function judgementOf({ state, probability }: Judged): Judgement {
  return { state, ...(probability === undefined ? {} : { probability }) }
}

function follow(nsfw: NsfwPolicy, { isUnsafe, probability }: Verdict, event: RequestEvent): Judged {
  const judgement: Judgement = { state: isUnsafe ? 'unsafe' : 'safe', probability }
  note(event, judgement)
  if (isUnsafe && nsfw === 'block') throw new MediaError('NSFW_BLOCKED')
  return { ...judgement, veil: isUnsafe && nsfw === 'blur' }
}

function followFailure(nsfw: NsfwPolicy, { onError }: Judging, error: unknown, event: RequestEvent): Judged {
  note(event, { state: 'unknown' })
  const isClosed = onError === 'closed'
  if (isClosed && nsfw === 'block')
    throw isMediaError(error) && error.code !== 'INTERNAL'
      ? error
      : new MediaError('NSFW_UNJUDGED', undefined, { cause: error })
  return { state: 'unknown', veil: isClosed && nsfw === 'blur' }
}

/** Of several originals of one answer the worst is logged. */
function note(event: RequestEvent, { state, probability }: Judgement): void {
  if (event.nsfw === 'unsafe') return
  event.nsfw = state
  event.nsfwProbability = probability
}

/** Codes that say nothing of the classifier or the picture: the answer is the same, whoever judges. */
const NO_FAILURE: ReadonlySet<ErrorCode> = new Set([
  'BUSY',
  'CLIENT_GONE',
  'SOURCE_FAILED',
  'SOURCE_TIMEOUT',
  'SOURCE_CHANGED',
])

function isFailure(error: unknown): boolean {
  return !isMediaError(error) || !NO_FAILURE.has(error.code)
}

const isTimed = ({ format }: Subject) => formatRow(format).class !== 'image'

/** Of one frame of a video both count, what the whole shows and what itself does. */
async function findAll(
  subject: Subject,
  judging: Judging,
  signal: AbortSignal,
  services: Services,
): Promise<Finding> {
  const { page, at, ...rest } = subject
  const { animates, hasPages } = formatRow(subject.format)
  // Of what has one page another is refused later. Of the first frame all that is known counts.
  const part = (animates || hasPages) && page ? { page } : {}
  const whole = await find({ ...rest, ...part }, judging, signal, services)
  if (!isTimed(subject) || !at || whole.probability > judging.threshold) return whole
  return worstOf([whole, await find({ ...rest, at }, judging, signal, services)])
}

/** One look at a time at each version of each original. */
async function find(
  subject: Subject,
  judging: Judging,
  signal: AbortSignal,
  services: Services,
): Promise<Finding> {
  if (subject.isWhole) await requireStill(subject)
  const key = await keyOf(subject, judging.classifier)
  const known = await recall(key, services)
  if (known) return known
  const { value } = await services.looks.run({
    key,
    signal,
    make: async (shared) => {
      const finding = await weighed(subject, judging, shared, services)
      await remember(key, finding, subject, services)
      return finding
    },
    reread: () => recall(key, services),
  })
  return value
}

/** What moves in formats whose frames are not read here would be seen and not judged. */
async function requireStill({ original, format }: Subject): Promise<void> {
  const { class: mediaClass, animates } = formatRow(format)
  if (animates || mediaClass !== 'image') return
  const info = await probe(original)
  if (info.class === 'image' && info.animated)
    throw new MediaError(
      'UNSUPPORTED_CODEC',
      `Cannot judge ${format} that moves: its first frame is all that is read`,
    )
}

async function keyOf({ page, at, ...subject }: Subject, { identity }: Classifier): Promise<string> {
  const { ref, original } = subject
  const { origin, path } = ref
  const part = isTimed(subject) ? `video ${at ?? ''}` : (page ?? '')
  return sha256Hex(['nsfw 1', identity, origin, path, original.validator.text, part].join('\n'))
}

async function weighed(
  subject: Subject,
  judging: Judging,
  signal: AbortSignal,
  services: Services,
): Promise<Finding> {
  const { imageBytes } = services.limits
  const weight = Math.min(subject.original.size ?? imageBytes, imageBytes)
  return services.memory.run(signal, () => look(subject, judging, signal, services), weight)
}

async function recall(key: string, { cache }: Services): Promise<Finding | undefined> {
  const stored = await cache.get(key)
  if (!stored) return undefined
  return (await new Response(await stored.body()).json()) as Finding
}

/** Filed like a plan, so that a purge of the original forgets it too. A store that is full or down costs another look. */
async function remember(
  key: string,
  finding: Finding,
  { ref: { origin, path }, original }: Subject,
  { cache, logger, now, policies }: Services,
): Promise<void> {
  const body = new TextEncoder().encode(JSON.stringify(finding))
  const facts = { engine: 'nsfw', sourceType: 'nsfw', lastModified: now() }
  try {
    await cache.keep(key, { type: 'application/json', body, facts })
    const tags = [`origin:${origin}`, ...(policies.get(origin)?.cacheTags ?? [])]
    const outcome = { recipeKey: key, validator: original.validator.text }
    await cache.remember(key, { subject: { origin, path, tags }, outcome, ttlMs: 0, staleMs: 0 })
  } catch (error) {
    logger.log('error', 'finding not stored', causeOf(error))
  }
}

const aboutSubject = ({ ref: { origin, path } }: Subject) => ({ origin, path })

function causeOf(error: unknown) {
  if (!isMediaError(error)) return { cause: String(error) }
  return { code: error.code, cause: error.cause === undefined ? error.message : String(error.cause) }
}
