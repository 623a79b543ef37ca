/** Environment variables that are settings and no secrets. They win over the document. */
import * as z from 'zod'
import type { Env } from './expand.ts'

export const variablesSchema = z.object({
  HOST: z
    .string()
    .regex(/^[\w.:[\]%-]+$/, 'expected an address or a host name')
    .default('127.0.0.1')
    .describe('Address to listen on'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'expected a port from 0 to 65535')
    .default('3000')
    .transform(Number)
    .refine((port) => port <= 65_535, 'expected a port from 0 to 65535')
    .describe('Port to listen on; 0 = any free one'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe line logged'),
  MEDIAMORPH_ROLE: z
    .enum(['all', 'server', 'worker'])
    .default('all')
    .describe('`server` answers requests, `worker` works on jobs, `all` does both; option `--role`'),
})

export type Variables = z.output<typeof variablesSchema>

/** What is set; an empty variable is one that is not. */
export function presentVariables(env: Env): Record<string, string> {
  const names = Object.keys(variablesSchema.shape)
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}
