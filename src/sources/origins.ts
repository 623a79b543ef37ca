/** Every origin's sources, tried in the order of the configuration until one has the original. */
import { ERRORS, MediaError, isMediaError, type ErrorCode } from '../error.ts'
import { createLazy } from '../lib/once.ts'
import type { SafeFetch } from '../lib/safe-fetch.ts'
import type { Original } from '../media/original.ts'
import type { SourceRef } from '../plan/plan.ts'
import type { Driver } from '../platform.ts'
import { createAddressSource } from './address.ts'
import { createHttpSource } from './http.ts'
import { createS3Source } from './s3.ts'
import type { SourceSettings } from './settings.ts'
import type { OpenRequest, Source } from './source.ts'
import { createStorageSource } from './storage.ts'

export interface OriginsDeps {
  readonly safeFetch: SafeFetch
  /** Opens a mount for reading; called at first use, once for each mount. */
  openDriver(mount: string): Driver | Promise<Driver>
}

export interface OriginSources {
  readonly name: string
  readonly sources: ReadonlyArray<SourceSettings | AddressSourceSettings>
}

/** Originals by an address that the request gives. */
export interface AddressSourceSettings {
  readonly type: 'address'
  /** Name of the capture that holds the address. */
  readonly capture: string
}

export interface Origins {
  /**
   * @throws NO_MATCHING_ORIGIN; NOT_FOUND or GONE when no source has it; the code of the sources that failed, else
   * SOURCE_FAILED, with details `{ origin, errors: [{ source, type, code }] }`; INVALID_PATH, ADDRESS_REFUSED and the
   * signal's reason at once
   */
  open(ref: SourceRef, signal: AbortSignal): Promise<Original>
  /** True when the original still is the version that `validator` names. Costs one conditional request. @throws as `open` */
  check(ref: SourceRef, validator: string, signal: AbortSignal): Promise<boolean>
  /** Origins with a source that failed when it was last asked, and how. Asks nobody. */
  failing(): ReadonlyMap<string, string>
  close(): Promise<void>
}

/** What makes us try the next source. */
const FALLS_THROUGH: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'GONE',
  'SOURCE_FAILED',
  'SOURCE_TIMEOUT',
  'SOURCE_CHANGED',
  'NOT_SUPPORTED_HERE',
])

/** Failures of the source, not of one original. */
const IS_DOWN: ReadonlySet<ErrorCode> = new Set(['SOURCE_FAILED', 'SOURCE_TIMEOUT'])

export function createOrigins(origins: readonly OriginSources[], deps: OriginsDeps): Origins {
  const mounts = createMounts(deps)
  const sourcesOf = new Map(
    origins.map(({ name, sources }) => [
      name,
      sources.map((source) => createSource(source, deps, mounts.open)),
    ]),
  )

  const failing = new Map<string, Map<number, string>>()
  /** Of a source that says what it has, or that it has nothing, nothing is wrong. */
  function note(origin: string, index: number, type: string, error?: MediaError): void {
    const those = failing.get(origin) ?? new Map<number, string>()
    if (error && IS_DOWN.has(error.code)) those.set(index, `source ${index + 1} (${type}): ${error.code}`)
    else those.delete(index)
    if (those.size > 0) failing.set(origin, those)
    else failing.delete(origin)
  }

  async function tryEach<T>(
    ref: SourceRef,
    signal: AbortSignal,
    attempt: (source: Source, request: OpenRequest) => Promise<T>,
  ): Promise<T> {
    const request = { captures: ref.captures, signal }
    const failures: Failure[] = []
    for (const [index, source] of (sourcesOf.get(ref.origin) ?? []).entries()) {
      signal.throwIfAborted()
      try {
        const result = await attempt(source, request)
        note(ref.origin, index, source.type)
        return result
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (!isMediaError(error) || !FALLS_THROUGH.has(error.code)) throw error
        note(ref.origin, index, source.type, error)
        failures.push({ type: source.type, error })
      }
    }
    throw toOneError(ref.origin, failures)
  }

  return {
    open: (ref, signal) => tryEach(ref, signal, (source, request) => source.open(request)),
    check: (ref, validator, signal) =>
      tryEach(ref, signal, async (source, request) => {
        if (source.check) return source.check(request, validator)
        const original = await source.open(request)
        await original.close()
        return original.validator.text === validator
      }),
    failing: () => new Map([...failing].map(([origin, those]) => [origin, [...those.values()].join(', ')])),
    close: mounts.close,
  }
}

function createSource(
  settings: SourceSettings | AddressSourceSettings,
  deps: OriginsDeps,
  open: (mount: string) => Promise<Driver>,
): Source {
  if (settings.type === 'storage') return createStorageSource(settings, () => open(settings.mount))
  if (settings.type === 'http') return createHttpSource(settings, deps.safeFetch)
  if (settings.type === 'address') return createAddressSource(settings, deps.safeFetch)
  return createS3Source(settings, deps.safeFetch)
}

/** One driver for each mount, opened when it is first needed; a failed attempt is made again. */
function createMounts({ openDriver }: OriginsDeps) {
  const opened = new Map<string, () => Promise<Driver>>()
  const drivers = new Set<Driver>()

  return {
    open(mount: string): Promise<Driver> {
      const known = opened.get(mount)
      if (known) return known()
      const lazy = createLazy(async () => {
        const driver = await openDriver(mount)
        drivers.add(driver)
        return driver
      }, false)
      opened.set(mount, lazy)
      return lazy()
    },
    async close(): Promise<void> {
      const open = [...drivers]
      drivers.clear()
      opened.clear()
      await Promise.all(open.map((driver) => driver.dispose?.()))
    },
  }
}

interface Failure {
  readonly type: string
  readonly error: MediaError
}

function toOneError(origin: string, failures: readonly Failure[]): MediaError {
  const [first] = failures
  if (!first) return new MediaError('NO_MATCHING_ORIGIN')
  const codes = failures.map(({ error }) => error.code)
  if (codes.every((code) => code === 'GONE')) return new MediaError('GONE')
  if (codes.every(isAbsent)) return new MediaError('NOT_FOUND')
  const failed = failures.filter(({ error }) => !isAbsent(error.code))
  const same = failed.every(({ error }) => error.code === failed[0]?.error.code)
  const code = same ? (failed[0]?.error.code ?? 'SOURCE_FAILED') : 'SOURCE_FAILED'
  const message = failed.length === 1 ? failed[0]?.error.message : ERRORS[code].message
  const errors = failures.map(({ type, error }, index) => ({ source: index + 1, type, code: error.code }))
  const waits = failed.flatMap(({ error }) => error.retryAfter ?? [])
  return new MediaError(code, message, {
    details: { origin, errors },
    cause: failed.length === 1 ? failed[0]?.error : new AggregateError(failed.map(({ error }) => error)),
    ...(waits.length > 0 ? { retryAfter: Math.min(...waits) } : {}),
  })
}

function isAbsent(code: ErrorCode): boolean {
  return code === 'NOT_FOUND' || code === 'GONE'
}
