/** The queue of a process: in the database alone, or with who delivers its jobs. */
import type { Logger } from '../observe/log.ts'
import type { Delivery, Queue, Sql } from '../platform.ts'
import { createCourier, type Courier } from './courier.ts'
import { createDeliveredQueue } from './delivered-queue.ts'
import { LANES } from './job.ts'
import { createNotedQueue } from './noted-queue.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { createSqlQueue } from './sql-queue.ts'

export interface OpenQueueOptions {
  readonly sql: Sql
  readonly delivery: Delivery | undefined
  readonly logger: Logger
  readonly leaseMs: number
  now(): number
  newToken(): string
  /** From 0 to below 1. */
  random(): number
}

export interface OpenedQueue {
  readonly queue: Queue
  /** Keeps who delivers in step. */
  readonly courier?: Courier
  /** Where jobs come by themselves: of which of them nobody was told. */
  readonly outbox?: Outbox
  /** Told of what did not work and is made good later. */
  onFault(cause: unknown): void
}

/** Milliseconds between two lines about the same. */
const FAULT_MS = 10_000

export function openQueue({ delivery, logger, random, ...rest }: OpenQueueOptions): OpenedQueue {
  const places = createSqlQueue(rest)
  const onFault = onceIn(FAULT_MS, rest.now, (cause) =>
    logger.log('warn', 'jobs are not delivered', { cause: String(cause) }),
  )
  if (!delivery) return { queue: places, onFault }
  const outbox = createOutbox(rest.sql, delivery)
  const { pull } = delivery
  const noted = createNotedQueue({ ...rest, places, outbox, tellsAgain: !pull, onFault })
  if (!pull) return { queue: noted, outbox, onFault }
  return {
    queue: createDeliveredQueue({ ...rest, places: noted, delivery: pull, onFault }),
    courier: createCourier({ ...rest, delivery: pull, outbox, lanes: Object.keys(LANES), random, onFault }),
    onFault,
  }
}

function onceIn(ms: number, now: () => number, act: (cause: unknown) => void): (cause: unknown) => void {
  let at = -Infinity
  return (cause) => {
    if (now() - at < ms) return
    at = now()
    act(cause)
  }
}
