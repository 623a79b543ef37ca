/**
 * The one document, composed of the sections that the rooms own. Everything has a safe default; `Config` is what is
 * left when all of them are filled in.
 */
import * as z from 'zod'
import {
  corsSchema,
  debugSchema,
  edgeSchema,
  rateLimitSchema,
  trustedProxiesSchema,
} from '../access/settings.ts'
import { inlineSchema, jobsSchema, queueSchema } from '../jobs/settings.ts'
import type { NsfwPolicy } from '../media/nsfw.ts'
import type { RequestRules } from '../request/rules.ts'
import { outboundSchema } from '../sources/settings.ts'
import { databaseSchema, storageSchema } from '../store/settings.ts'
import { assetsSchema, mountSchema, type AssetConfig } from './assets.ts'
import { externalSchema } from './external.ts'
import { ffmpegSchema } from './ffmpeg.ts'
import { cloudflareSchema, remoteSchema } from './elsewhere.ts'
import { internalSchema } from './internal.ts'
import { laterShape } from './later.ts'
import { originSchema } from './origin.ts'
import { limitsSchema } from './limits.ts'
import { nsfwSchema } from './nsfw.ts'
import type { ObjectStore } from './mounted.ts'
import { parametersSchema } from './parameters.ts'
import type { Secrets } from './secrets.ts'

const publicUrlSchema = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  .refine((text) => !/[?#]/.test(text), 'expected an address without query and fragment')
  .optional()
  .describe('Address at which clients reach the service; links it makes begin with it')

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; ignored'),
  publicUrl: publicUrlSchema,
  origins: z
    .array(originSchema)
    .max(256)
    .default([])
    .describe(
      'Tried in order; the first whose `match` fits answers. One at least, or `assets`, `static` or `external`',
    ),
  assets: assetsSchema,
  static: mountSchema
    .nullable()
    .default(null)
    .describe('Serve every path as an object of this mount, and nothing else but health'),
  derivatives: z
    .record(z.string().regex(/^[\w-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -'), parametersSchema)
    .default({})
    .describe('Named sets of parameters; their values replace explicit ones'),
  responsive: z
    .strictObject({
      breakpoints: z.array(z.strictObject({ maxWidth: z.int().min(1), derivative: z.string() })).default([]),
      defaultDerivative: z.string().optional(),
    })
    .prefault({}),
  storage: storageSchema,
  database: databaseSchema,
  parameters: z
    .strictObject({
      invalid: z
        .enum(['reject', 'warn'])
        .default('reject')
        .describe('A wrong value: 400, or dropped and named in `X-Param-Warnings`'),
    })
    .prefault({}),
  auto: z
    .strictObject({
      avifPixels: z
        .int()
        .min(0)
        .default(2_000_000)
        .describe('Largest picture that `format=auto` makes AVIF of'),
    })
    .prefault({}),
  formats: z
    .strictObject({
      jxl: z
        .boolean()
        .default(false)
        .describe('Write JPEG XL where `format=jxl` asks for it; it is always read'),
      heic: z
        .boolean()
        .default(false)
        .describe(
          'Read HEIC with the package libheif-js (LGPL-3.0), which you install beside this one; not on Workers',
        ),
    })
    .prefault({})
    .describe('Formats that are off by default'),
  limits: limitsSchema,
  inline: inlineSchema,
  queue: queueSchema,
  jobs: jobsSchema,
  ffmpeg: ffmpegSchema,
  cloudflare: cloudflareSchema,
  remote: remoteSchema,
  outbound: outboundSchema,
  external: externalSchema,
  trustedProxies: trustedProxiesSchema,
  edge: edgeSchema,
  rateLimit: rateLimitSchema,
  internal: internalSchema,
  cors: corsSchema,
  debug: debugSchema,
  nsfw: nsfwSchema,
  compat: z
    .strictObject({
      grammars: z
        .array(z.enum(['vylux']))
        .default([])
        .describe(
          'Addresses of other services: `/img`, `/original` and `/thumb` of Vylux, keys on the origin `source`',
        ),
      headers: z
        .array(z.enum(['video-resizer-2']))
        .default([])
        .describe('Headers of other services'),
      statuses: z
        .array(z.enum(['fluxer']))
        .default([])
        .describe(
          'Statuses of other services: a bad signature is 401 and what cannot be made 400, under `/external` and in `assets`',
        ),
    })
    .prefault({}),
  shutdown: z
    .strictObject({
      graceMs: z
        .int()
        .min(0)
        .max(600_000)
        .default(30_000)
        .describe('Milliseconds running work may take to finish'),
    })
    .prefault({}),
  ...laterShape,
})

/** What an operator or an embedder writes. */
export type ConfigInput = z.input<typeof configSchema>
type Document = z.output<typeof configSchema>
type OriginDocument = Document['origins'][number]

export interface OriginConfig extends Omit<OriginDocument, 'access' | 'nsfw'> {
  readonly access: 'signed' | 'derivatives' | 'public'
  readonly nsfw: NsfwPolicy
  /** The document names the access; false when it is the default. */
  readonly accessIsExplicit: boolean
}

/** The resolved configuration: no field is missing. */
export interface Config extends Omit<Document, '$schema' | 'origins' | 'assets'> {
  readonly origins: readonly OriginConfig[]
  /** Presets filled in. */
  readonly assets: readonly AssetConfig[]
  /** What `s3:BUCKET` means. */
  readonly objectStore?: ObjectStore
  /** No document: the bundled samples at `/demo/…`. */
  readonly isDemo: boolean
  /** `server` answers requests, `worker` works on jobs, `all` does both. */
  readonly role: 'all' | 'server' | 'worker'
  /** Default 127.0.0.1. */
  readonly host: string
  /** Default 3000; 0 = any free port. */
  readonly port: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** What parsing runs on: patterns compiled, sets of parameters read. */
  readonly rules: RequestRules
  readonly secrets: Secrets
  /** Values that came from the environment into the document: never printed. */
  readonly masked: readonly string[]
  /** Sentences for the operator about settings that have no effect here. */
  readonly notes: readonly string[]
}

/** Types a configuration written in TypeScript; returns it unchanged. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config
}
