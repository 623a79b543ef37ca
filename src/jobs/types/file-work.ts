/** The types that make files: the original is brought near, then each type does its own, in the words of a table. */
import type { Services } from '../../context.ts'
import { planOf } from '../../plan/plan.ts'
import type { Platform } from '../../platform.ts'
import type { Artifacts } from '../artifacts.ts'
import type { JobWork } from '../attempt.ts'
import { holdOriginal } from '../held-original.ts'
import type { Job } from '../job.ts'
import { makeFile, type Bench } from './bench.ts'
import { makeFull, withoutSource } from './full.ts'
import type { FileType } from './options.ts'
import { during, type StageFailure } from './stage-error.ts'
import { readyOf, type FileTask, type PlannedPiece } from './task.ts'
import { transcode, type TranscodeResults } from './transcode.ts'

export interface FileWorkOptions {
  /** With the bounds of jobs. */
  readonly services: Services
  readonly artifacts: Artifacts
  readonly spool: Platform['spool']
  onHash(job: Job, hash: string): Promise<void>
}

type TypeWork = (bench: Bench, pieces: readonly PlannedPiece[]) => Promise<unknown>

interface Row {
  readonly run: TypeWork
  /** Reads all of the original, more than once. */
  readonly readsAll: boolean
  /** Results where the original could not be had; absent: none. */
  readonly lost?: (error: unknown) => unknown
}

const WORKS: Readonly<Record<FileType, Row>> = {
  'image:thumbnail': { run: makeThumbnails, readsAll: false },
  'video:cover': { run: makeOne('extract_failed'), readsAll: false },
  'video:preview': { run: makeOne('generate_failed'), readsAll: false },
  'video:transcode': { run: makeLadder, readsAll: true },
  'video:full': { run: makeAll, readsAll: true, lost: withoutSource },
}

export function createFileWork({ services, artifacts, spool, onHash }: FileWorkOptions): JobWork {
  return {
    async run(job, budget) {
      const { pieces } = job.task as FileTask
      const row = WORKS[job.type as FileType]
      const { source } = planOf(pieces[0]?.plan ?? '{}')
      const { signal } = budget
      budget.report(5)
      const how = { expected: job.hash, readsAll: row.readsAll, spool, services, signal }
      const { hash, origins, release } = await during('download_failed', () =>
        holdOriginal(source, how),
      ).catch(async (error: unknown) => {
        signal.throwIfAborted()
        if (row.lost) await budget.save(row.lost(error))
        throw error
      })
      try {
        if (job.hash === undefined) await onHash(job, hash)
        return await row.run({ job, budget, hash, services: { ...services, origins }, artifacts }, pieces)
      } finally {
        await release()
      }
    },
    failed: async () => undefined,
  }
}

async function makeThumbnails(bench: Bench, pieces: readonly PlannedPiece[]): Promise<unknown> {
  const outputs: unknown[] = []
  for (const piece of pieces) {
    const made = await makeFile(planOf(piece.plan), piece, 'generate_failed', bench)
    outputs.push({ variant: piece.name.slice(0, piece.name.lastIndexOf('.')), ...made })
    bench.budget.report((100 * outputs.length) / (pieces.length + 1))
  }
  return { outputs }
}

function makeOne(stage: StageFailure): TypeWork {
  return async (bench, [piece]) => {
    const { budget } = bench
    budget.report(30)
    const hears = { onPart: (part: number) => budget.report(30 + 40 * part), onMade: () => budget.report(70) }
    return piece && makeFile(planOf(piece.plan), piece, stage, bench, hears)
  }
}

async function makeLadder(bench: Bench, [piece]: readonly PlannedPiece[]): Promise<unknown> {
  const { budget, job } = bench
  budget.report(10)
  if (!piece) return undefined
  const results = await transcode(piece, readyOf(job) as Partial<TranscodeResults> | undefined, bench, {
    onPart: (part, left) => budget.report(10 + 65 * part, left),
    onTrack: (known) => budget.save(known),
  })
  budget.report(95)
  return results
}

function makeAll(bench: Bench, pieces: readonly PlannedPiece[]): Promise<unknown> {
  const { budget } = bench
  return makeFull(bench, pieces, {
    cover: (piece) => makeFile(planOf(piece.plan), piece, 'extract_failed', bench),
    preview: (piece) => makeFile(planOf(piece.plan), piece, 'generate_failed', bench),
    transcode: (piece, before, keep) =>
      transcode(piece, before as Partial<TranscodeResults> | undefined, bench, {
        onPart: (part, left) => budget.report(25 + 55 * part, left),
        onTrack: keep,
      }),
  })
}
