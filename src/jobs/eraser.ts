/** Takes away all that was made of an original: what works on it, what it left, and what is written down of it. */
import type { Services } from '../context.ts'
import { isMediaError } from '../error.ts'
import { numberIn, textIn } from '../database/sql.ts'
import type { Sql } from '../platform.ts'
import type { Artifacts } from './artifacts.ts'
import type { Jobs } from './jobs.ts'

/** In the order in which they are done; the rows say what is left to do, and go last. */
export type EraseStage = 'jobs' | 'artifacts' | 'cache' | 'rows'

export interface Eraser {
  /** Safe to call again. @returns what could not be done yet; empty: nothing is left */
  erase(hash: string): Promise<readonly EraseStage[]>
}

export interface EraserOptions {
  readonly sql: Pick<Sql, 'query' | 'batch'>
  readonly jobs: Pick<Jobs, 'cancel'>
  readonly artifacts: Pick<Artifacts, 'erase'>
  readonly services: Pick<Services, 'cache' | 'logger' | 'now'>
  readonly leaseMs: number
  readonly keepMs: number
}

/** Milliseconds that whoever is still at it is waited for, and between looks. */
const PATIENCE_MS = 2000
const LOOK_MS = 100
/** Milliseconds that a job is still remembered whose end somebody waits to hear of. */
const TOLD_MS = 600_000

const IS_OVER = "status in ('completed', 'failed', 'cancelled')"
const IS_AWAITED = "exists (select 1 from job_callback c where c.job = job.id and c.status = 'pending')"

export function createEraser(options: EraserOptions): Eraser {
  const { sql, jobs, artifacts, services, leaseMs, keepMs } = options
  const { cache, logger, now } = services
  const { query, batch } = sql

  /** True: nobody works on it any more. One that does not answer for a lease is dead. */
  async function stopJobs(hash: string, until: number): Promise<boolean> {
    for (const row of await query(`select id from job where hash = ? and not ${IS_OVER}`, hash))
      await jobs.cancel(textIn(row, 'id')).catch(unlessOver)
    const text = `select count(*) as jobs from job
      where hash = ? and status = 'cancelled' and lease is not null and updated_at > ?`
    return isTrueBy(until, async () => numberIn((await query(text, hash, now() - leaseMs))[0], 'jobs') === 0)
  }

  /** Of every address that the original is known by. */
  async function forgetRenditions(hash: string): Promise<void> {
    for (const row of await query('select distinct source from job where hash = ?', hash)) {
      const path = textIn(row, 'source')
      await cache.purge({ path })
      await cache.purge({ tag: `overlay:${path}` })
    }
  }

  async function forgetJobs(hash: string): Promise<void> {
    const gone = `select id from job where hash = ? and ${IS_OVER} and not ${IS_AWAITED}`
    await batch([
      [
        `update job set is_current = 0, updated_at = ? where hash = ? and ${IS_OVER} and ${IS_AWAITED}`,
        now() - keepMs + TOLD_MS,
        hash,
      ],
      [`delete from job_callback where job in (${gone})`, hash],
      // Their callbacks are gone with them, so that none is awaited.
      [`delete from job where hash = ? and ${IS_OVER} and not ${IS_AWAITED}`, hash],
    ])
  }

  async function isTrueBy(until: number, look: () => Promise<boolean>): Promise<boolean> {
    while (now() < until) {
      if (await look()) return true
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    return look()
  }

  return {
    async erase(hash) {
      const failed: EraseStage[] = []
      async function attempt(stage: EraseStage, work: () => Promise<boolean | void>): Promise<void> {
        try {
          if ((await work()) !== false) return
          logger.log('warn', 'original not erased yet', { hash, stage })
        } catch (error) {
          const cause = String(isMediaError(error) ? (error.cause ?? error) : error)
          logger.log('error', 'original not erased', { hash, stage, cause })
        }
        failed.push(stage)
      }
      const until = now() + PATIENCE_MS
      await attempt('jobs', () => stopJobs(hash, until))
      await attempt('artifacts', () => isTrueBy(until, () => artifacts.erase(hash)))
      await attempt('cache', () => forgetRenditions(hash))
      if (failed.length === 0) await attempt('rows', () => forgetJobs(hash))
      return failed
    },
  }
}

/** It ended by itself. */
function unlessOver(error: unknown): void {
  if (!isMediaError(error) || (error.code !== 'JOB_CONFLICT' && error.code !== 'JOB_NOT_FOUND')) throw error
}
