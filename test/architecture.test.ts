/**
 * The layout as data, checked on the import lines: imports go down only, packages stay in their rooms, the core sees no
 * runtime. src/README.md draws the same table for people.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** From the top down. A room is a folder of src/ or a file at its root. */
const FLOORS: readonly (readonly string[])[] = [
  ['runtimes'],
  ['index', 'worker', 'client', 'app', 'resources', 'config'],
  ['http', 'admin'],
  [
    'inspect',
    'serve',
    'serve-original',
    'jobs',
    'serve-remember',
    'render',
    'keep',
    'transform',
    'judge-plan',
    'judge',
    'look',
    'frames',
    'codecs',
    'context',
  ],
  ['access', 'sources', 'store', 'engines', 'observe', 'database'],
  ['plan', 'request'],
  ['media'],
  ['lib', 'error', 'platform', 'wasm'],
]

/** Imports between rooms of one floor that are meant to be. `lib`, `error` and `platform` are one another's ground. */
const ARROWS: ReadonlySet<string> = new Set([
  ...['index', 'worker', 'client'].flatMap((door) => [`${door} app`, `${door} resources`, `${door} config`]),
  'app resources',
  'app config',
  'resources config',
  ...downAlong(
    'inspect',
    'serve',
    'serve-original',
    'jobs',
    'serve-remember',
    'render',
    'keep',
    'transform',
    'judge-plan',
    'judge',
    'look',
    'frames',
    'codecs',
    'context',
  ),
  ...['access', 'sources', 'store', 'engines', 'observe'].map((room) => `${room} database`),
  'plan request',
  ...['lib', 'wasm', 'platform'].flatMap((room) => [`${room} error`, `${room} platform`, `${room} lib`]),
])

/** What may be imported from a package: everywhere else it is refused. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  hono: /^src\/(http|admin)\//,
  unstorage: /^(src\/store\/|src\/sources\/storage|runtimes\/server\/)/,
  zod: /^src\/([a-z]+\/settings\.ts|config\/)/,
  aws4fetch: /^src\/sources\//,
  '@jsquash': /^src\/engines\/image\//,
  mediabunny: /^src\/engines\/video\//,
  thumbhash: /^src\/engines\/image\/describe\//,
  blurhash: /^src\/engines\/image\/describe\//,
  ioredis: /^runtimes\//,
  '@ffmpeg': /^runtimes\/server\/ffmpeg-wasm\//,
  jose: /^src\/access\//,
  libsql: /^runtimes\//,
  '@hono/node-server': /^runtimes\//,
}

/** Files longer than 250 lines, each with its reason. */
const LONG_FILES: Readonly<Record<string, string>> = {}
const LONGEST = 250

/** The doors that runtimes use; types of `platform.ts` come through `index.ts`. */
const DOORS = new Set(['src/index.ts', 'src/worker.ts', 'src/client.ts'])

interface SourceFile {
  readonly path: string
  readonly text: string
  /** Without comments. */
  readonly code: string
  readonly room: string
  readonly imports: readonly string[]
  /** Those that are there when the code runs: not `import type`. */
  readonly needed: readonly string[]
}

const IMPORTS = [
  /(?:^|\n)\s*(?:import|export)\b[^'"`;=()]*?\bfrom\s*['"]([^'"]+)['"]/g,
  /(?:^|\n)import\s*['"]([^'"]+)['"]/g,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

const files = ['src', 'runtimes', 'wasm'].flatMap(listFiles).map(readSource)
const core = files.filter((file) => file.room !== 'runtimes')

describe('floors', () => {
  test('the tree is where it should be, and every room has a floor', () => {
    expect(files.length).toBeGreaterThan(20)
    const rooms = new Set(files.map((file) => file.room))
    expect([...rooms].filter((room) => floorOf(room) === -1)).toEqual([])
  })

  test('imports go down, or along a written arrow', () => {
    const wrong = edges(files).filter(({ from, to }) => {
      if (from.room === to) return false
      const [above, below] = [floorOf(from.room), floorOf(to)]
      return below < above || (below === above && !ARROWS.has(`${from.room} ${to}`))
    })
    expect(wrong.map(({ from, to, path }) => `${from.path} -> ${to} (${path})`)).toEqual([])
  })

  test('no rooms import each other in a circle', () => {
    const graph = new Map<string, Set<string>>()
    for (const { from, to } of edges(files))
      if (from.room !== to) graph.set(from.room, (graph.get(from.room) ?? new Set()).add(to))
    expect(circle(graph)).toBeUndefined()
  })

  test('no files import each other in a circle', () => {
    const graph = new Map(
      files.map((file) => [file.path, new Set(locals({ ...file, imports: file.needed }))]),
    )
    expect(circle(graph)).toBeUndefined()
  })

  test('runtimes come in by the doors only', () => {
    const wrong = edges(files).filter(
      ({ from, path }) => from.room === 'runtimes' && path.startsWith('src/') && !DOORS.has(path),
    )
    expect(wrong.map(({ from, path }) => `${from.path} -> ${path}`)).toEqual([])
  })

  test('every relative import names a file that is there', () => {
    const known = new Set(files.map((file) => file.path))
    const dangling = files.flatMap((file) =>
      locals(file)
        .filter((path) => path.endsWith('.ts') && !known.has(path))
        .map((path) => `${file.path} -> ${path}`),
    )
    expect(dangling).toEqual([])
  })
})

describe('packages', () => {
  test.each(Object.entries(PACKAGES))('%s stays in its rooms', (name, home) => {
    const users = files.filter((file) =>
      file.imports.some((from) => from === name || from.startsWith(`${name}/`)),
    )
    expect(users.map((file) => file.path).filter((path) => !home.test(path))).toEqual([])
  })

  test('src/ imports no package that is not in the table', () => {
    const bare = core.flatMap((file) => file.imports.filter((from) => !from.startsWith('.')))
    const known = Object.keys(PACKAGES)
    expect(
      bare.filter((from) => !known.some((name) => from === name || from.startsWith(`${name}/`))),
    ).toEqual([])
  })
})

describe('the core sees no runtime', () => {
  test.each<[string, RegExp]>([
    ['node: modules', /['"]node:/],
    [
      'globals of a runtime',
      /(?<![.\w'"`])(?:process|Buffer|Bun|Deno|__dirname|require|navigator|caches)\b(?=[.([])/,
    ],
    ['modules of compiled code', /(?:from|import)\s*\(?\s*['"][^'"]*\.wasm/],
    [
      'what Node 20 lacks',
      /\b(?:Promise\.withResolvers|Promise\.try|Array\.fromAsync|Uint8Array\.fromBase64)\b|\.toHex\(\)|\.toBase64\(\)/,
    ],
    ['console', /\bconsole\.\w/],
    ['environment of the bundle', /\bimport\.meta\.(?!url\b)/],
    ['exceptions to the rules', /@ts-(?:ignore|expect-error|nocheck)|\b(?:TODO|FIXME)\b|\bas any\b|: any\b/],
  ])('%s', (_, pattern) => {
    expect(core.filter((file) => pattern.test(file.code)).map((file) => file.path)).toEqual([])
  })

  test('keys and digests are lib/ business', () => {
    const users = core.filter((file) => /\bcrypto\.subtle\b/.test(file.code))
    expect(users.map((file) => file.path).filter((path) => !path.startsWith('src/lib/'))).toEqual([])
  })

  test('plan/, request/ and media/ are pure', () => {
    const impure =
      /\b(?:fetch\(|Date\.now|new Date\(\)|Math\.random|crypto\.(?:getRandomValues|randomUUID)|setTimeout|performance\.now)/
    const rooms = new Set(['plan', 'request', 'media'])
    expect(
      core.filter((file) => rooms.has(file.room) && impure.test(file.code)).map((file) => file.path),
    ).toEqual([])
  })

  test('nothing happens when a module loads: no promise, timer, random or request', () => {
    const acts =
      /(?:^|[=(\s])(?:await\s|new Promise\b|Promise\.|setTimeout\(|setInterval\(|queueMicrotask\(|Math\.random\(|crypto\.(?:getRandomValues|randomUUID)\(|Date\.now\(|performance\.now\(|fetch\()/
    const wrong = core.flatMap((file) =>
      topLevel(file.code)
        .filter((line) => acts.test(line))
        .map((line) => `${file.path}: ${line.trim()}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('size', () => {
  test(`no file is longer than ${LONGEST} lines without a reason`, () => {
    const long = files.filter((file) => file.text.split('\n').length - 1 > LONGEST).map((file) => file.path)
    expect(long.filter((path) => !(path in LONG_FILES))).toEqual([])
    expect(
      Object.keys(LONG_FILES).filter((path) => !long.includes(path)),
      'reasons no longer needed',
    ).toEqual([])
  })
})

describe('the map', () => {
  test('src/README.md names every room', () => {
    const map = readFileSync(join(ROOT, 'src/README.md'), 'utf8')
    const rooms = new Set(core.map((file) => file.room))
    expect([...rooms].filter((room) => !new RegExp(`\\b${room}\\b`).test(map))).toEqual([])
  })
})

function downAlong(...rooms: string[]): string[] {
  return rooms.flatMap((from, index) => rooms.slice(index + 1).map((to) => `${from} ${to}`))
}

function floorOf(room: string): number {
  return FLOORS.findIndex((floor) => floor.includes(room))
}

function listFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const code = text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(?<![:'"`\w])\/\/[^\n]*/g, '')
  const imports = importsOf(code)
  const needed = importsOf(code.replaceAll(/\n\s*(?:import|export) type\b[^'"]*['"][^'"]*['"]/g, ''))
  return { path, text, code, room: roomOf(path), imports, needed }
}

function importsOf(code: string): string[] {
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]!))
}

function roomOf(path: string): string {
  const [top, second] = path.split('/')
  return top === 'src' ? second!.replace(/\.ts$/, '') : top!
}

/** Files that a file imports, as paths from the root. */
function locals(file: SourceFile): string[] {
  return file.imports
    .filter((from) => from.startsWith('.'))
    .map((from) =>
      relative(ROOT, join(ROOT, dirname(file.path), from))
        .split(sep)
        .join('/'),
    )
}

function edges(of: readonly SourceFile[]) {
  return of.flatMap((from) =>
    locals(from)
      .filter((path) => /^(src|runtimes|wasm)\//.test(path))
      .map((path) => ({ from, path, to: roomOf(path) })),
  )
}

/** Names along one circle, if there is any. */
function circle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  function visit(node: string, trail: readonly string[]): string[] | undefined {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of graph.get(node) ?? []) {
      const found = visit(next, [...trail, node])
      if (found) return found
    }
    done.add(node)
    return undefined
  }
  for (const node of graph.keys()) {
    const found = visit(node, [])
    if (found) return found
  }
  return undefined
}

/** Lines of code outside every function body: those whose text begins in the first column, up to an arrow. */
function topLevel(code: string): string[] {
  return code
    .split('\n')
    .filter((line) => /^(?:export )?(?:const|let|await|new|[a-z][\w.]*\()/.test(line))
    .filter((line) => !/=>|\bfunction\b/.test(line))
}
