/** The original of a job that makes files: opened once, its hash known, and at hand for as long as the job runs. */
import type { OriginalOpener, Services } from '../context.ts'
import { limitError, MediaError } from '../error.ts'
import { sha256Hex } from '../lib/hash.ts'
import { createSha256 } from '../lib/sha256.ts'
import { cancelQuietly } from '../lib/stream.ts'
import type { Original } from '../media/original.ts'
import type { SourceRef } from '../plan/plan.ts'
import type { Platform, SpooledFile } from '../platform.ts'
import { bytesOriginal } from '../sources/bytes.ts'
import { hashedOriginal } from './hashed-original.ts'

export interface HeldOriginal {
  /** Hex SHA-256. */
  readonly hash: string
  /** Opens the same one, as often as it is wanted. */
  readonly origins: OriginalOpener
  release(): Promise<void>
}

export interface HoldOptions {
  /** Hex SHA-256 that it must have; checked where it is read whole. */
  readonly expected: string | undefined
  /** All of it is read, more than once: a copy is nearer than its source. */
  readonly readsAll: boolean
  readonly spool: Platform['spool']
  readonly services: Services
  readonly signal: AbortSignal
}

/** @throws HASH_MISMATCH, SOURCE_TOO_LARGE, and what the source throws */
export async function holdOriginal(ref: SourceRef, options: HoldOptions): Promise<HeldOriginal> {
  const { services, signal, expected } = options
  const original = await services.origins.open(ref, signal)
  try {
    const { hash, near, release } = await bringNear(original, options)
    if (expected !== undefined && hash !== expected) {
      await release()
      throw new MediaError('HASH_MISMATCH', undefined, { details: { expected, found: hash } })
    }
    const origins: OriginalOpener = {
      check: (...given) => services.origins.check(...given),
      open: async (other, otherSignal) =>
        other.origin === ref.origin && other.path === ref.path
          ? { ...near, close: async () => undefined }
          : services.origins.open(other, otherSignal),
    }
    return { hash, origins, release }
  } catch (error) {
    await original.close()
    throw error
  }
}

interface Near {
  readonly hash: string
  readonly near: Original
  release(): Promise<void>
}

async function bringNear(original: Original, options: HoldOptions): Promise<Near> {
  const { expected, readsAll, spool, services } = options
  const { imageBytes } = services.limits
  const { size = Infinity } = original
  if (size <= imageBytes) return inMemory(original, imageBytes)
  if (readsAll && spool) return onDisk(original, spool, options)
  const release = () => original.close()
  if (expected !== undefined) {
    // What is read of it in part has the hash that whoever ordered says it has.
    return { hash: expected, near: hashedOriginal(original, expected, () => undefined), release }
  }
  return { hash: await hashOf(original, options), near: original, release }
}

async function inMemory(original: Original, most: number): Promise<Near> {
  const bytes = await original.read({ start: 0, end: most })
  if (bytes.length !== original.size)
    throw new MediaError('SOURCE_FAILED', 'Reading the original: it ended early')
  await original.close()
  const near = { ...describing(original), ...bytesOf(bytes) }
  return { hash: await sha256Hex(bytes), near, release: async () => undefined }
}

function bytesOf(bytes: Uint8Array) {
  const { size, read, stream, close } = bytesOriginal(bytes, 'memory')
  return { ...(size === undefined ? {} : { size }), read, stream, close }
}

/** What is said of it stays what its source says. */
function describing({ type, validator, sourceType }: Original) {
  return { ...(type === undefined ? {} : { type }), validator, sourceType }
}

async function onDisk(
  original: Original,
  spool: NonNullable<Platform['spool']>,
  options: HoldOptions,
): Promise<Near> {
  const hash = createSha256()
  const copy = await spool(original.stream().pipeThrough(hashing(hash, options)), options.signal)
  await original.close()
  return { hash: hash.digest(), near: { ...describing(original), ...fileOf(copy) }, release: copy.remove }
}

function fileOf(copy: SpooledFile) {
  const { size } = copy
  return {
    size,
    read: ({ start, end }: { start: number; end: number }) => copy.read(start, Math.min(end, size)),
    stream: (range = { start: 0, end: size }) => copy.stream(range.start, Math.min(range.end, size)),
    close: async () => undefined,
  }
}

type Sha256 = ReturnType<typeof createSha256>

function hashing(hash: Sha256, { services }: HoldOptions): TransformStream<Uint8Array, Uint8Array> {
  const { sourceBytes } = services.limits
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length
      if (size > sourceBytes) throw limitError('jobs.sourceBytes', size, sourceBytes, 'SOURCE_TOO_LARGE')
      hash.update(chunk)
      controller.enqueue(chunk)
    },
  })
}

async function hashOf(original: Original, options: HoldOptions): Promise<string> {
  const hash = createSha256()
  const reader = original.stream().pipeThrough(hashing(hash, options)).getReader()
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read())
      options.signal.throwIfAborted()
  } catch (error) {
    await cancelQuietly(reader, error)
    throw error
  }
  return hash.digest()
}
