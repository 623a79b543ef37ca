/** What is written down of a job that makes files, and what is read out of its results. Pure but for hashing. */
import { sha256Hex } from '../../lib/hash.ts'
import { canonicalJson } from '../../plan/canonical.ts'
import type { Subject } from '../../store/cache.ts'
import type { Artifact } from '../artifacts.ts'
import type { Job } from '../job.ts'
import type { Piece } from './pieces.ts'

/** What is written down of the work. */
export interface FileTask {
  readonly subject: Subject
  readonly pieces: readonly PlannedPiece[]
  /** Results of the job whose work it does again: what they have is not made anew. */
  readonly ready?: unknown
}

export interface PlannedPiece extends Pick<Piece, 'stage' | 'folder' | 'name'> {
  /** `text` of the plan. */
  readonly plan: string
}

/** Equal for equal work on the same version of the same original. */
export function fileFingerprint(
  work: Pick<Job, 'type' | 'source' | 'hash' | 'options'> & {
    readonly origin: string
    readonly validator: string
  },
): Promise<string> {
  const { type, origin, source, validator, hash = null, options } = work
  return sha256Hex(canonicalJson({ type, origin, source, validator, hash, options }))
}

/** What an earlier try of the job left, or the job that it does again. */
export function readyOf({ results, task }: Job): unknown {
  return results ?? (task as FileTask).ready
}

/** All files that results name. */
export function artifactsIn(results: unknown): Artifact[] {
  if (typeof results !== 'object' || results === null) return []
  if ('key' in results && 'etag' in results) return [results as Artifact]
  return Object.values(results).flatMap(artifactsIn)
}
