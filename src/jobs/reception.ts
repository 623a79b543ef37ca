/** Where jobs are taken in that a queue of the platform brings: there is no loop that looks for them. */
import type { Lease, Sql } from '../platform.ts'
import type { Outbox } from './outbox.ts'
import { placeOf, takePlace } from './place.ts'

export interface Brought {
  readonly job: string
  /** It was brought in vain so often that it will not be brought again. */
  readonly isLast: boolean
}

export interface Reception {
  /**
   * Works on the job, if it is to be worked on. Resolves to the milliseconds after which it is to be brought again;
   * undefined: never. @throws what the database throws
   */
  receive(brought: Brought): Promise<number | undefined>
  /** Has brought what nobody was told of, and what should have been brought `overdueMs` ago. */
  tidy(overdueMs?: number): Promise<void>
}

export interface ReceptionOptions {
  readonly sql: Pick<Sql, 'query'>
  readonly outbox: Outbox
  readonly leaseMs: number
  now(): number
  newToken(): string
  work(lease: Lease): Promise<void>
  /** Of what is due beside jobs. */
  chores(): Promise<void>
  onFault(cause: unknown): void
}

/** Longer than a queue that works is behind. */
const OVERDUE_MS = 600_000
/** Fails as one that its workers die of. */
const TOO_MANY = Number.MAX_SAFE_INTEGER

export function createReception(options: ReceptionOptions): Reception {
  const { sql, outbox, leaseMs, now, newToken, work, chores, onFault } = options
  return {
    async receive({ job, isLast }) {
      const token = newToken()
      const taken = await takePlace(sql, job, token, { now: now(), until: now() + leaseMs })
      if (taken.kind === 'later') return Math.max(0, taken.until - now())
      // One that is paused is told of again when it is resumed.
      if (taken.kind !== 'taken') return undefined
      await work({ job, lane: taken.lane, token, attempt: isLast ? TOO_MANY : taken.attempt })
      await Promise.all([chores(), outbox.sendAll()]).catch(onFault)
      const place = await placeOf(sql, job)
      return place && Math.max(0, place.readyAt - now())
    },
    async tidy(overdueMs = OVERDUE_MS) {
      await chores()
      await outbox.sendAll()
      await outbox.sendOverdue(now(), overdueMs)
    },
  }
}
