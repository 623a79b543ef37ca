/** The part of the configuration that says what becomes a job, and how jobs are worked on. */
import * as z from 'zod'

const count = (fallback: number, description: string, least = 1, most = Number.MAX_SAFE_INTEGER) =>
  z.int().min(least).max(most).default(fallback).describe(description)

export const jobsSchema = z
  .strictObject({
    sourceBytes: count(53_687_091_200, 'Bytes of an original that a job may read'),
    largeBytes: count(
      5_368_709_120,
      'Bytes of an original from which on its job goes to the pool for large work',
    ),
    waiting: count(10_000, 'Jobs that may wait or be worked on; then 503'),
    leaseMs: count(
      15_000,
      'Milliseconds after which a silent worker loses its job to another',
      1000,
      3_600_000,
    ),
    concurrency: count(2, 'Jobs at a time', 1, 256),
    largeConcurrency: count(1, 'Large jobs at a time, besides', 0, 256),
    timeoutMs: count(1_800_000, 'Milliseconds that one try of a job may take', 1000, 86_400_000),
    keepMs: count(2_592_000_000, 'Milliseconds for which jobs that are over are remembered', 60_000),
  })
  .prefault({})

export const queueSchema = z
  .string()
  .regex(
    /^(?:embedded|rediss?:\/\/.+|cloudflare:.+)$/,
    'expected "embedded", redis://… or cloudflare:BINDING',
  )
  .default('embedded')
  .describe(
    'What brings jobs to workers: the database itself, BullMQ on a Redis, or on Workers a Cloudflare Queue; env `REDIS_URL`',
  )

export const inlineSchema = z
  .strictObject({
    bytes: count(
      268_435_456,
      'Bytes to read of an original from which on the rendition is made by a job, and the answer is 202',
      0,
    ),
    seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('Seconds of expected work from which on it becomes a job'),
  })
  .prefault({})

export type JobsSettings = z.output<typeof jobsSchema>
