/** The queue whose jobs somebody else is told of: what gets a place is noted in the same step, and told at once if that can be. */
import type { Queue, Sql } from '../platform.ts'
import { toNotice, type Outbox } from './outbox.ts'
import { placeStatement } from './sql-queue.ts'

export interface NotedQueueOptions {
  readonly sql: Sql
  /** The same jobs, of which nobody is told. */
  readonly places: Queue
  readonly outbox: Outbox
  /** Who brings one of a paused lane does not bring it again by itself. */
  readonly tellsAgain: boolean
  /** Milliseconds since the epoch. */
  now(): number
  /** Told of what did not work and is made good later. */
  onFault(cause: unknown): void
}

export function createNotedQueue({
  sql,
  places,
  outbox,
  tellsAgain,
  now,
  onFault,
}: NotedQueueOptions): Queue {
  return {
    ...places,
    async add(job, records) {
      const answers = await sql.batch([...records, placeStatement(job, now()), outbox.note(job)])
      const [note] = answers.at(-1) ?? []
      if (note) await outbox.send([toNotice(note)]).catch(onFault)
      return answers
    },
    async resume(lane) {
      await places.resume(lane)
      if (tellsAgain) await outbox.sendLane(lane).catch(onFault)
    },
  }
}
