/**
 * Files of a folder as a `Driver`, for Node, Bun and Deno. File names are raw: a key is the path below the folder,
 * so names with spaces, `?`, `#`, `%`, `:` or any script work as they are.
 *
 * - Writes are atomic: a temporary file beside everything else, then rename; `putIfAbsent` uses link(2), which fails
 *   when the name is taken. A reader sees the old bytes or the new ones.
 * - A key never leaves the folder: dot-segments, empty segments and NUL do not exist, nor does a file whose real path
 *   lies outside the folder's real path (symbolic links inside it that stay inside are followed).
 * - What is not there reads as null; every other failure throws, so that a permission error is never a 404.
 */
import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { Driver, DriverMeta } from '../../src/index.ts'
import { linkIfFree, orNull, placeIn, pump, readAt, writeAll } from './files.ts'

export interface FsDriverOptions {
  /** Refuses every write. Default false. */
  readonly readonly?: boolean
  /** What stands between the segments of a key. Default `/`; the cache uses `:`, as unstorage's own keys do. */
  readonly separator?: '/' | ':'
  /** Flushes every file to the disk before it becomes visible, so that it survives a power cut. Default false. */
  readonly fsync?: boolean
  /** The folder is ours alone and its keys are hashes: real paths are not checked. Default false. */
  readonly trusted?: boolean
}

const TEMPORARY = '.mediamorph-tmp'
/** A temporary file that was not written to for so long belongs to a process that died. */
const ABANDONED_MS = 3_600_000
// Opening a named pipe must not wait for a writer.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** @throws nothing; the folder need not exist yet. */
export function createFsDriver(base: string, options: FsDriverOptions = {}): Driver {
  const folder = resolve(base)
  const reader = createReader(folder, options)
  const whole = (key: string) => reader.withFile(key, (handle, { size }) => readAt(handle, 0, size))
  const driver: Driver = {
    name: 'fs',
    hasItem: async (key) => (await reader.stat(key)) !== null,
    getItem: async (key) => decode(await whole(key)),
    getItemRaw: whole,
    getKeys: (prefix) => listKeys(folder, prefix, options.separator ?? '/'),
    getMeta: reader.stat,
    stat: reader.stat,
    readRange: (key, start, end) =>
      reader.withFile(key, (handle, { size }) => readAt(handle, start, Math.min(end, size))),
  }
  return options.readonly ? driver : { ...driver, ...createWriter(folder, options) }
}

/** Deletes temporary files that nobody wrote to for `olderThanMs`. Returns how many there were. */
export async function sweepTemporary(base: string, olderThanMs = ABANDONED_MS): Promise<number> {
  const folder = join(resolve(base), TEMPORARY)
  const names = (await orNull(readdir(folder))) ?? []
  let swept = 0
  for (const name of names) {
    const facts = await orNull(stat(join(folder, name)))
    if (!facts || Date.now() - facts.mtimeMs < olderThanMs) continue
    await rm(join(folder, name), { force: true })
    swept++
  }
  return swept
}

type Locate = (key: string) => string | null

/** The path of a key, or null for keys that cannot exist. */
function createLocate(folder: string, separator: string): Locate {
  return (key) => {
    const segments = key.split(separator)
    const isHostile = segments.some(
      (segment) =>
        segment === '' ||
        segment === '.' ||
        segment === '..' ||
        /[/\0]/.test(segment) ||
        segment.includes(sep),
    )
    return isHostile || segments[0] === TEMPORARY ? null : join(folder, ...segments)
  }
}

/** Where a path really leads, or null when that is nowhere or outside the folder. */
async function realPathInside(folder: string, path: string): Promise<string | null> {
  const [inside, real] = await Promise.all([orNull(realpath(folder)), orNull(realPathOf(path))])
  if (inside === null || real === null) return null
  return real === inside || real.startsWith(inside.endsWith(sep) ? inside : inside + sep) ? real : null
}

/**
 * Only folders and links are resolved, a plain file is called what it is called: Bun's realpath now and then says
 * ENOENT of a file that is being replaced at that moment.
 */
async function realPathOf(path: string): Promise<string> {
  const isLink = (await lstat(path)).isSymbolicLink()
  return isLink ? realpath(path) : join(await realpath(dirname(path)), basename(path))
}

function createReader(folder: string, { separator = '/', trusted = false }: FsDriverOptions) {
  const locate = createLocate(folder, separator)

  async function realPath(key: string): Promise<string | null> {
    const path = locate(key)
    return path === null || trusted ? path : realPathInside(folder, path)
  }

  async function withFile<T>(
    key: string,
    use: (handle: FileHandle, facts: Stats) => Promise<T>,
  ): Promise<T | null> {
    const path = await realPath(key)
    const handle = path === null ? null : await orNull(open(path, READ))
    if (!handle) return null
    try {
      const facts = await handle.stat()
      return facts.isFile() ? await use(handle, facts) : null
    } finally {
      await handle.close()
    }
  }

  return {
    withFile,
    async stat(key: string): Promise<DriverMeta | null> {
      const path = await realPath(key)
      const facts = path === null ? null : await orNull(stat(path))
      // Whole milliseconds: the runtimes differ in what they know below that, and validators must not.
      return facts?.isFile() ? { size: facts.size, mtime: Math.floor(facts.mtimeMs) } : null
    },
  }
}

function createWriter(folder: string, { separator = '/', fsync = false, trusted = false }: FsDriverOptions) {
  const locate = createLocate(folder, separator)
  const temporary = join(folder, TEMPORARY)
  let swept = false

  async function write(
    key: string,
    fill: (handle: FileHandle) => Promise<void>,
    place: typeof rename,
  ): Promise<void> {
    const path = locate(key)
    if (path === null)
      throw new Error('A key holds an empty segment, a dot-segment or a character that no file name may')
    await mkdir(trusted ? temporary : dirname(path), { recursive: true })
    if (!trusted && (await realPathInside(folder, dirname(path))) === null) {
      throw new Error('A key leads out of its folder through a symbolic link')
    }
    await mkdir(temporary, { recursive: true })
    if (!swept) {
      swept = true
      await sweepTemporary(folder)
    }
    const draft = join(temporary, crypto.randomUUID())
    try {
      const handle = await open(draft, 'wx')
      try {
        await fill(handle)
        if (fsync) await handle.sync()
      } finally {
        await handle.close()
      }
      await placeIn(dirname(path), () => place(draft, path))
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }

  const put = (key: string, value: Uint8Array | string) =>
    write(key, (handle) => writeAll(handle, value), rename)
  return {
    setItem: put,
    setItemRaw: (key: string, value: unknown) => put(key, toBytes(value)),
    async removeItem(key: string): Promise<void> {
      const path = locate(key)
      const isOurs = path !== null && (trusted || (await realPathInside(folder, dirname(path))) !== null)
      if (isOurs) await orNull(rm(path, { force: true }))
    },
    putStream: (key: string, body: ReadableStream<Uint8Array>) =>
      write(key, (handle) => pump(body, handle), rename),
    async putIfAbsent(key: string, value: Uint8Array): Promise<boolean> {
      let isFree = true
      await write(
        key,
        (handle) => writeAll(handle, value),
        async (draft, path) => {
          isFree = await linkIfFree(String(draft), String(path))
          await rm(draft, { force: true })
        },
      )
      return isFree
    },
  }
}

async function listKeys(folder: string, prefix: string, separator: string): Promise<string[]> {
  const keys: string[] = []
  // No folder is looked into that the prefix leads past.
  const whole = prefix.split(separator).slice(0, -1)
  const isPlain = whole.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  const from = isPlain ? whole : []
  async function walk(path: string, before: string): Promise<void> {
    for (const entry of (await orNull(readdir(path, { withFileTypes: true }))) ?? []) {
      const key = before + entry.name
      if (entry.isDirectory()) {
        if (key !== TEMPORARY) await walk(join(path, entry.name), key + separator)
      } else if (entry.isFile() && key.startsWith(prefix)) keys.push(key)
    }
  }
  await walk(join(folder, ...from), from.map((segment) => segment + separator).join(''))
  return keys
}

function toBytes(value: unknown): Uint8Array | string {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  throw new TypeError('A file takes bytes or text')
}

function decode(bytes: Uint8Array | null): string | null {
  return bytes && new TextDecoder().decode(bytes)
}
