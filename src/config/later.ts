/**
 * Fields whose feature this version does not have. They are accepted at the values that mean "off", and refused
 * otherwise: a setting is never dropped in silence, least of all one that is there for safety.
 */
import { z } from 'zod'

/** A field that takes `off` (its default) or one of `also`, compared as JSON. */
export function notYet<const T>(off: T, description: string, also: readonly unknown[] = []) {
  const accepted = new Set([off, ...also].map((value) => canonical(value)))
  return z
    .unknown()
    .superRefine((value, context) => {
      if (!accepted.has(canonical(value)))
        context.addIssue({
          code: 'custom',
          message: `not available in this version: only ${JSON.stringify(off)} is accepted`,
        })
    })
    .default(off)
    .describe(`Not available in this version. ${description}`)
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`)
  return `{${entries.toSorted().join()}}`
}

export const laterShape = {
  queue: notYet('embedded', 'Where jobs wait; env `REDIS_URL`'),
  jobs: z
    .strictObject({
      sourceBytes: notYet(53_687_091_200, 'Bytes of an original that a job may read'),
      largeBytes: notYet(5_368_709_120, 'From here on a job goes to the pool for large work'),
      leaseMs: notYet(15_000, 'Milliseconds after which a silent worker loses its job'),
      concurrency: notYet(2, 'Jobs at a time'),
      largeConcurrency: notYet(1, 'Large jobs at a time'),
    })
    .prefault({}),
  inline: z
    .strictObject({
      bytes: notYet(268_435_456, 'Bytes to read from which on work becomes a job'),
      seconds: notYet(30, 'Seconds of expected work from which on it becomes a job'),
    })
    .prefault({}),
  playback: notYet({}, 'Public keys of playback tokens'),
}
