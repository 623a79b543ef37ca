/** How each runtime is started: the `start:…` scripts of package.json, without npm and the shell in between. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const RUNTIMES = ['bun', 'deno', 'node', 'workers'] as const
export type Runtime = (typeof RUNTIMES)[number]

const BINARIES: Readonly<Record<string, string>> = {
  bun: `${ROOT}node_modules/bun/bin/bun.exe`,
  deno: `${ROOT}node_modules/deno/deno`,
  node: process.execPath,
}

export function commandOf(runtime: Runtime): [string, ...string[]] {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as {
    scripts: Record<string, string>
  }
  const words = (scripts[`start:${runtime}`] ?? '').split(' && ').at(-1)!.split(' ')
  const [program = '', ...rest] = words[0] === 'exec' ? words.slice(1) : words
  return [BINARIES[program] ?? program, ...rest]
}

/** The built doors; quick when they are fresh. */
export function build(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: 'inherit' })
}
