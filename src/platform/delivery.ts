/** A job that waits, as whoever delivers it is told. */
export interface Notice {
  readonly job: string
  readonly lane: string
  /** Milliseconds since the epoch; not before then. */
  readonly readyAt: number
}

/**
 * What brings jobs from the database to workers. It may repeat itself, be late, be away or forget everything: what is true
 * stands in the database, and what it should know and does not is told to it again. Every call rejects within seconds when
 * nobody answers.
 */
export interface Delivery {
  /** Is told of jobs. Those it knows already stay as they are. */
  put(notices: readonly Notice[]): Promise<void>
  /** Absent: it brings jobs by itself, to where the runtime takes them in. */
  readonly pull?: PulledDelivery
  /** Absent: there is no asking whether it is there. */
  check?(): Promise<void>
  close(): Promise<void>
}

/** One that workers take jobs from. */
export interface PulledDelivery {
  /** The next job of the lane, held under this token for as long as a lease lasts. Undefined: there is none. */
  take(lane: string, token: string): Promise<string | undefined>
  /** It is held for another lease. */
  hold(lane: string, job: string, token: string): Promise<void>
  /** It is over; nothing happens when it is held under another token. */
  done(lane: string, job: string, token: string): Promise<void>
  /** Others may have it from `readyAt` on. */
  back(lane: string, job: string, token: string, readyAt: number): Promise<void>
  /** It is over, unless somebody holds it. */
  drop(lane: string, job: string): Promise<void>
  setPaused(lane: string, isPaused: boolean): Promise<void>
  /** Which of these it does not know. */
  missing(notices: readonly Notice[]): Promise<Notice[]>
  /** What silent workers held waits again, first in its lane. */
  recover(): Promise<void>
  /** Rises whenever it may have forgotten something. 0: it has not been reached yet. */
  connections(): number
  /** `listener` is called when there may be something to take, for as long as it is open. */
  listen(listener: () => void): void
}

export interface DeliveryOptions {
  readonly lanes: readonly string[]
  readonly leaseMs: number
  /** Tells the jobs of one database from those of another. Asked when it is first needed. */
  name(): Promise<string>
}
