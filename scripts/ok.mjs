/** `npm run ok`: every gate, one after another; says which failed, ends with 1 when any did. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const GATES = {
  format: 'prettier --check --log-level warn .',
  lint: 'oxlint',
  'types: core': 'tsc --noEmit -p .',
  'types: runtimes, scripts, tests': 'tsc --noEmit -p runtimes',
  'types: deno': 'deno check --quiet runtimes/deno.ts',
  build: 'node scripts/build.mjs --types',
  tests: 'vitest run',
}

const failed = []
for (const [name, command] of Object.entries(GATES)) {
  process.stdout.write(`== ${name}\n`)
  // npm puts node_modules/.bin on the path.
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' })
  if (status !== 0) failed.push(name)
}
const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
process.stdout.write(
  failed.length > 0 ? `failed: ${failed.join(', ')}\n` : `${name} ${version}: all is well\n`,
)
process.exitCode = failed.length > 0 ? 1 : 0
