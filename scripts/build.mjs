/**
 * Builds `dist/`: one file for each door, with packages left outside, and type declarations with `--types`.
 *
 * Skips what is fresh (a hash over all inputs). Safe to run several times at once: everything is made in a folder of
 * its own and moved into place file by file, so that nobody ever sees half a file.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))
/** `--out=FOLDER`: elsewhere than in `dist/`. */
const out = process.argv.find((word) => word.startsWith('--out='))
const dist = out === undefined ? join(root, 'dist') : resolve(out.slice('--out='.length))

/** Doors of servers: packages stay in node_modules. */
const SERVER_DOORS = {
  index: 'src/index.ts',
  client: 'src/client.ts',
  worker: 'src/worker.ts',
  bun: 'runtimes/bun.ts',
  deno: 'runtimes/deno.ts',
  node: 'runtimes/node.ts',
  cli: 'runtimes/cli.ts',
  'worker-thread': 'runtimes/server/worker-thread.ts',
  'ffmpeg-thread': 'runtimes/server/ffmpeg-wasm/thread.ts',
  'workers-launcher': 'runtimes/workers-launcher.ts',
}
/** Doors of Workers, and the modules that a Worker may put together itself: each one bundle, beside what it imports. */
const WORKERS_DOORS = {
  workers: 'runtimes/workers.ts',
  'workers-slim': 'runtimes/workers-slim.ts',
  'workers-core': 'runtimes/workers/core.ts',
  'workers-avif': 'runtimes/workers/avif.ts',
  'workers-avif-decoder': 'runtimes/workers/avif-decoder.ts',
  'workers-jxl': 'runtimes/workers/jxl.ts',
  'workers-mozjpeg': 'runtimes/workers/mozjpeg.ts',
  'workers-nsfw': 'runtimes/workers/nsfw.ts',
  'workers-svg': 'runtimes/workers/svg.ts',
}

const INPUTS = [
  'src',
  'runtimes',
  'wasm',
  'scripts/build.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]

/** Imports of `.wasm` and data stay imports, seen from `dist/`. */
const wasmOutside = {
  name: 'wasm-outside',
  setup({ onResolve }) {
    onResolve({ filter: /\.(?:wasm|bin)$/ }, ({ path, resolveDir }) => ({
      path: `../${relative(root, join(resolveDir, path))}`,
      external: true,
    }))
  },
}

async function buildScripts(folder) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const common = {
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    logLevel: 'warning',
    define: { MEDIAMORPH_VERSION: JSON.stringify(version) },
    legalComments: 'none',
  }
  await Promise.all([
    build({ ...common, entryPoints: SERVER_DOORS, platform: 'node', packages: 'external' }),
    build({
      ...common,
      entryPoints: WORKERS_DOORS,
      platform: 'neutral',
      mainFields: ['browser', 'module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      external: ['node:*', 'cloudflare:*'],
      plugins: [wasmOutside],
      // What is deployed is counted: names stay, so that a stack can be read.
      minifySyntax: true,
      minifyWhitespace: true,
    }),
  ])
}

function buildTypes(folder) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const options = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--rootDir', root]
  const project = join(root, 'runtimes/tsconfig.build.json')
  execFileSync(process.execPath, [compiler, '-p', project, ...options, '--outDir', join(folder, 'types')], {
    stdio: 'inherit',
  })
}

async function filesIn(path) {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((error) => {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (!entries) return [path]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

/** Hash of everything that the build depends on. */
async function fingerprint(what) {
  const files = (await Promise.all(INPUTS.map((path) => filesIn(join(root, path))))).flat().toSorted()
  const hash = createHash('sha256').update(what)
  for (const file of files) {
    // The compiled modules are not in the bundle, only their names are.
    const isBinary = /\.(?:wasm|bin)$/.test(file)
    hash.update(`\n${relative(root, file)}\n`).update(isBinary ? '' : await readFile(file))
  }
  return hash.digest('hex')
}

async function isFresh(stamp, print) {
  return (await readFile(stamp, 'utf8').catch(() => '')) === print
}

async function moveInto(folder) {
  for (const file of await filesIn(folder)) {
    const target = join(dist, relative(folder, file))
    await mkdir(dirname(target), { recursive: true })
    await rename(file, target)
  }
}

async function make(what, work) {
  const stamp = join(dist, `.${what}`)
  const print = await fingerprint(what)
  if (await isFresh(stamp, print)) return
  await mkdir(dist, { recursive: true })
  const folder = await mkdtemp(join(dist, `.tmp-${what}-`))
  try {
    await work(folder)
    await moveInto(folder)
    // Last, and only now: whoever reads this finds everything else in place.
    const draft = join(folder, basename(stamp))
    await writeFile(draft, print)
    await rename(draft, stamp)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await make('scripts', buildScripts)
if (process.argv.includes('--types')) await make('types', buildTypes)
