/** A video or audio file as mediabunny reads it: its index and its packets, from the ranges that hold them. */
import {
  ADTS,
  FLAC,
  Input,
  Logging,
  LogLevel,
  MATROSKA,
  MP3,
  MP4,
  MPEG_TS,
  OGG,
  QTFF,
  WAVE,
  WEBM,
  type CustomSourceOptions,
  type InputFormat,
} from 'mediabunny'
import { isMediaError, limitError, MediaError } from '../../../error.ts'
import { unlessAborted } from '../../../lib/unless-aborted.ts'
import type { FormatName } from '../../../media/format.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import type { Original } from '../../../media/original.ts'
import type { Span } from '../../../plan/timed/recipe.ts'
import { createBlockReader } from './blocks.ts'
import { requireFirstFrame } from './first-frame.ts'
import { patientSource } from './patience.ts'

const ISO = [MP4, QTFF]
const EBML = [MATROSKA, WEBM]
/** By our own sniffing, so that no playlist is ever taken for media. */
const READERS: Readonly<Partial<Record<FormatName, readonly InputFormat[]>>> = {
  mp4: ISO,
  mov: ISO,
  '3gp': ISO,
  m4a: ISO,
  webm: EBML,
  mkv: EBML,
  ts: [MPEG_TS],
  mp3: [MP3],
  aac: [ADTS],
  ogg: [OGG],
  flac: [FLAC],
  wav: [WAVE],
}

export const readsContainer = (format: FormatName): boolean => READERS[format] !== undefined

const CACHE_BYTES = 524_288

export interface ReadLimits {
  readonly signal: AbortSignal
  /** Bytes that may be read in all. */
  readonly bytes: number
  /** Milliseconds that all of it may take, waiting for the source included. */
  readonly ms: number
}

/** What is said of the reading of a file, so that it takes few requests. */
export interface Reading {
  /** Bytes of the file. */
  readonly size: number
  /** Where each packet lies is known as soon as the file is open. */
  readonly isIndexed: boolean
  /** About so many bytes will be wanted in a row, beginning with the next that have not come. */
  expect(bytes: number): void
}

/** More than the time from key frame to key frame, mostly. */
const BEFORE = 2

/** Says that a part of the presentation will be read, in seconds: its share of the file. */
export async function expectSpan(input: Input, reading: Reading, { start = 0, end }: Span): Promise<void> {
  const duration = await input.getDurationFromMetadata()
  if (!duration || duration <= 0) return
  const seconds = Math.min(end ?? duration, duration) - Math.max(0, start - BEFORE)
  reading.expect(reading.size * Math.min(1, Math.max(0, seconds / duration)))
}

/**
 * Hands `use` the file and lets go of it afterwards. What the package throws of a file that it cannot make sense of is
 * CORRUPT_MEDIA; what the source throws goes through.
 * @throws TRANSFORM_TIMEOUT, SOURCE_TIMEOUT (most of the time went into waiting for it), LIMIT_EXCEEDED, SOURCE_TOO_LARGE, CORRUPT_MEDIA, NOT_SUPPORTED_HERE, the signal's reason, and what the source throws
 */
export async function withContainer<T>(
  original: Original,
  format: FormatName,
  limits: ReadLimits,
  use: (input: Input, reading: Reading) => Promise<T>,
): Promise<T> {
  const formats = READERS[format]
  if (!formats) throw new MediaError('NOT_SUPPORTED_HERE', `Cannot read ${format}: no engine here does`)
  Logging.level = LogLevel.Silent
  limits.signal.throwIfAborted()
  const late = AbortSignal.timeout(limits.ms)
  const signal = AbortSignal.any([limits.signal, late])
  const { source, blocks, size, failure } = await openSource(original, { signal, bytes: limits.bytes })
  const reading = { size, isIndexed: formats === ISO, expect: (bytes: number) => blocks.expect(bytes) }
  const input = new Input({ source, formats: [...formats] })
  const stop = () => input.dispose()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (!(await input.canRead())) throw corrupt(format, 'its beginning is not that of one')
    await requireFirstFrame(input, format)
    return await use(input, reading)
  } catch (error) {
    limits.signal.throwIfAborted()
    if (late.aborted)
      throw new MediaError(failure.waitedMs > limits.ms / 2 ? 'SOURCE_TIMEOUT' : 'TRANSFORM_TIMEOUT')
    if (failure.reason !== undefined) throw failure.reason
    throw isMediaError(error) ? error : new MediaError('CORRUPT_MEDIA', undefined, { cause: error })
  } finally {
    signal.removeEventListener('abort', stop)
    input.dispose()
    await blocks.close()
  }
}

/** `failure` is what reading failed with, and how long it was waited for: the package wraps some errors, and takes others for the end of the file. */
async function openSource(original: Original, { signal, bytes }: Omit<ReadLimits, 'ms'>) {
  const failure: { reason?: unknown; waitedMs: number } = { waitedMs: 0 }
  const size = await sizeOf(original, bytes)
  const blocks = createBlockReader(original, size, bytes)
  const options: CustomSourceOptions = {
    getSize: () => size,
    async read(start, end) {
      const began = performance.now()
      try {
        signal.throwIfAborted()
        return await unlessAborted(blocks.read(start, end), signal)
      } catch (error) {
        failure.reason ??= error
        throw error
      } finally {
        failure.waitedMs += performance.now() - began
      }
    },
    maxCacheSize: CACHE_BYTES,
    handleUnhandledError: () => undefined,
  }
  return { source: patientSource(options, size, signal), blocks, size, failure }
}

/** Of one that does not say it, found out by reading it. */
async function sizeOf(original: Original, most: number): Promise<number> {
  if (original.size !== undefined) return original.size
  const { length } = await original.read({ start: 0, end: most + 1 })
  if (length > most) throw limitError('sourceBytes', length, most, 'SOURCE_TOO_LARGE')
  return length
}
