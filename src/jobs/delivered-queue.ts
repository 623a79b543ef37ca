/**
 * The queue whose jobs somebody else brings. Places, leases and pauses stay in the database, so that what is brought
 * twice, late or not at all costs time and nothing else; while nobody brings anything, jobs are taken from the database.
 */
import { textIn } from '../database/sql.ts'
import type { Lease, PulledDelivery, Queue, Sql } from '../platform.ts'
import { takePlace } from './place.ts'

export interface DeliveredQueueOptions {
  readonly sql: Sql
  /** The same jobs, of which the delivery is told and by which none is brought. */
  readonly places: Queue
  readonly delivery: PulledDelivery
  readonly leaseMs: number
  /** Milliseconds since the epoch; the same on all machines, to within a lease. */
  now(): number
  /** Names a delivery: never the same twice. */
  newToken(): string
  /** Told of what did not work and is made good later. */
  onFault(cause: unknown): void
}

/** Of jobs that are brought in vain, before it is somebody else's turn. */
const MOST_IN_VAIN = 100
const NOBODY = Symbol('nobody brings anything')

export function createDeliveredQueue(options: DeliveredQueueOptions): Queue {
  const { sql, places, delivery, leaseMs, now, newToken, onFault } = options
  const quietly = (work: Promise<unknown>) => work.then(() => undefined, onFault)

  async function take(lane: string, token: string): Promise<string | typeof NOBODY | undefined> {
    try {
      return await delivery.take(lane, token)
    } catch (error) {
      onFault(error)
      return NOBODY
    }
  }

  async function bring(lane: string): Promise<Lease | typeof NOBODY | undefined> {
    for (let vain = 0; vain < MOST_IN_VAIN; vain++) {
      const token = newToken()
      // The lease in the database never outlives the one of the delivery.
      const from = now()
      const job = await take(lane, token)
      if (typeof job !== 'string') return job
      const back = (readyAt: number) => quietly(delivery.back(lane, job, token, readyAt))
      const taken = await takePlace(sql, job, token, { now: now(), until: from + leaseMs }).catch(
        async (error: unknown) => {
          await back(now())
          throw error
        },
      )
      if (taken.kind === 'taken') return { job, lane, token, attempt: taken.attempt }
      if (taken.kind === 'later') await back(taken.until)
      else if (taken.kind === 'over') await quietly(delivery.done(lane, job, token))
      else {
        await quietly(delivery.setPaused(lane, true))
        await back(now())
        return undefined
      }
    }
    return undefined
  }

  /** `done`: whether it is over, or nobody's but another worker's. */
  async function finish(lease: Lease, records: Parameters<Queue['finish']>[1]): Promise<boolean> {
    const { lane, job, token } = lease
    const isOurs = await places.finish(lease, records)
    await quietly(delivery.done(lane, job, token))
    return isOurs
  }

  return {
    add: places.add,

    async claim(lanes) {
      for (const lane of lanes) {
        const brought = await bring(lane)
        if (brought === NOBODY) return places.claim(lanes)
        if (brought) return brought
      }
      return undefined
    },

    async extend(lease) {
      const { lane, job, token } = lease
      const isOurs = await places.extend(lease)
      void quietly(isOurs ? delivery.hold(lane, job, token) : delivery.done(lane, job, token))
      return isOurs
    },

    finish,

    async putBack(lease, how, records) {
      const { lane, job, token } = lease
      const isOurs = await places.putBack(lease, how, records)
      await quietly(
        isOurs ? delivery.back(lane, job, token, now() + how.delayMs) : delivery.done(lane, job, token),
      )
      return isOurs
    },

    async remove(job, records) {
      const answers = await places.remove(job, records)
      const [place] = answers.at(-1) ?? []
      if (place) await quietly(delivery.drop(textIn(place, 'lane'), job))
      return answers
    },

    async pause(lane) {
      await places.pause(lane)
      await quietly(delivery.setPaused(lane, true))
    },
    async resume(lane) {
      await places.resume(lane)
      await quietly(delivery.setPaused(lane, false))
    },

    isFull: (most) => places.isFull(most),
    counts: () => places.counts(),
  }
}
