import type { SqlRow, Statement } from '../platform.ts'

/** One delivery of a job. */
export interface Lease {
  readonly job: string
  readonly lane: string
  /** Names this delivery and no other. */
  readonly token: string
  /** Which delivery it is, from 1; those that were given back unused do not count. */
  readonly attempt: number
}

export interface LaneCounts {
  readonly lane: string
  /** Could be had now. */
  readonly waiting: number
  /** Wait for another try. */
  readonly delayed: number
  readonly active: number
  readonly paused: boolean
}

/**
 * Where jobs wait. Each is delivered at least once: a lease that is not extended ends, and another worker gets the job.
 * What is true of a job stands in the table `job`; statements about it are part of every step here, so that no crash
 * leaves a job without its place in the queue, or a place without its job.
 */
export interface Queue {
  /** Runs `records`; when then the job is written down as `queued`, it has a place, once. All or nothing. */
  add(job: string, records: readonly Statement[]): Promise<SqlRow[][]>
  /** The first job of the first of these lanes that has one: what waited longest, what was taken over before all. */
  claim(lanes: readonly string[]): Promise<Lease | undefined>
  /** False: it is lost, to another worker or because the job was removed. */
  extend(lease: Lease): Promise<boolean>
  /** Runs `records` and takes the job out. False: the lease was lost, and nothing was taken out. */
  finish(lease: Lease, records: readonly Statement[]): Promise<boolean>
  /** Runs `records` and lets others have the job in `delayMs`. `counts`: it was tried. False as in `finish`. */
  putBack(
    lease: Lease,
    how: { readonly delayMs: number; readonly counts: boolean },
    records: readonly Statement[],
  ): Promise<boolean>
  /** Runs `records` and takes the job out, whoever has it. All or nothing. */
  remove(job: string, records: readonly Statement[]): Promise<SqlRow[][]>
  /** Nothing of the lane is delivered until it is resumed; what was delivered goes on. */
  pause(lane: string): Promise<void>
  resume(lane: string): Promise<void>
  /** Whether `most` jobs or more are neither done nor called off. */
  isFull(most: number): Promise<boolean>
  /** By lane; those without jobs are absent. */
  counts(): Promise<LaneCounts[]>
}
