/** The part of the configuration that says who may ask. */
import * as z from 'zod'
import { parseCidr } from '../lib/cidr.ts'

/**
 * `signed`: only signed addresses (the default once a secret is set). `derivatives`: unsigned too, but then only named
 * derivatives and listed sizes. `public`: anything within the limits.
 */
export const accessSchema = z
  .enum(['signed', 'derivatives', 'public'])
  .describe(
    'Who may ask: `signed` (default once a secret is set), `derivatives` (unsigned, named derivatives or `sizes` only), `public`',
  )

export const corsSchema = z
  .strictObject({
    origins: z.array(z.string()).default(['*']).describe('Origins whose pages may read answers; `*` = all'),
  })
  .prefault({})

export const debugSchema = z
  .strictObject({
    public: z.boolean().default(false).describe('Whether `debug` is answered without the admin token'),
  })
  .prefault({})

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  .refine((text) => !/[#@]/.test(text), 'expected an address without user and fragment')

export const edgeSchema = z
  .strictObject({
    requireCloudflare: z
      .boolean()
      .default(false)
      .describe(
        "Refuse whoever does not come through Cloudflare: 403, but for health. Judged on the TCP peer, or on the nearest hop of `X-Forwarded-For` that is not in `trustedProxies`; a deployed Worker is at Cloudflare's edge anyway",
      ),
    cloudflareLists: z
      .array(httpUrl)
      .min(1)
      .max(8)
      .default(['https://www.cloudflare.com/ips-v4', 'https://www.cloudflare.com/ips-v6'])
      .describe('Addresses of the lists of its ranges, one block a line'),
    refreshMs: z
      .int()
      .min(1000)
      .max(86_400_000)
      .default(600_000)
      .describe('Milliseconds between fetches of the lists; the last good ones count when a fetch fails'),
  })
  .prefault({})

export const trustedProxiesSchema = z
  .array(
    z
      .string()
      .max(64)
      .superRefine((text, context) => {
        const message = blockFault(text)
        if (message !== undefined) context.addIssue({ code: 'custom', message })
      }),
  )
  .max(1000)
  .default([])
  .describe(
    'Addresses and blocks of your own proxies, whose `X-Forwarded-For` is believed about the hop before them',
  )

function blockFault(text: string): string | undefined {
  const block = parseCidr(text)
  if (!block) return 'expected an address or a CIDR, for example 10.0.0.0/8'
  const isMapped = block.version === 6 && block.bits >= 96 && block.value >> 32n === 0xffffn
  return isMapped ? 'expected IPv4 in its own form: `::ffff:` addresses are compared as IPv4' : undefined
}

const rate = (limit: number, what: string) =>
  z
    .strictObject({
      limit: z
        .int()
        .min(0)
        .max(1_000_000)
        .default(limit)
        .describe(`${what} that one client may send in a window, at once if it likes; 0 = any number`),
      windowMs: z.int().min(1000).max(86_400_000).default(60_000).describe('Milliseconds of the window'),
    })
    .prefault({})

export const rateLimitSchema = z
  .strictObject({
    media: rate(0, 'Requests for media, stored ones included,'),
    jobs: rate(30, 'Requests to the jobs API'),
    keys: rate(120, 'Requests that name a secret or ask for a key'),
    store: z
      .string()
      .regex(/^(?:memory|rediss?:\/\/.+)$/, 'expected "memory" or redis://…')
      .default('memory')
      .describe('Where allowances are counted: in each process, or in a Redis for all; env `REDIS_URL`'),
  })
  .prefault({})

export const playbackSchema = z
  .strictObject({
    jwksUrl: httpUrl
      .optional()
      .describe('Address of a JWKS, whose keys verify JWT with EdDSA, ES, PS and RS algorithms'),
    publicKeys: z
      .array(z.string().startsWith('-----BEGIN PUBLIC KEY-----', 'expected a public key as PEM'))
      .max(16)
      .default([])
      .describe('Ed25519 keys as PEM, any of which verifies a JWT with EdDSA'),
    issuer: z.string().min(1).optional().describe('What `iss` of a JWT must be'),
    audience: z.string().min(1).optional().describe('What `aud` of a JWT must name'),
    clockSkewSeconds: z
      .int()
      .min(0)
      .max(300)
      .default(5)
      .describe('Seconds that the clock of an issuer of JWT may differ'),
  })
  .prefault({})

export type PlaybackSettings = z.output<typeof playbackSchema>
