/** `internal`: where the internal endpoints find what they are asked about. */
import * as z from 'zod'
import { mountSchema } from './assets.ts'

export const internalSchema = z
  .strictObject({
    uploads: mountSchema.optional().describe('Mount of `upload_filename`; without it there are no uploads'),
    buckets: z
      .record(z.string().regex(/^[\w.-]{1,255}$/, 'expected the name of a bucket'), mountSchema)
      .default({})
      .describe('Mounts by the name of `bucket`; buckets of `assets` need no entry'),
  })
  .prefault({})
