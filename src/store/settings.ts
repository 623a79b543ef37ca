/** The part of the configuration that says where things are kept, and how much of them. */
import * as z from 'zod'

const mountSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]*:/, 'expected driver:location, for example fs:./media or memory:')

export const storageSchema = z
  .strictObject({
    cache: mountSchema
      .default('fs:./.mediamorph/cache')
      .describe('Mount for renditions; may lose anything at any time'),
    artifacts: mountSchema.default('fs:./.mediamorph/media').describe('Mount for what jobs make; durable'),
    cacheMaxBytes: z
      .int()
      .min(1_048_576)
      .default(10_737_418_240)
      .describe('Bytes the cache may hold; the least recently used goes first. Needs a database'),
    memoryMaxBytes: z
      .int()
      .min(0)
      .default(268_435_456)
      .describe('Bytes of memory for what is asked for most; 0 = none'),
  })
  .prefault({})

export const databaseSchema = z
  .string()
  .regex(/^(sqlite:.|d1:.|postgres(ql)?:\/\/.)/, 'expected sqlite:PATH, d1:BINDING or postgres://…')
  .default('sqlite:./.mediamorph/mediamorph.db')
  .describe('Where the index of the cache and the jobs live; env `DATABASE_URL`')

export type StorageSettings = z.output<typeof storageSchema>
