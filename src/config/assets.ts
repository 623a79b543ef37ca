/** `assets`: a table of addresses that name stored pictures and files, by hand or from a preset. */
import * as z from 'zod'
import { assetPathFault } from '../request/assets/path.ts'
import { templateFault } from '../sources/template.ts'
import { paramByWord } from '../request/params.ts'
import { codecsSchema } from './codecs.ts'
import { nsfwPolicySchema } from './nsfw.ts'
import { lifetimeShape } from './origin.ts'
import { parametersSchema } from './parameters.ts'
import { fluxerRows } from './presets/fluxer.ts'

/** A text or several, in each of which `fault` finds nothing. */
const oneOrMore = (fault: (text: string) => string | undefined) => {
  const text = z.string().min(1).max(1024)
  const either = z.union([text, z.array(text).min(1).max(16)], 'expected a text or a list of texts')
  return either.superRefine((value, context) => {
    const message = [value]
      .flat()
      .map(fault)
      .find((one) => one !== undefined)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

export const mountSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*:/, 'expected driver:location, for example fs:./media or s3:bucket')
const accessSchema = z
  .enum(['public', 'signed'])
  .default('public')
  .describe('Who may ask: `public` or `signed`')
const side = z.int().min(1).max(100_000)
const formatWord = z.enum(['webp', 'png', 'jpg', 'jpeg', 'gif', 'avif'])

const sizesSchema = z
  .strictObject({
    steps: z.array(side).min(1).max(256).describe('What `size` may be'),
    default: side.describe('Where the address has none'),
    rounding: z
      .enum(['none', 'up'])
      .default('none')
      .describe('Between two steps: 400, or the next step above'),
    least: side.optional().describe('With `rounding: "up"`: no smaller'),
    most: side.optional().describe('With `rounding: "up"`: no larger'),
  })
  .describe('Sides of the box that `size` asks for; without it there is no `size`')

const rowSchema = z.strictObject({
  preset: z.literal('none').optional().describe('A row by hand'),
  name: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -')
    .describe('Unique; the origin of its answers is `assets/{name}`'),
  path: oneOrMore(assetPathFault).describe(
    'Path, or several: `{id:digits}` is a part, of digits, hex, word, hash or any, with a number exactly so many; `{format}` an extension',
  ),
  key: oneOrMore(templateFault).describe(
    'Key in the mount, or several that are tried in order: `${id}` is a part',
  ),
  mount: mountSchema.describe(
    'Where the originals are: driver:location; `s3:BUCKET` by the `S3_…` variables',
  ),
  access: accessSchema,
  originals: z
    .enum(['media', 'any', 'none'])
    .default('media')
    .describe('Which originals are served untransformed'),
  formats: z
    .array(formatWord)
    .default([])
    .describe('What `{format}` may be, and `format` where the path has none'),
  animate: z
    .array(formatWord)
    .optional()
    .describe('Formats that move without `animated=true`; without it all do that can'),
  sizes: sizesSchema.optional(),
  fit: z
    .enum(['scale-down', 'contain', 'cover', 'crop', 'pad', 'fill'])
    .default('scale-down')
    .describe('How a picture meets the box'),
  qualities: z
    .record(z.string().max(32), z.union([z.string(), z.int().min(1).max(100)]))
    .default({})
    .describe('What words of `quality` mean here'),
  parameters: z
    .array(
      z
        .string()
        .max(64)
        .refine((word) => paramByWord(word) !== undefined, 'expected the name of a parameter'),
    )
    .max(100)
    .default([])
    .describe('Parameters that may be asked for'),
  defaults: parametersSchema.prefault({}).describe('Parameters where the address has none'),
  formatDefaults: z
    .record(z.string().max(8), parametersSchema)
    .default({})
    .describe('The same, by the format asked for'),
  set: parametersSchema.prefault({}).describe('Parameters whatever the address says'),
  types: z
    .record(z.string().regex(/^[0-9a-z]{1,16}$/), z.string().regex(/^[\x20-\x7e]{3,128}$/))
    .default({})
    .describe('Content-Type by extension, of what is not media; it may then be had'),
  download: z.boolean().default(false).describe('Send as an attachment, named by the part `filename`'),
  fallback: z
    .enum(['none', 'original', 'picture'])
    .default('none')
    .describe('When no engine can: an error, the original, or the original if it is a picture'),
  cacheTags: z
    .array(z.string().regex(/^[!-+\--~]{1,128}$/))
    .max(32)
    .default([])
    .describe('Tags for purging'),
  nsfw: nsfwPolicySchema.optional(),
  codecs: codecsSchema,
  ...lifetimeShape,
})

const fluxerSchema = z.strictObject({
  preset: z.literal('fluxer').describe("The table of Fluxer's media proxy, see [fluxer.md](fluxer.md)"),
  mount: mountSchema.describe(
    'Where its bucket `cdn` is: driver:location; `s3:BUCKET` by the `S3_…` variables',
  ),
  access: accessSchema,
  rounding: z
    .enum(['none', 'up'])
    .default('none')
    .describe(
      '`size` between two steps: 400 as in its version 2, or the next step above, within bounds, as in 3',
    ),
  nsfw: nsfwPolicySchema.optional(),
})

export const assetsSchema = z
  .array(z.discriminatedUnion('preset', [rowSchema, fluxerSchema]))
  .max(256)
  .default([])
  .describe('Asset routes: addresses by a table, tried before `origins`')

export type AssetRowInput = z.input<typeof rowSchema>
type Entry = z.output<typeof assetsSchema>[number]

/** A row, all defaults filled in. */
export interface AssetConfig extends Omit<z.output<typeof rowSchema>, 'path' | 'key'> {
  /** Name of the origin behind it. */
  readonly origin: string
  readonly paths: readonly string[]
  readonly keys: readonly string[]
  /** Addresses on other hosts have its words and defaults too. */
  readonly setsManner?: boolean
}

/** Rows as written, presets filled in. */
export function expandAssets(entries: readonly Entry[]): AssetConfig[] {
  return entries.flatMap((entry) => {
    if (entry.preset !== 'fluxer') return [toConfig(entry)]
    // Its proxy of other hosts speaks as its attachments do.
    return fluxerRows(entry)
      .map((row) => toConfig(rowSchema.parse(row)))
      .map((row) => (row.name === 'attachments' ? { ...row, setsManner: true } : row))
  })
}

function toConfig({ path, key, fit, defaults, ...row }: z.output<typeof rowSchema>): AssetConfig {
  return {
    ...row,
    fit,
    defaults: { fit, ...defaults },
    origin: `assets/${row.name}`,
    paths: [path].flat(),
    keys: [key].flat(),
  }
}
