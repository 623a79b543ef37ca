/** `cloudflare` and `remote`: who makes of video and sound what this service cannot. */
import * as z from 'zod'

const addressSchema = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address' })
  .refine((text) => !/[?#]/.test(text), 'expected an address without query and fragment')
  .transform((text) => text.replace(/\/+$/, ''))

export const cloudflareSchema = z
  .strictObject({
    binding: z
      .string()
      .regex(/^\w{1,64}$/, 'expected the name of a binding')
      .default('MEDIA')
      .describe('Name of the Media Transformations binding of a Worker, used where there is one'),
    url: addressSchema
      .optional()
      .describe(
        'A zone with Transformations, for example https://example.com: its `/cdn-cgi/media/` fetches originals from `publicUrl`',
      ),
    sourceBytes: z
      .int()
      .min(1)
      .max(1_073_741_824)
      .default(104_857_600)
      .describe('Largest original that it is given'),
  })
  .prefault({})
  .describe("Cloudflare's Media Transformations, for what no ffmpeg here can make")

export const remoteSchema = z
  .strictObject({
    url: addressSchema.describe('Of the other service; it has the same originals at the same paths'),
    secret: z
      .string()
      .min(1)
      .optional()
      .describe('Its MEDIAMORPH_SECRET; without one its origins must be public'),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(60_000)
      .describe('Milliseconds until its answer must begin, and between its parts'),
  })
  .optional()
  .describe('Another Mediamorph, which is asked for what no ffmpeg here can make')
