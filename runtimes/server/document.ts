/** The configuration document of a process: the file that MEDIAMORPH_CONFIG names. */
import { readFile } from 'node:fs/promises'
import { ConfigError, parseDocument, type ConfigInput } from '../../src/index.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Undefined when there is none, which means the demo.
 * @param path wins over the variable
 * @throws ConfigError when the file cannot be read or is not JSON (comments and trailing commas are fine)
 */
export async function readDocument(env: Env, path?: string): Promise<ConfigInput | undefined> {
  const file = path ?? env['MEDIAMORPH_CONFIG']
  if (file === undefined || file === '') return undefined
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new ConfigError([{ path: 'MEDIAMORPH_CONFIG', message: `cannot read ${file}: ${reason}` }])
  })
  // Checked as a whole by loadConfig, whatever it is.
  return parseDocument(text) as ConfigInput
}
