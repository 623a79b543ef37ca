/** Parameters as a document writes them; `request/` says which there are. */
import * as z from 'zod'

export const parametersSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
