/** What is configured meets what the platform has: the smaller counts. */
import type { Platform } from '../platform.ts'
import type { Config } from './config.ts'

/** How many originals of the largest allowed size may be in memory at once. */
const ORIGINALS = 8

export interface Bounds {
  /** Transformations at a time. */
  readonly size: number
  readonly imageBytes: number
  /** Of video or sound that is made. */
  readonly outputBytes: number
  /** Of one picture. */
  readonly memoryBytes: number
  /** Of all originals that are held whole. */
  readonly originalBytes: number
  /** Of what the cache keeps in memory. */
  readonly keptBytes: number
}

export function boundsFor(
  { limits, storage }: Pick<Config, 'limits' | 'storage'>,
  { cpus, memory }: Pick<Platform, 'cpus' | 'memory'>,
): Bounds {
  const { concurrency, imageBytes, outputBytes, memoryBytes } = limits
  const { work = Infinity, originals = Infinity, kept = Infinity } = memory ?? {}
  return {
    size: memory ? 1 : concurrency === 'cpus' ? cpus : concurrency,
    imageBytes: Math.min(imageBytes, originals),
    outputBytes: Math.min(outputBytes, originals),
    memoryBytes: Math.min(memoryBytes, work),
    originalBytes: Math.min(ORIGINALS * imageBytes, originals),
    keptBytes: Math.min(storage.memoryMaxBytes, kept),
  }
}
