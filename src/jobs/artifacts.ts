/**
 * Files that jobs made, by the hash of their original. A row names the file and the version that lies there, and
 * whoever writes another one: nobody takes an old file for a new one, and no crash leaves a file that nobody knows of.
 */
import { numberIn, textIn } from '../database/sql.ts'
import { MediaError } from '../error.ts'
import { sleep } from '../lib/once.ts'
import { createSha256 } from '../lib/sha256.ts'
import { cancelQuietly } from '../lib/stream.ts'
import type { Original } from '../media/original.ts'
import type { Driver, Sql, SqlRow } from '../platform.ts'
import { createStorageSource } from '../sources/storage.ts'
import { createArtifactFiles } from '../store/artifact-files.ts'

/** As results of a job name it. */
export interface Artifact {
  /** Below `storage.artifacts`. */
  readonly key: string
  /** Where the API has it. */
  readonly url: string
  readonly content_type: string
  readonly size: number
  readonly etag: string
}

export interface StoredArtifact {
  readonly key: string
  readonly type: string
  readonly size: number
  readonly etag: string
  /** Milliseconds since the epoch. */
  readonly madeAt: number
}

export interface ArtifactBody {
  readonly type: string
  stream(): ReadableStream<Uint8Array>
}

/** The delivery of a job that writes. */
export interface Writer {
  readonly job: string
  readonly lease: string
  readonly signal: AbortSignal
}

export interface Artifacts {
  /** @throws NOT_SUPPORTED_HERE where nothing can be kept */
  check(): Promise<void>
  /** Replaces what is there. @throws STORE_FAILED, the signal's reason, and what the body throws */
  put(hash: string, key: string, body: ArtifactBody, writer: Writer): Promise<Artifact>
  /** Whether all of them are there as they were made. */
  areThere(made: readonly Pick<Artifact, 'key' | 'etag'>[]): Promise<boolean>
  /** The first of these that is there, whole. */
  find(keys: readonly string[]): Promise<StoredArtifact | undefined>
  /** @throws NOT_FOUND, SOURCE_FAILED */
  open(key: string, signal: AbortSignal): Promise<Original>
  /** Removes all of an original. False: somebody is still writing one. @throws STORE_FAILED */
  erase(hash: string): Promise<boolean>
}

export interface ArtifactsOptions {
  readonly sql: Pick<Sql, 'query'>
  /** @throws what opening the mount throws */
  openDriver(): Promise<Driver>
  readonly leaseMs: number
  /** Milliseconds since the epoch. */
  now(): number
  /** Address of a file of an original. */
  urlOf(hash: string, name: string): string
  onFault(message: string, cause: unknown): void
}

/** Folders of an original. */
export const foldersOf = (hash: string): readonly string[] =>
  ['images', 'videos'].map((kind) => `${kind}/${hash.slice(0, 2)}/${hash}/`)

/** Milliseconds between looks whether another one has written. */
const WAIT_MS = 200
/** No writer: whoever is at it finds out, and takes back what it wrote. */
const ERASED = 'erased'

export function createArtifacts(options: ArtifactsOptions): Artifacts {
  const { sql, openDriver, leaseMs, now, urlOf, onFault } = options
  const openFiles = async () => createArtifactFiles(await openDriver())
  const source = createStorageSource({ key: '${key}' }, openDriver)
  const { query } = sql
  const heldUntil = () => now() + 2 * leaseMs

  /** Only the delivery that has the job may begin, and one at a time. */
  async function begin(hash: string, key: string, { job, lease, signal }: Writer): Promise<void> {
    const text = `insert into artifact (key, hash, writer, held_until)
      select cast(? as text), cast(? as text), cast(? as text), cast(? as bigint) from job
      where id = ? and lease = ? and status = 'processing'
      on conflict (key) do update set writer = excluded.writer, held_until = excluded.held_until
      where artifact.writer is null or artifact.held_until < ? returning key`
    for (;;) {
      signal.throwIfAborted()
      if ((await query(text, key, hash, lease, heldUntil(), job, lease, now())).length === 1) return
      // Another one writes, or the job is no longer ours, which the signal tells soon.
      await sleep(WAIT_MS, signal)
    }
  }

  async function hold(key: string, lease: string): Promise<void> {
    await query('update artifact set held_until = ? where key = ? and writer = ?', heldUntil(), key, lease)
  }

  /** What was there before stays, unless it was replaced, or all of it is to go. */
  async function giveBack(key: string, lease: string, isReplaced: boolean): Promise<void> {
    const text = `update artifact set writer = null
      where key = ? and writer = ? and etag is not null returning key`
    if (!isReplaced && (await query(text, key, lease)).length === 1) return
    await (await openFiles()).remove(key)
    await query('delete from artifact where key = ? and writer in (?, ?)', key, lease, ERASED)
  }

  async function put(hash: string, key: string, { type, stream }: ArtifactBody, writer: Writer) {
    const files = await openFiles()
    const { lease, signal } = writer
    await begin(hash, key, writer)
    const beat = setInterval(() => void hold(key, lease).catch(() => undefined), leaseMs / 2)
    const body = stream()
    let isReplaced = false
    try {
      const counted = counting()
      await files.put(key, body.pipeThrough(counted.through, { signal }))
      isReplaced = true
      const { size, etag } = counted.result()
      const text = `update artifact set type = ?, size = ?, etag = ?, made_at = ?, writer = null
        where key = ? and writer = ? returning key`
      const isOurs = (await query(text, type, size, etag, now(), key, lease)).length === 1
      if (!isOurs) throw new MediaError('STORE_FAILED', 'What was made is not wanted any more')
      const name = key.split('/').slice(3).join('/')
      return { key, url: urlOf(hash, name), content_type: type, size, etag }
    } catch (error) {
      await cancelQuietly(body)
      await giveBack(key, lease, isReplaced).catch((cause: unknown) =>
        onFault('artifact not taken back', cause),
      )
      signal.throwIfAborted()
      throw error
    } finally {
      clearInterval(beat)
    }
  }

  async function rowOf(key: string): Promise<StoredArtifact | undefined> {
    const [row] = await query(
      'select * from artifact where key = ? and etag is not null and writer is null',
      key,
    )
    return row && toStored(row)
  }

  async function find(keys: readonly string[]): Promise<StoredArtifact | undefined> {
    for (const key of keys) {
      const found = await rowOf(key)
      if (found && (await (await openFiles()).has(key))) return found
    }
    return undefined
  }

  return {
    put,
    find,
    open: (key, signal) => source.open({ captures: { key }, signal }),
    async check() {
      await openFiles().catch((cause: unknown) => {
        onFault('artifacts not opened', cause)
        throw new MediaError(
          'NOT_SUPPORTED_HERE',
          'What this makes is kept in storage.artifacts, which cannot be opened',
        )
      })
    },
    async areThere(made) {
      for (const { key, etag } of made) if ((await find([key]))?.etag !== etag) return false
      return true
    },

    async erase(hash) {
      const files = await openFiles()
      await query('update artifact set writer = ? where hash = ? and writer is not null', ERASED, hash)
      const busy = new Set(
        (
          await query(
            'select key from artifact where hash = ? and held_until >= ? and writer is not null',
            hash,
            now(),
          )
        ).map((row) => textIn(row, 'key')),
      )
      const known = (await query('select key from artifact where hash = ?', hash)).map((row) =>
        textIn(row, 'key'),
      )
      // Also those of whom there is no row: a service before this one may have made them.
      const listed = (await Promise.all(foldersOf(hash).map((folder) => files.list(folder)))).flat()
      for (const key of new Set([...known, ...listed])) {
        if (busy.has(key)) continue
        await files.remove(key)
        await query('delete from artifact where key = ? and hash = ?', key, hash)
      }
      return busy.size === 0
    },
  }
}

/** What goes through: how much it is, and its version. */
function counting() {
  const hash = createSha256()
  let size = 0
  const through = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      hash.update(chunk)
      size += chunk.length
      controller.enqueue(chunk)
    },
  })
  return { through, result: () => ({ size, etag: `"${hash.digest().slice(0, 32)}"` }) }
}

function toStored(row: SqlRow): StoredArtifact {
  const text = (name: string) => textIn(row, name)
  const [size, madeAt] = [numberIn(row, 'size'), numberIn(row, 'made_at')]
  return { key: text('key'), type: text('type'), etag: text('etag'), size, madeAt }
}
