/** One entry of `origins[]`: which addresses it answers, from where, and for how long its answers hold. */
import * as z from 'zod'
import { accessSchema } from '../access/settings.ts'
import { sourceSchema } from '../sources/settings.ts'
import { codecsSchema } from './codecs.ts'
import { nsfwPolicySchema } from './nsfw.ts'
import { patternFault } from './pattern.ts'
import { parametersSchema } from './parameters.ts'

const seconds = (fallback: number, description: string) =>
  z.int().min(0).max(31_536_000).default(fallback).describe(description)
const header = (description: string) =>
  z
    .string()
    .regex(/^[\t\x20-\x7e]{1,512}$/, 'expected the value of a Cache-Control header')
    .optional()
    .describe(description)

/** How long answers hold. */
export const lifetimeShape = {
  ttl: z
    .strictObject({
      ok: seconds(86_400, 'Renditions and originals'),
      redirects: seconds(300, 'Redirects'),
      clientError: seconds(60, '4xx; remembered for as long'),
      serverError: seconds(10, '5xx; remembered for as long'),
    })
    .prefault({})
    .describe('Seconds an answer holds, by class of status'),
  cacheControl: z
    .strictObject({
      ok: header('Renditions and originals'),
      redirects: header('Redirects'),
      clientError: header('4xx'),
      serverError: header('5xx'),
    })
    .prefault({})
    .describe('`Cache-Control` in the words of the operator, instead of what `ttl` gives'),
  staleWhileRevalidate: seconds(
    86_400,
    'Seconds after `ttl` in which the old answer is served while a new one is made',
  ),
}

const matchSchema = z
  .string()
  .min(1)
  .max(1024)
  .superRefine((source, context) => {
    const message = patternFault(source)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
  .describe(
    'Regular expression over the decoded path; named captures are `${name}` in sources, numbered ones `$1`. Patterns that can backtrack without bound are refused',
  )

export const originSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -')
    .describe('Unique; part of every cache key'),
  match: matchSchema,
  access: accessSchema.optional(),
  originals: z
    .enum(['media', 'any', 'none'])
    .default('media')
    .describe('Which originals are served untransformed: what sniffs as `media`, `any` file, `none`'),
  responsive: z
    .enum(['hints', 'always', 'off'])
    .default('hints')
    .describe('When client hints choose a derivative: if a visual parameter is there, `always`, `off`'),
  sizes: z
    .array(z.int().min(1).max(8192))
    .max(256)
    .default([])
    .describe('Widths and heights that `access: "derivatives"` lets pass unsigned'),
  sources: z
    .array(sourceSchema)
    .min(1)
    .max(16)
    .describe('Where originals come from, tried in order: 404, 5xx and timeouts fall through'),
  ...lifetimeShape,
  defaults: parametersSchema.prefault({}).describe('Parameters used where the address has none'),
  cacheTags: z
    .array(z.string().regex(/^[!-+\--~]{1,128}$/, 'expected visible ASCII without commas'))
    .max(32)
    .default([])
    .describe('Tags for purging, also sent as `Cache-Tag`'),
  fallback: z
    .enum(['none', 'original'])
    .default('none')
    .describe('What to serve when no engine can make the rendition'),
  nsfw: nsfwPolicySchema.optional(),
  codecs: codecsSchema,
})
