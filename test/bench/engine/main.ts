/** The engine's part of the bench: originals and a bundle are made, then each runtime has its turn. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { ROOT } from '../../../scripts/stage/service.ts'
import type { EngineResult } from './against.ts'
import { makeInput } from './inputs.ts'
import { SIZES, type InputName } from './sizes.ts'
import { engineTables, type Absolute } from './tables.ts'
import { inWorkerd } from './workerd.ts'

/** sharp is in the first. */
const RUNTIMES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Node: ['node'],
  Bun: [`${ROOT}node_modules/.bin/bun`],
  Deno: [`${ROOT}node_modules/.bin/deno`, 'run', '--quiet', '--allow-all'],
}

export async function benchEngine(): Promise<string> {
  await mkdir(`${ROOT}.tmp`, { recursive: true })
  // Within the checkout: the bundle finds the packages from there.
  const folder = await mkdtemp(`${ROOT}.tmp/bench-`)
  try {
    const script = `${folder}/child.mjs`
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['test/bench/engine/child.ts'],
      outfile: script,
      bundle: true,
      format: 'esm',
      target: 'es2023',
      platform: 'node',
      packages: 'external',
      logLevel: 'warning',
    })
    for (const name of Object.keys(SIZES) as InputName[])
      await writeFile(`${folder}/${name}`, await makeInput(name))
    const result = (await runChild('Node', script, folder, 'against')) as EngineResult
    const absolute: Record<string, Absolute[string]> = {}
    for (const name of Object.keys(RUNTIMES))
      absolute[name] = (await runChild(name, script, folder, 'alone')) as Absolute[string]
    absolute['workerd'] = await inWorkerd(folder)
    return engineTables(result, absolute)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runChild(runtime: string, script: string, folder: string, mode: string): Promise<unknown> {
  const [file, ...rest] = RUNTIMES[runtime]!
  const { stdout } = await promisify(execFile)(file, [...rest, script, ROOT, folder, mode], {
    cwd: ROOT,
    maxBuffer: 1 << 24,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
