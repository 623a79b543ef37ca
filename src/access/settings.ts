/** The part of the configuration that says who may ask. */
import { z } from 'zod'

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
