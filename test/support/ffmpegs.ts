/** Both tiers as a server has them; the thread's module is built, since Node 20 runs no TypeScript. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { createFfmpegs } from '../../runtimes/server/ffmpeg.ts'
import type { Ffmpeg, FfmpegSettings } from '../../src/platform.ts'

let script: URL | undefined

export function ffmpegScript(): URL {
  return (script ??= buildScript())
}

function buildScript(): URL {
  const folder = mkdtempSync(join(tmpdir(), 'ffmpeg-thread-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'thread.mjs')
  const entry = fileURLToPath(new URL('../../runtimes/server/ffmpeg-wasm/thread.ts', import.meta.url))
  buildSync({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node' })
  return pathToFileURL(outfile)
}

export function createTestFfmpegs(settings: FfmpegSettings): readonly Ffmpeg[] {
  return createFfmpegs(settings, { cpus: 2, script: ffmpegScript() })
}
