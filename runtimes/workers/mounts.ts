/** Mounts and databases of a Worker: its bindings by name, or what a launcher has put in the place of a folder. */
import {
  ConfigError,
  createD1Sql,
  type Config,
  type D1Like,
  type Delivery,
  type Driver,
  type Fault,
  type Sql,
} from '../../src/index.ts'
import { createQueueDelivery, type QueueLike } from './queue-delivery.ts'
import { createR2Driver, type R2Like } from './r2-driver.ts'
import { createServiceDriver, type ServiceLike } from './service-driver.ts'

export type Bindings = Readonly<Record<string, unknown>>

/** JSON `{ "fs:./media": "service:MEDIA", … }`: what stands for mounts that a Worker cannot have. */
const STAND_INS = 'MEDIAMORPH_MOUNTS'

/** Whether our launcher runs the Worker on a machine of the operator's; a deployed one has no such binding. */
export function isLaunchedHere(bindings: Bindings): boolean {
  return typeof bindings[STAND_INS] === 'string'
}

interface BindingRow {
  /** A method that tells this kind of binding. */
  readonly method: string
  readonly what: string
}
const KINDS: Readonly<Record<string, BindingRow>> = {
  r2: { method: 'createMultipartUpload', what: 'R2 bucket' },
  service: { method: 'fetch', what: 'service' },
  d1: { method: 'prepare', what: 'D1 database' },
  cloudflare: { method: 'sendBatch', what: 'Queue' },
}

export interface WorkersMounts {
  /** @throws ConfigError naming the field of every mount and database that does not exist here */
  check(config: Config): void
  openDriver(mount: string): Promise<Driver>
  openSql(url: string): Promise<Sql | undefined>
  openDelivery(url: string): Promise<Delivery>
}

export function createWorkersMounts(bindings: Bindings): WorkersMounts {
  const standIns = readStandIns(bindings[STAND_INS])
  const actual = (mount: string) => standIns.get(mount) ?? mount

  function find(mount: string): unknown {
    const [kind = '', name = ''] = actual(mount).split(/:(.*)/s)
    const row = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
    if (!row)
      throw new Error(
        `${kind}: does not exist on Workers, expected r2:BINDING, service:BINDING or d1:BINDING`,
      )
    const binding = bindings[name]
    const fits = typeof binding === 'object' && binding !== null && row.method in binding
    if (!fits) throw new Error(`${kind}:${name}: there is no ${row.what} bound as ${name}`)
    return binding
  }

  function fault(path: string, mount: string, kinds: readonly string[]): Fault[] {
    const kind = actual(mount).split(':', 1)[0] ?? ''
    const expected = kinds.map((one) => `${one}:BINDING`).join(' or ')
    if (!kinds.includes(kind)) {
      return [{ path, message: `expected ${expected}, because ${kind}: does not exist on Workers` }]
    }
    try {
      find(mount)
      return []
    } catch (error) {
      return [{ path, message: error instanceof Error ? error.message : 'no such binding' }]
    }
  }

  return {
    check(config) {
      const faults = [
        ...fault('storage.cache', config.storage.cache, ['r2']),
        ...fault('database', config.database, ['d1']),
        ...redisFaults(config),
        ...(config.queue.startsWith('cloudflare:') ? fault('queue', config.queue, ['cloudflare']) : []),
        ...mountsOf(config).flatMap(({ path, mount }) => fault(path, mount, ['r2', 'service'])),
      ]
      if (faults.length > 0) throw new ConfigError(faults)
    },
    async openDriver(mount) {
      const kind = actual(mount).split(':', 1)[0]
      const binding = find(mount)
      return kind === 'r2' ? createR2Driver(binding as R2Like) : createServiceDriver(binding as ServiceLike)
    },
    openSql: async (url) => createD1Sql(find(url) as D1Like),
    openDelivery: async (url) => createQueueDelivery(find(url) as QueueLike),
  }
}

/** A Worker counts by itself, and has queues of its own. */
export function redisFaults({ rateLimit, queue }: Config): Fault[] {
  const because = 'because Workers have no way to a Redis'
  return [
    ...(rateLimit.store === 'memory'
      ? []
      : [{ path: 'rateLimit.store', message: `expected "memory", ${because}` }]),
    ...(/^rediss?:/.test(queue)
      ? [{ path: 'queue', message: `expected "embedded" or cloudflare:BINDING, ${because}` }]
      : []),
  ]
}

/** Mounts that originals are read from, with their paths in the document. */
export function mountsOf(config: Config): { readonly path: string; readonly mount: string }[] {
  const sources = config.origins.flatMap((origin, i) =>
    origin.sources.flatMap((source, j) =>
      'mount' in source ? [{ path: `origins[${i}].sources[${j}].mount`, mount: source.mount }] : [],
    ),
  )
  // `/thumb` of Vylux reads what jobs made.
  const readsArtifacts = config.compat.grammars.includes('vylux')
  const artifacts = readsArtifacts ? [{ path: ARTIFACTS, mount: config.storage.artifacts }] : []
  return [...sources, ...artifacts, ...placesOf(config)]
}

/** Of asset routes, static mode and internal routes. Buckets are read over the network. */
function placesOf({ assets, static: mount, internal }: Config) {
  const { uploads, buckets } = internal
  const places: Array<readonly [path: string, mount: string | null | undefined]> = [
    ...[...new Set(assets.map((row) => row.mount))].map((place) => ['assets[].mount', place] as const),
    ['static', mount],
    ['internal.uploads', uploads],
    ...Object.entries(buckets).map(([name, place]) => [`internal.buckets.${name}`, place] as const),
  ]
  return places.flatMap(([path, place]) =>
    place && !place.startsWith('s3:') ? [{ path, mount: place }] : [],
  )
}

export const ARTIFACTS = 'storage.artifacts'

function readStandIns(text: unknown): ReadonlyMap<string, string> {
  return new Map(typeof text === 'string' ? Object.entries(JSON.parse(text) as Record<string, string>) : [])
}
