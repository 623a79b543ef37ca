/**
 * What a runtime must give. A runtime is a bag of functions handed in from outside; nothing in `src/` asks which
 * one it is. The interfaces that several rooms share with a runtime (`Sql`, `Queue`, `Driver`, `Workers`) live here too.
 */
import type { Delivery, DeliveryOptions } from './platform/delivery.ts'
import type { Ffmpeg, FfmpegSettings, SpooledFile } from './platform/ffmpeg.ts'

import type { TransformMedia } from './platform/media.ts'

/** Every compiled module that the service may ask for: the file is `wasm/<folder>/<name>.wasm`, see wasm/manifest.json. */
export type WasmName = string

/** Makes an instance of libheif: what `libheif-js/libheif-wasm/libheif-bundle.mjs` of the package libheif-js exports. */
export type HeifFactory = (options: { print(line: string): void; printErr(line: string): void }) => unknown

/** A network that judges pictures: 224x224x3 floats, row by row, in; the scores of its classes out. */
export type Net = (pixels: Float32Array<ArrayBuffer>) => ArrayLike<number> | Promise<ArrayLike<number>>
/** `builtin` comes with the service, `onnx` lies at a path. */
export type NetName = 'builtin' | 'onnx'
/** How networks are had where the work is done. Each rejects with a sentence that says what is missing. */
export type NetLoaders = Readonly<Partial<Record<NetName, (path: string) => Promise<Net>>>>

/** One atomic statement: SQL with `?` placeholders, then its parameters. */
export type Statement = readonly [sql: string, ...parameters: SqlValue[]]
export type SqlValue = string | number | null | Uint8Array
export type SqlRow = Record<string, SqlValue>

/** A SQL database: `query`, and `batch` as the only atomic primitive (D1 has nothing else). */
export interface Sql {
  readonly dialect: 'sqlite' | 'postgres'
  query(sql: string, ...parameters: SqlValue[]): Promise<SqlRow[]>
  /**
   * All or nothing, in order. One list of rows for each statement. On PostgreSQL others may commit between two of them: see
   * `locksOf` in database/sql.ts.
   */
  batch(statements: readonly Statement[]): Promise<SqlRow[][]>
  close(): Promise<void>
}

export type {
  Ffmpeg,
  FfmpegAbilities,
  FfmpegFile,
  FfmpegJob,
  FfmpegSettings,
  SpooledFile,
} from './platform/ffmpeg.ts'
export type { MediaWish, TransformMedia } from './platform/media.ts'
export type { LaneCounts, Lease, Queue } from './platform/queue.ts'
export type { Delivery, DeliveryOptions, Notice, PulledDelivery } from './platform/delivery.ts'

/** Facts about a stored value. */
export interface DriverMeta {
  readonly size?: number
  /** Milliseconds since the epoch. */
  readonly mtime?: number
  readonly etag?: string
}

/**
 * A place that holds bytes by key, shaped as an unstorage driver (so that any of theirs fits), with abilities that
 * unstorage lacks. Optional ones are used where they exist. Keys use `:` or `/` between segments.
 */
export interface Driver {
  readonly name?: string
  hasItem(key: string, options: object): Promise<boolean> | boolean
  getItem(key: string, options?: object): unknown
  getItemRaw?(key: string, options: object): unknown
  setItem?(key: string, value: string, options: object): Promise<void> | void
  setItemRaw?(key: string, value: unknown, options: object): Promise<void> | void
  removeItem?(key: string, options: object): Promise<void> | void
  getKeys(base: string, options: object): Promise<string[]> | string[]
  getMeta?(key: string, options: object): unknown
  dispose?(): Promise<void> | void
  /** Size and validator of a value; null when there is none. Throws on anything else (permissions, network). */
  stat?(key: string): Promise<DriverMeta | null>
  /** Bytes `start` to `end` (exclusive, may lie past the end); null when the key does not exist. */
  readRange?(key: string, start: number, end: number): Promise<Uint8Array | null>
  /** Streams the value in; all or nothing. */
  putStream?(key: string, body: ReadableStream<Uint8Array>): Promise<void>
  /** Stores only when the key is free; false when it is taken. */
  putIfAbsent?(key: string, value: Uint8Array): Promise<boolean>
}

/** A unit of CPU work. `data` and the answer must survive structured clone. */
export interface Task {
  readonly op: string
  readonly data: unknown
  readonly transfer?: readonly ArrayBuffer[]
  readonly signal?: AbortSignal
  /** Milliseconds from the moment a worker takes it. */
  readonly deadlineMs?: number
  /** Milliseconds that it may not hear a stop, where that is longer than usual. */
  readonly graceMs?: number
}

/** Where CPU work runs: threads on servers, in place on Workers. */
export interface Workers {
  readonly size: number
  /** Rejects with the signal's reason, TRANSFORM_TIMEOUT, CORRUPT_MEDIA (a trap) or what the task threw. */
  run(task: Task): Promise<unknown>
  /** Finishes what runs, refuses what is new. */
  close(): Promise<void>
}

/** Originals are read; in the cache keys are hashes with `:` between them; artifacts are files of their names, and last. */
export type MountUse = 'source' | 'cache' | 'artifacts'

/** A Redis that several processes share. */
export interface Redis {
  /** Runs a Lua script, atomically. Rejects within a second when nobody answers; the connection comes back by itself. */
  script(text: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown>
  close(): Promise<void>
}

/** Settings of one outbound fetcher; milliseconds and bytes. */
export interface OutboundRules {
  /** True when a connection to this address (an IP literal) may be made. */
  allowed(address: string): boolean
  readonly connectMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** Bytes that a service may use where memory is scarce. */
export interface MemoryBounds {
  /** Of the work on one picture, its original apart; there is one at a time. */
  readonly work: number
  /** Of the originals that are held whole at once. */
  readonly originals: number
  /** Of what is kept because it is asked for most. */
  readonly kept: number
}

export interface Platform {
  /** `bun`, `deno`, `node` or `workerd`. For the log and `debug=view` only: never branch on it. */
  readonly runtime: string
  readonly version: string
  readonly cpus: number
  /** Environment variables or bindings of string type. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Sentences for the start line, for example "outbound addresses are pinned". */
  readonly notes: readonly string[]
  /** False where one request must not await another's promise (workerd): coalescing then re-reads the store. */
  readonly sharesPromises: boolean
  /** False where nothing runs between requests (workerd): without a queue of the platform, jobs are worked on while a request is there, and none is deferred. */
  readonly runsBetweenRequests: boolean
  loadWasm(name: WasmName): WebAssembly.Module | Promise<WebAssembly.Module>
  /** Whether `loadWasm` has it: formats without their module are refused. Absent: it has them all. */
  hasWasm?(name: WasmName): boolean
  createWorkers(size: number): Workers
  /** Why its workers cannot have such a network; undefined where they can. Absent: they can have all. */
  lacksNet?(name: NetName): string | undefined
  /** Names the version of a file that a network is in: the hash of its bytes. Absent where there are no files. */
  hashFile?(path: string): Promise<string>
  /** Absent: there is as much as is configured. */
  readonly memory?: MemoryBounds
  /**
   * One request whose connection goes to an address that `rules.allowed` has seen; follows no redirect; decodes
   * gzip, deflate and br. Absent where a runtime cannot pin (Workers, Deno Deploy): then `outbound.allowHosts` must name hosts.
   */
  createPinnedFetch?(rules: OutboundRules): (request: Request) => Promise<Response>
  /** Opens a mount `driver:location`, for example `fs:./media`, `memory:`, `r2:BUCKET`, `samples:`. Throws a plain Error that names what is missing. */
  openDriver(mount: string, use: MountUse): Driver | Promise<Driver>
  /** Writes a copy that outlives no crash. Absent: there is no room for one. @throws the signal's reason, and what the stream throws */
  spool?(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<SpooledFile>
  /** Opens `sqlite:PATH`, `postgres://…` (whether it can be reached now or not) or `d1:BINDING`; undefined when the runtime has no database. */
  openSql(url: string): Promise<Sql | undefined>
  /** Opens `redis://…` or `rediss://…`, whether it can be reached now or not. Absent where there is no way to a Redis. */
  openRedis?(url: string): Promise<Redis>
  /** Opens what delivers jobs, for a `queue` other than `embedded`. Rejects when it cannot be had; that it is down is no reason. */
  openDelivery?(url: string, options: DeliveryOptions): Promise<Delivery>
  /** Best first. Absent: there is none, and video is only copied. */
  createFfmpegs?(settings: FfmpegSettings): readonly Ffmpeg[]
  /** Cloudflare's Media Transformations by the name of their binding; undefined: there is none. Absent where there never is. */
  openMedia?(binding: string): TransformMedia | undefined
  /** Writes one finished log line. */
  log(line: string): void
}

/** What a caller of `fetch` may add about one request. */
export interface FetchContext {
  /** Lets background work outlive the response (Workers); elsewhere it simply runs on. */
  waitUntil?(work: Promise<unknown>): void
  /** The TCP peer's address; without one, the edge gate refuses, and all such requests share one rate limit. */
  readonly clientAddress?: string
  /** The platform itself is Cloudflare's edge, which has taken the connection: a deployed Worker. */
  readonly isAtCloudflare?: boolean
}
