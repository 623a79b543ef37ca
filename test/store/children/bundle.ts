import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** A child's program as one file that Node 20 runs, below the project so that its packages are found. */
export async function bundleChild(name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = join(process.cwd(), 'node_modules', '.cache', `mediamorph-${name}-${process.pid}`)
  const path = join(folder, `${name}.mjs`)
  await build({
    entryPoints: [new URL(`./${name}.ts`, import.meta.url).pathname],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  return { path, remove: () => rm(folder, { recursive: true, force: true }) }
}
