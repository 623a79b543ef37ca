/**
 * The make half of the line: find the original, learn what it is, decide, transform, store. Shared with the job
 * worker, so nothing here knows of HTTP.
 */
import { isMediaError, MediaError, ofClass, overlayError } from './error.ts'
import { requireCodecs } from './codecs.ts'
import type { Made, Services } from './context.ts'
import type { Budget } from './engines/engine.ts'
import { probe, probePicture } from './engines/probe.ts'
import { openCover } from './engines/video/container/cover.ts'
import { judgePlan, withJudgement } from './judge-plan.ts'
import { keep } from './keep.ts'
import type { MediaInfo } from './media/info.ts'
import type { Judgement } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import { timed, type RequestEvent } from './observe/event.ts'
import { canonicalJson } from './plan/canonical.ts'
import { recipeKey } from './plan/key.ts'
import type { Ask, Plan, SourceRef } from './plan/plan.ts'
import type { Recipe } from './plan/recipe.ts'
import { wantsCover } from './plan/timed/cover.ts'
import { transform } from './transform.ts'

export interface Prepared {
  /** Name of the origin that the original is of. */
  readonly origin: string
  readonly original: Original
  /** What the plan lays over the result. */
  readonly overlay: Original | undefined
  readonly asked: Pick<Plan, 'source' | 'ask' | 'accepts'>
  readonly info: MediaInfo
  /** It is the picture that a file of sound carries. */
  readonly isCover?: true
  readonly recipe: Recipe
  /** Names this version of all originals together. */
  readonly validator: string
  /** What they were judged to be; absent: nobody looked. */
  readonly nsfw: Judgement | undefined
  /** Cache key of the recipe on this version of them. */
  readonly key: string
  /** Lets go of all of them. */
  close(): Promise<void>
}

/** Opens and probes what the plan is about and resolves it against that. The caller closes it. */
export async function prepare(
  plan: Plan,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
): Promise<Prepared> {
  const [main, overlay] = await openBoth(
    openProbed(plan, signal, event, services),
    plan.overlay && openOverlay(plan.overlay, signal, event, services),
  )
  const originals = [main, ...(overlay ? [overlay] : [])].map(({ original }) => original)
  const close = async () => void (await Promise.all(originals.map((original) => original.close())))
  try {
    const policy = services.policies.get(plan.source.origin)
    if (policy?.transforms === 'images') requirePicture(main.info, plan.ask)
    requireCodecs(main.info, policy)
    const { veiled, nsfw } = await judgePlan(plan, main, overlay, { signal, event, services })
    const recipe = withJudgement(services.resolve(veiled, main.info, overlay?.info), nsfw)
    const validator = joinValidators(originals.map((original) => original.validator.text))
    const judged = nsfw && canonicalJson([plan.judged, nsfw])
    const key = await recipeKey(recipe, sourceText(plan), validator, judged)
    const { origin } = plan.source
    return { ...main, origin, asked: plan, overlay: overlay?.original, recipe, validator, nsfw, key, close }
  } catch (error) {
    await close()
    throw blamed(main, error)
  }
}

/** Who asked for a picture, and gets the original where none can be made, has no use for a film, nor for a song. */
function blamed({ info, isCover }: Pick<Probed, 'info' | 'isCover'>, error: unknown): unknown {
  if (isCover) return ofClass(error, 'audio')
  return info.class === 'image' ? error : ofClass(error, info.class)
}

/** The details outlive the error: a remembered one has them too. */
function requirePicture({ class: mediaClass }: MediaInfo, ask: Ask): void {
  // A frame is a picture.
  if (mediaClass === 'image' || (mediaClass === 'video' && wantsFrame(ask))) return
  const details = { class: mediaClass }
  throw new MediaError('UNSUPPORTED_MEDIA', `Only pictures are transformed here, not ${mediaClass}`, {
    details,
  })
}

const wantsFrame = (ask: Ask | undefined) => ask?.timed?.['mode'] === 'frame'

/** Whether the original is media, but not of the kind that is transformed here. */
export function isNoPicture(error: unknown): boolean {
  return isMediaError(error) && error.code === 'UNSUPPORTED_MEDIA' && isOfOtherClass(error)
}

/** Whether it failed because the original is video or audio. */
export function isOfOtherClass(error: unknown): boolean {
  if (!isMediaError(error)) return false
  return (error.details as { class?: unknown } | undefined)?.class !== undefined
}

interface Probed {
  readonly original: Original
  readonly info: MediaInfo
  /** It is the picture that a file of sound carries. */
  readonly isCover?: true
}

async function openProbed(
  { source: ref, ask }: Pick<Plan, 'source'> & Partial<Pick<Plan, 'ask'>>,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
): Promise<Probed> {
  const original = await timed(event, 'source', services.now, () => services.origins.open(ref, signal))
  try {
    event.sourceType = original.sourceType
    const page = pageOf(ask)
    const isForPictures = services.policies.get(ref.origin)?.transforms === 'images' && !wantsFrame(ask)
    const look = () => (isForPictures ? probePicture(original, page) : probe(original, page, signal))
    const info = await timed(event, 'probe', services.now, look)
    const cover = ask && info.class === 'audio' && wantsCover(ask)
    const found = cover && (await openCover(original, info.format, signal))
    return found ? { ...found, isCover: true } : { original, info }
  } catch (error) {
    await original.close()
    throw error
  }
}

/** What is told of a file as JSON is told of its first page. */
const pageOf = (ask: Ask | undefined) => (ask?.format === 'json' ? undefined : ask?.page)

/** An origin that takes its time takes it once: the overlay does not wait for the main original. */
async function openOverlay(
  ref: SourceRef,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
): Promise<Probed> {
  const own = { ...event, phases: {} }
  try {
    return await timed(event, 'overlay', services.now, () =>
      openProbed({ source: ref }, signal, own, services),
    )
  } catch (error) {
    throw overlayError(error, ref.path)
  }
}

/** Both or none; of two failures that of the main original counts. */
async function openBoth<T extends Probed>(
  main: Promise<T>,
  overlay: Promise<T> | undefined,
): Promise<readonly [T, T | undefined]> {
  const results = await Promise.allSettled([main, overlay])
  const [first, second] = results
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value]
  for (const result of results) if (result.status === 'fulfilled') await result.value?.original.close()
  throw first.status === 'rejected' ? first.reason : (second as PromiseRejectedResult).reason
}

/** Tells originals apart whose validators may be equal. No path has a line break. */
function sourceText({ source, overlay }: Plan): string {
  return [source, ...(overlay ? [overlay] : [])].map(({ origin, path }) => `${origin} ${path}`).join('\n')
}

/** Of one original its own. */
export function joinValidators(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] as string) : JSON.stringify(texts)
}

/** Whether all originals of the plan still are what `validator` names. */
export async function isUnchanged(
  { source, overlay }: Plan,
  validator: string,
  signal: AbortSignal,
  { origins }: Pick<Services, 'origins'>,
): Promise<boolean> {
  if (!overlay) return origins.check(source, validator, signal)
  const [main = '', other = ''] = JSON.parse(validator) as readonly string[]
  const checks = [origins.check(source, main, signal), origins.check(overlay, other, signal)]
  return (await Promise.all(checks)).every(Boolean)
}

/** Makes and keeps what was prepared, unless another plan already led to the same recipe. @param onProgress as that of a budget */
export async function render(
  prepared: Prepared,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
  onProgress?: Budget['onProgress'],
): Promise<Made> {
  try {
    return await make(prepared, signal, event, services, onProgress)
  } catch (error) {
    throw blamed(prepared, error)
  }
}

async function make(
  prepared: Prepared,
  signal: AbortSignal,
  event: RequestEvent,
  services: Services,
  onProgress: Budget['onProgress'],
): Promise<Made> {
  const same = await services.cache.get(prepared.key)
  if (same) return { rendition: same, stored: true }
  return transform(prepared, { signal, event, services, onProgress }, (rendition) =>
    timed(event, 'store', services.now, () => keep(rendition, prepared, services)),
  )
}
