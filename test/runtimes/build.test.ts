import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from './commands.ts'
import { run } from './processes.ts'

let out: string

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'mediamorph-build-'))
})
afterAll(() => rm(out, { recursive: true, force: true }))

const build = () => run([process.execPath, join(ROOT, 'scripts/build.mjs'), `--out=${out}`])
const DOORS = [
  'bun',
  'cli',
  'client',
  'deno',
  'ffmpeg-thread',
  'index',
  'node',
  'worker',
  'worker-thread',
  'workers',
  'workers-avif',
  'workers-avif-decoder',
  'workers-core',
  'workers-jxl',
  'workers-launcher',
  'workers-mozjpeg',
  'workers-nsfw',
  'workers-slim',
  'workers-svg',
]

/** How many compiled modules a door of Workers imports. */
const WASM_OF = {
  workers: 9,
  'workers-slim': 0,
  'workers-core': 3,
  'workers-avif': 2,
  'workers-avif-decoder': 1,
  'workers-jxl': 2,
  'workers-mozjpeg': 1,
  'workers-nsfw': 2,
  'workers-svg': 1,
}

test('several builds at once leave one whole result, and the next has nothing to do', async () => {
  const all = await Promise.all([build(), build(), build()])
  expect(all.map(({ code, stderr }) => [code, stderr])).toEqual([0, 0, 0].map((code) => [code, '']))
  const files = DOORS.map((name) => `${name}.js`)
  expect((await readdir(out)).toSorted()).toEqual(['.scripts', ...files].toSorted())
  const { mtimeMs } = await stat(join(out, 'node.js'))
  expect((await build()).code).toBe(0)
  expect((await stat(join(out, 'node.js'))).mtimeMs).toBe(mtimeMs)
})

test('doors hold no machine path, and Workers’ no node: module and no other package', async () => {
  for (const name of DOORS) {
    const text = await readFile(join(out, `${name}.js`), 'utf8')
    expect(text.includes(ROOT), name).toBe(false)
  }
  for (const [name, modules] of Object.entries(WASM_OF)) {
    const text = await readFile(join(out, `${name}.js`), 'utf8')
    const imports = [...text.matchAll(/(?:^|[;}\n])import[\s\w{},*$]*?(?:from)?\s*"([^"\n]+)"/g)].map(
      (match) => match[1],
    )
    expect(
      imports.filter(
        (path) =>
          !/^\.\.\/wasm\/(aom|core|dav1d|jpeg-turbo|lcms2|metered|nsfw)\/[\w-]+\.(wasm|bin)$/.test(
            path ?? '',
          ),
      ),
    ).toEqual([])
    expect([name, imports.length]).toEqual([name, modules])
  }
})

test('every export of the package is a file that a build makes or the repository holds', async () => {
  const { exports, bin } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    exports: unknown
    bin: Record<string, string>
  }
  const targets = [...JSON.stringify({ exports, bin }).matchAll(/"\.\/dist\/([\w-]+)\.js"/g)].map(
    (match) => match[1],
  )
  expect(targets.length).toBeGreaterThan(5)
  expect(targets.filter((name) => !DOORS.includes(name ?? ''))).toEqual([])
})
