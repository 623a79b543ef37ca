/**
 * Fields whose feature this version does not have. They are accepted at the values that mean "off", and refused
 * otherwise: a setting is never dropped in silence, least of all one that is there for safety.
 */
import * as z from 'zod'

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
  playback: notYet({}, 'Public keys of playback tokens'),
}
