/** `external`: originals on other hosts, asked for by their address. */
import * as z from 'zod'
import { paramByWord } from '../request/params.ts'
import { nsfwPolicySchema } from './nsfw.ts'
import { lifetimeShape } from './origin.ts'

export const externalSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Answer `/external/…`, and addresses on other hosts in the Cloudflare grammar'),
    access: z
      .enum(['signed', 'public'])
      .default('signed')
      .describe(
        '`signed`, or `public`: unsigned too, in the Cloudflare grammar and `/external/v3`; `outbound.allowHosts` must then name the hosts',
      ),
    parameters: z
      .array(
        z
          .string()
          .max(64)
          .refine((word) => paramByWord(word) !== undefined, 'expected the name of a parameter'),
      )
      .max(100)
      .default(['width', 'height', 'format', 'quality', 'animated'])
      .describe('Parameters that count where the signature is not over them'),
    nsfw: nsfwPolicySchema.optional(),
    ...lifetimeShape,
  })
  .prefault({})
