/**
 * Mounts for Bun, Deno and Node: `driver:location`. Our own file driver, and those of unstorage's drivers that hold
 * binary values of any size; a driver's package is loaded when a mount first names it.
 */
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import memoryDriver from 'unstorage/drivers/memory'
import type { Driver, MountUse } from '../../src/index.ts'
import { createFsDriver } from './fs-driver.ts'

type Env = Readonly<Record<string, string | undefined>>

interface Opening {
  /** The whole mount, and what stands after its first colon. */
  readonly mount: string
  readonly location: string
  readonly use: MountUse
  readonly env: Env
}

interface DriverRow {
  /** Package that the operator installs beside ours. */
  readonly needs?: string
  open(opening: Opening): Promise<Driver>
}

const redis: DriverRow = {
  needs: 'ioredis',
  async open({ mount }) {
    const { default: create } = await import('unstorage/drivers/redis')
    return create({ url: mount })
  },
}

const mongodb: DriverRow = {
  needs: 'mongodb',
  async open({ mount }) {
    const { default: create } = await import('unstorage/drivers/mongodb')
    const databaseName = new URL(mount).pathname.slice(1) || 'mediamorph'
    return create({ connectionString: mount, databaseName, collectionName: 'store' })
  },
}

/** One row for each driver. The location is what stands after the colon, or the whole mount where that is a URL. */
const DRIVERS: Readonly<Record<string, DriverRow>> = {
  fs: { open: ({ location, use }) => openFolder(location, use) },
  samples: { open: () => openSamples() },
  memory: { open: async () => memoryDriver() },
  redis,
  rediss: redis,
  mongodb,
  s3: {
    async open({ location, env }) {
      const { default: create } = await import('unstorage/drivers/s3')
      return create({
        bucket: required(location, 's3: expected s3:BUCKET'),
        endpoint: variable(env, 'S3_ENDPOINT'),
        region: env['S3_REGION'] ?? 'auto',
        accessKeyId: variable(env, 'S3_ACCESS_KEY_ID'),
        secretAccessKey: variable(env, 'S3_SECRET_ACCESS_KEY'),
      })
    },
  },
  upstash: {
    needs: '@upstash/redis',
    async open({ location, env }) {
      const { default: create } = await import('unstorage/drivers/upstash')
      const url = variable(env, 'UPSTASH_REDIS_REST_URL')
      const options = { url, token: variable(env, 'UPSTASH_REDIS_REST_TOKEN'), base: location }
      // The driver's own type wants the types of a package that is not installed.
      return create(options as Parameters<typeof create>[0])
    },
  },
  'azure-storage-blob': {
    needs: '@azure/storage-blob @azure/identity',
    async open({ location, env }) {
      const { default: create } = await import('unstorage/drivers/azure-storage-blob')
      return create({
        containerName: required(location, 'azure-storage-blob: expected azure-storage-blob:CONTAINER'),
        connectionString: variable(env, 'AZURE_STORAGE_CONNECTION_STRING'),
      })
    },
  },
}

const WORKERS_ONLY = 'exists on Cloudflare Workers only'
const BROWSERS_ONLY = 'exists in browsers only'
const SMALL_VALUES = 'holds values of 64 KiB at most, and media are larger'

/** Drivers that exist but cannot do the work, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  overlay: 'damages binary values, name one of its layers',
  'fs-lite': 'shows files that are half written, use fs:',
  http: 'follows redirects without checking them, use a source of type http',
  https: 'follows redirects without checking them, use a source of type http',
  null: 'keeps nothing, use memory:',
  r2: WORKERS_ONLY,
  kv: WORKERS_ONLY,
  'cloudflare-r2-binding': WORKERS_ONLY,
  'cloudflare-kv-binding': WORKERS_ONLY,
  'deno-kv': SMALL_VALUES,
  'deno-kv-node': SMALL_VALUES,
  localstorage: BROWSERS_ONLY,
  'session-storage': BROWSERS_ONLY,
  indexedb: BROWSERS_ONLY,
}

/**
 * Opens a mount: `fs:./media` (relative to the working directory), `memory:`, `samples:`, `redis://host:6379`,
 * `s3:BUCKET`, …; sources are opened for reading only where the driver can tell.
 * @throws Error that names the mount and what is missing: a folder, a package, a variable
 */
export async function openServerDriver(
  mount: string,
  use: MountUse,
  env: Env = process.env,
): Promise<Driver> {
  const colon = mount.indexOf(':')
  const name = mount.slice(0, Math.max(0, colon))
  const row = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined
  if (!row) throw new Error(refusal(name))
  try {
    return await row.open({ mount, location: mount.slice(colon + 1), use, env })
  } catch (cause) {
    if (row.needs && isMissing(cause)) {
      throw new Error(`${name}: needs a package that is not installed: npm install ${row.needs}`, { cause })
    }
    throw cause
  }
}

function refusal(name: string): string {
  const reason = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
  if (reason) return `${name}: this driver ${reason}`
  return `${name || 'mount'}: no such driver, expected one of ${Object.keys(DRIVERS).join(', ')}`
}

async function openFolder(path: string, use: MountUse): Promise<Driver> {
  const folder = required(path, 'fs: expected fs:PATH')
  if (use === 'cache') return createFsDriver(folder, { separator: ':', trusted: true })
  if (use === 'artifacts') return createFsDriver(folder, { fsync: true })
  if (!(await isFolder(folder))) throw new Error(`fs:${path}: there is no such folder`)
  return createFsDriver(folder, { readonly: true })
}

/** The package's own pictures, seen from `runtimes/server/` and from `dist/` alike. */
async function openSamples(): Promise<Driver> {
  for (const relative of ['../samples/', '../../samples/']) {
    const folder = fileURLToPath(new URL(relative, import.meta.url))
    if (await isFolder(folder)) return createFsDriver(folder, { readonly: true })
  }
  throw new Error('samples: the folder of sample pictures is missing from this installation')
}

async function isFolder(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined)
  return facts?.isDirectory() ?? false
}

function required(value: string, message: string): string {
  if (value === '') throw new Error(message)
  return value
}

function variable(env: Env, name: string): string {
  const value = env[name]
  if (!value) throw new Error(`storage: the environment variable ${name} is missing`)
  return value
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    /(cannot|could not) find (package|module)|not a dependency|Failed to (load|resolve)/i.test(error.message)
  )
}
