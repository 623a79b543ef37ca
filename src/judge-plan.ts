/** The originals of a plan, judged together: what is to be made of them then, and what is said of it. */
import type { Services } from './context.ts'
import { overlayError } from './error.ts'
import { judgementOf, judgeOriginal, type Judged, type Subject } from './judge.ts'
import type { MediaInfo } from './media/info.ts'
import { joinJudgements, type Judgement } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import type { RequestEvent } from './observe/event.ts'
import type { Plan } from './plan/plan.ts'
import type { Recipe } from './plan/recipe.ts'

interface Probed {
  readonly original: Original
  readonly info: MediaInfo
}

interface Doing {
  readonly signal: AbortSignal
  readonly event: RequestEvent
  readonly services: Services
}

export interface JudgedPlan {
  /** The plan, with a veil over what may not be recognised. */
  readonly veiled: Plan
  /** Absent: nobody looked. */
  readonly nsfw: Judgement | undefined
}

/** @throws as `judgeOriginal` */
export async function judgePlan(
  plan: Plan,
  main: Probed,
  overlay: Probed | undefined,
  { signal, event, services }: Doing,
): Promise<JudgedPlan> {
  if (plan.judged === undefined) return { veiled: plan, nsfw: undefined }
  const first = await judgeOriginal(
    { ref: plan.source, original: main.original, format: main.info.format, ...shownOf(plan, main, services) },
    signal,
    event,
    services,
  )
  const second = await judgeOverlay(plan, overlay, { signal, event, services })
  const judgements = [first, second].flatMap((one) => (one ? [judgementOf(one)] : []))
  return {
    veiled: veilPlan(plan, first, second),
    nsfw: judgements.length === 0 ? undefined : joinJudgements(judgements),
  }
}

/** What can be veiled: pictures, and what shows no frame. */
const STILL: ReadonlySet<Recipe['kind']> = new Set(['frame', 'sprite', 'storyboard', 'facts', 'waveform'])

/** What is told of a file is told of its first page. Of a video what is asked for decides what is seen. */
function shownOf(plan: Plan, { info }: Probed, services: Services): Pick<Subject, 'page' | 'at' | 'isStill'> {
  const { page, format } = plan.ask
  if (info.class === 'image') return format === 'json' ? {} : { page }
  const recipe = services.resolve(plan, info)
  const isStill = STILL.has(recipe.kind)
  return { isStill, ...(recipe.kind === 'frame' ? { at: recipe.among ? 'auto' : recipe.at } : {}) }
}

async function judgeOverlay(
  { overlay: ref }: Plan,
  overlay: Probed | undefined,
  { signal, event, services }: Doing,
): Promise<Judged | undefined> {
  // What is no picture is refused later.
  if (!ref || !overlay || overlay.info.class !== 'image') return undefined
  try {
    const { original, info } = overlay
    return await judgeOriginal({ ref, original, format: info.format }, signal, event, services)
  } catch (error) {
    throw overlayError(error, ref.path)
  }
}

/** Under a veil a picture stands still, and nothing goes along that tells more. */
function veilPlan(plan: Plan, main: Judged | undefined, overlay: Judged | undefined): Plan {
  let { ask } = plan
  if (overlay?.veil && ask.overlay) ask = { ...ask, overlay: { ...ask.overlay, veil: true } }
  if (main?.veil) {
    const { metadata: _, ...rest } = ask
    ask = { ...rest, ...(ask.page === undefined ? { animated: false } : {}), veil: true }
  }
  return ask === plan.ask ? plan : { ...plan, ask }
}

/** What is told of an original tells this too. */
export function withJudgement(recipe: Recipe, nsfw: Judgement | undefined): Recipe {
  const tells = recipe.kind === 'metadata' || recipe.kind === 'facts'
  return nsfw && tells ? { ...recipe, nsfw } : recipe
}
