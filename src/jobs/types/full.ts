/** `video:full`: cover and preview side by side, then the ladder, of one copy of the original. What failed can be done again alone. */
import { isMediaError, MediaError } from '../../error.ts'
import { isTransient } from '../job.ts'
import type { Bench } from './bench.ts'
import { artifactsIn, readyOf, type PlannedPiece } from './task.ts'
import { stageOf } from './stage-error.ts'

const STAGES = ['cover', 'preview', 'transcode'] as const
export type FullStage = (typeof STAGES)[number]
type AnyStage = 'source' | FullStage

interface StageState {
  readonly status: 'pending' | 'ready' | 'failed' | 'skipped'
  readonly error_code?: string
  readonly error?: string
  /** Code of docs/errors.md. */
  readonly reason?: string
  readonly retryable?: boolean
}

interface RetryPlan {
  readonly allowed: boolean
  readonly strategy: 'retry_job' | 'retry_tasks' | null
  readonly job_types: readonly string[]
  readonly stages: readonly AnyStage[]
  readonly reason: string | null
}

export interface FullResults {
  readonly stages: Readonly<Record<AnyStage, StageState>>
  readonly artifacts: Readonly<Partial<Record<FullStage, unknown>>>
  readonly retry_plan: RetryPlan
}

/** How each stage is done. `before`: what an earlier try left of it. */
export type FullSteps = Readonly<
  Record<
    FullStage,
    (piece: PlannedPiece, before: unknown, keep: (partial: unknown) => Promise<void>) => Promise<unknown>
  >
>

const PENDING: StageState = { status: 'pending' }
const READY: StageState = { status: 'ready' }

/** The original could not be had. */
export function withoutSource(error: unknown): FullResults {
  return resultsOf({ source: failedBy(error), cover: PENDING, preview: PENDING, transcode: PENDING }, {})
}

export async function makeFull(
  bench: Bench,
  pieces: readonly PlannedPiece[],
  steps: FullSteps,
): Promise<FullResults> {
  const { budget, job } = bench
  const before = readyOf(job) as Partial<FullResults> | undefined
  const stages: Record<AnyStage, StageState> = {
    source: READY,
    cover: PENDING,
    preview: PENDING,
    transcode: PENDING,
  }
  const artifacts: Partial<Record<FullStage, unknown>> = {}
  const failures: MediaError[] = []
  const save = () => budget.save(resultsOf(stages, artifacts))

  async function run(name: FullStage): Promise<void> {
    const piece = pieces.find(({ stage }) => stage === name)
    if (!piece) return
    const left = before?.artifacts?.[name]
    const isReady = before?.stages?.[name].status === 'ready' && (await isThere(left, bench))
    try {
      artifacts[name] = isReady
        ? left
        : await steps[name](piece, left, async (partial) => {
            artifacts[name] = partial
            await save()
          })
      stages[name] = READY
    } catch (error) {
      budget.signal.throwIfAborted()
      stages[name] = failedBy(error)
      failures.push(isMediaError(error) ? error : new MediaError('INTERNAL', undefined, { cause: error }))
    }
    await save()
  }

  budget.report(20)
  await Promise.all([run('cover'), run('preview')])
  budget.report(25)
  await run('transcode')
  budget.report(95)
  // Another try may mend what may pass; what is ready stays.
  const failure = failures.find(({ code }) => isTransient(code)) ?? failures[0]
  if (failure) throw failure
  return resultsOf(stages, artifacts)
}

/** Of the same original, and as it was made. */
async function isThere(made: unknown, { hash, artifacts }: Bench): Promise<boolean> {
  const files = artifactsIn(made)
  const isOfIt = files.length > 0 && files.every(({ key }) => key.includes(`/${hash}/`))
  return isOfIt && artifacts.areThere(files)
}

function failedBy(error: unknown): StageState {
  const { code, message } = isMediaError(error) ? error : new MediaError('INTERNAL')
  const stage = isMediaError(error) ? stageOf(error) : undefined
  return {
    status: 'failed',
    ...(stage === undefined ? {} : { error_code: stage }),
    error: message,
    reason: code,
    retryable: isTransient(code),
  }
}

function resultsOf(stages: FullResults['stages'], artifacts: FullResults['artifacts']): FullResults {
  return { stages: { ...stages }, artifacts: { ...artifacts }, retry_plan: planOfRetry(stages) }
}

function planOfRetry(stages: FullResults['stages']): RetryPlan {
  const all: readonly AnyStage[] = ['source', ...STAGES]
  const failed = all.filter((name) => stages[name].status === 'failed')
  if (failed.length === 0)
    return { allowed: false, strategy: null, job_types: [], stages: [], reason: 'nothing failed' }
  const strategy = failed[0] === 'source' ? 'retry_job' : 'retry_tasks'
  return { allowed: true, strategy, job_types: ['video:full'], stages: failed, reason: null }
}

/** How a failed job is done again, by what is known of it. */
export function strategyOf(results: unknown): 'retry_job' | 'retry_tasks' {
  return (results as Partial<FullResults> | undefined)?.retry_plan?.strategy ?? 'retry_job'
}
