/**
 * Keeps whoever delivers jobs in step with the database, in every process that has both: tells it of what it was not told
 * of, of what it forgot, and of what silent workers held.
 */
import { textIn } from '../database/sql.ts'
import { createWaker } from '../lib/waker.ts'
import type { PulledDelivery, Sql } from '../platform.ts'
import { toNotice, type Outbox } from './outbox.ts'

export interface CourierOptions {
  readonly sql: Pick<Sql, 'query'>
  readonly delivery: PulledDelivery
  readonly outbox: Outbox
  readonly lanes: readonly string[]
  readonly leaseMs: number
  now(): number
  /** From 0 to below 1. */
  random(): number
  onFault(cause: unknown): void
}

export interface Courier {
  start(): void
  /** Tells it of everything that is in the database and that it does not know. */
  reconcile(): Promise<void>
  drain(): Promise<void>
}

/** Milliseconds. */
const OUTBOX_MS = 1000
const RECONCILE_MS = 60_000
const PAGE = 500

export function createCourier(options: CourierOptions): Courier {
  const { sql, delivery, outbox, lanes, leaseMs, now, random, onFault } = options
  // A thirtieth of a lease is what a job waits at most beside the lease of the dead.
  const tickMs = Math.min(OUTBOX_MS, Math.max(25, leaseMs / 30))
  const waker = createWaker()
  let running: Promise<void> | undefined
  const life = { isEnding: false }
  let [sentAt, reconciledAt, reconciledFor] = [-Infinity, -Infinity, 0]

  async function reconcile(): Promise<void> {
    const paused = new Set((await sql.query('select lane from job_pause')).map((row) => textIn(row, 'lane')))
    for (const lane of lanes) await delivery.setPaused(lane, paused.has(lane))
    for (let after = ''; ;) {
      const rows = await sql.query(
        'select job, lane, ready_at from job_queue where job > ? order by job limit ?',
        after,
        PAGE,
      )
      // Those that waited longest first, as they were before.
      const missing = (await delivery.missing(rows.map(toNotice))).toSorted((a, b) => a.readyAt - b.readyAt)
      await outbox.send(missing)
      if (rows.length < PAGE) return
      after = textIn(rows.at(-1), 'job')
    }
  }

  async function tick(): Promise<void> {
    await delivery.recover()
    const at = now()
    const connections = delivery.connections()
    if (connections !== reconciledFor || at - reconciledAt > RECONCILE_MS) {
      await reconcile()
      reconciledFor = connections
      reconciledAt = at
    }
    if (at - sentAt > OUTBOX_MS) {
      await outbox.sendAll()
      sentAt = at
    }
  }

  async function run(): Promise<void> {
    while (!life.isEnding) {
      const isWell = await tick().then(
        () => true,
        (error: unknown) => {
          onFault(error)
          return false
        },
      )
      if (!life.isEnding) await waker.wait((isWell ? tickMs : OUTBOX_MS) * (0.75 + random() / 2))
    }
  }

  return {
    start() {
      if (!life.isEnding) running ??= run()
    },
    reconcile,
    async drain() {
      life.isEnding = true
      waker.wake()
      await running
    },
  }
}
