/** What a job is: types, states and lanes as data. Pure. */
import { ERRORS, type ErrorCode } from '../error.ts'

/** `queued` again between two tries; the last three are final. */
export const JOB_STATES = ['queued', 'processing', 'completed', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

export const FINAL_STATES: ReadonlySet<JobState> = new Set(['completed', 'failed', 'cancelled'])

export type CallbackStatus = 'pending' | 'sent' | 'callback_failed'

/** Where jobs wait. Of the lanes of one pool, each is looked at first in proportion to its weight. */
export const LANES = {
  critical: { weight: 6, pool: 'main' },
  default: { weight: 3, pool: 'main' },
  large: { weight: 1, pool: 'large' },
} as const satisfies Record<string, { readonly weight: number; readonly pool: string }>
export type Lane = keyof typeof LANES
export type PoolName = (typeof LANES)[Lane]['pool']

interface TypeRow {
  readonly lane: Lane
  /** Tries after the first. */
  readonly retries: number
  /** Those of large originals have a lane of their own, and so many tries; absent: they have not. */
  readonly largeRetries?: number
}

export const JOB_TYPES = {
  render: { lane: 'default', retries: 3, largeRetries: 2 },
  'image:thumbnail': { lane: 'critical', retries: 3 },
  'video:cover': { lane: 'default', retries: 3 },
  'video:preview': { lane: 'default', retries: 3 },
  'video:transcode': { lane: 'default', retries: 3, largeRetries: 2 },
  'video:full': { lane: 'default', retries: 3, largeRetries: 2 },
} as const satisfies Record<string, TypeRow>
export type JobType = keyof typeof JOB_TYPES

/** Why a job failed, as `GET /api/jobs/{id}` tells it. */
export interface JobFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: unknown
}

/** A job as it is written down. Times are milliseconds since the epoch. */
export interface Job {
  readonly id: string
  readonly type: JobType
  readonly lane: Lane
  /** Decoded path of the original. */
  readonly source: string
  /** Hex SHA-256 of the original: as it was given, or as it was found. */
  readonly hash: string | undefined
  /** As they were asked for, as JSON. */
  readonly options: unknown
  /** What is to be done, as JSON; of its type alone. */
  readonly task: unknown
  readonly fingerprint: string
  readonly status: JobState
  /** Percent. */
  readonly progress: number
  /** When it is expected to be done; absent: nobody can tell. */
  readonly endsAt: number | undefined
  readonly retryOf: string | undefined
  /** Of the last try, also while another one is waited for. */
  readonly error: JobFailure | undefined
  readonly results: unknown
  /** Of all who want to hear of the end together; absent: nobody does. */
  readonly callbackStatus: CallbackStatus | undefined
  /** Opens the events of this job and nothing else. */
  readonly token: string
  /** Rises with every change. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** @param bytes of the original; absent: unknown */
export function laneOf(type: JobType, bytes: number | undefined, largeBytes: number): Lane {
  const { lane, largeRetries }: TypeRow = JOB_TYPES[type]
  return largeRetries !== undefined && bytes !== undefined && bytes >= largeBytes ? 'large' : lane
}

/** How often a job is tried in all. */
export function attemptsOf({ type, lane }: Pick<Job, 'type' | 'lane'>): number {
  const { retries, largeRetries = retries }: TypeRow = JOB_TYPES[type]
  return 1 + (lane === 'large' ? largeRetries : retries)
}

/** Failures that another try may not meet: ours, and those of a source that may come back. */
export function isTransient(code: ErrorCode): boolean {
  const { status } = ERRORS[code]
  return 'retry' in ERRORS[code] || status === 502 || status === 504
}

const BASE_MS = 2000
const MOST_MS = 600_000

/**
 * Milliseconds before the next try: twice as long each time, between half and all of it, so that jobs that failed
 * together do not come back together.
 *
 * @param attempt that failed, from 1
 * @param random from 0 to below 1
 */
export function backoffMs(attempt: number, random: number): number {
  const whole = Math.min(MOST_MS, BASE_MS * 2 ** (attempt - 1))
  return Math.round(whole * (0.5 + random / 2))
}

/** The lanes of a pool in the order in which they are looked at this time. @param random from 0 to below 1 */
export function lanesInTurn(pool: PoolName, random: number): Lane[] {
  const lanes = (Object.keys(LANES) as Lane[]).filter((lane) => LANES[lane].pool === pool)
  let left = random * lanes.reduce((sum, lane) => sum + LANES[lane].weight, 0)
  const first = lanes.find((lane) => (left -= LANES[lane].weight) < 0)
  return first === undefined ? lanes : [first, ...lanes.filter((lane) => lane !== first)]
}
