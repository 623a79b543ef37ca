/**
 * Single flight: equal work that is asked for at the same time is done once. Two forms of one interface, because a
 * runtime may forbid one request to await another's promise (workerd); there the others re-read the store.
 */

export interface Flight<T> {
  readonly key: string
  /** The caller's own signal: when it fires, only this caller leaves. */
  readonly signal: AbortSignal
  /** Does the work. Its signal fires when nobody waits for it any more. */
  make(signal: AbortSignal): Promise<T>
  /** Looks whether somebody else's work has left a result. Used where promises can't be shared. */
  reread(): Promise<T | undefined>
}

export interface Flights<T> {
  /** Rejects with what `make` threw, or with the caller's abort reason. `joined` = somebody else's work was used. */
  run(flight: Flight<T>): Promise<{ readonly value: T; readonly joined: boolean }>
}

interface Shared<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/** For runtimes whose requests may share promises. */
export function createSharedFlights<T>(): Flights<T> {
  const flying = new Map<string, Shared<T>>()

  function start(flight: Flight<T>): Shared<T> {
    const controller = new AbortController()
    const promise = flight.make(controller.signal)
    const shared: Shared<T> = { promise, controller, waiting: 0 }
    flying.set(flight.key, shared)
    const forget = () => {
      if (flying.get(flight.key) === shared) flying.delete(flight.key)
    }
    promise.then(forget, forget)
    return shared
  }

  return {
    async run(flight) {
      flight.signal.throwIfAborted()
      const known = flying.get(flight.key)
      const shared = known ?? start(flight)
      shared.waiting++
      try {
        return { value: await orAbort(shared.promise, flight.signal), joined: known !== undefined }
      } finally {
        shared.waiting--
        if (shared.waiting === 0 && flight.signal.aborted) {
          if (flying.get(flight.key) === shared) flying.delete(flight.key)
          shared.controller.abort(flight.signal.reason)
        }
      }
    },
  }
}

/** Work that takes longer than this, in ms, belongs to a request that the runtime has ended without a word. */
const PATIENCE_MS = 60_000

/** For runtimes whose requests must not share promises: the second caller polls until the first is done, then re-reads. */
export function createIsolatedFlights<T>(pollMs = 20, patienceMs = PATIENCE_MS): Flights<T> {
  const flying = new Set<string>()
  return {
    async run(flight) {
      let waitedMs = 0
      for (; flying.has(flight.key) && waitedMs < patienceMs; waitedMs += pollMs)
        await sleep(pollMs, flight.signal)
      const left = waitedMs > 0 ? await flight.reread() : undefined
      if (left !== undefined) return { value: left, joined: true }
      flight.signal.throwIfAborted()
      flying.add(flight.key)
      try {
        return { value: await flight.make(flight.signal), joined: false }
      } finally {
        flying.delete(flight.key)
      }
    },
  }
}

/** Settles with the promise, or rejects with the signal's reason, whichever comes first. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Waits `ms` milliseconds. @throws the signal's reason. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** A value built on first use; a failed attempt is forgotten, so that the next use tries again. */
export function createLazy<T>(build: () => Promise<T>, sharesPromises: boolean): () => Promise<T> {
  let built: { value: T } | undefined
  let building: Promise<T> | undefined
  async function run(): Promise<T> {
    const value = await build()
    built ??= { value }
    return built.value
  }
  return async () => {
    if (built) return built.value
    if (!sharesPromises) return run()
    building ??= run().finally(() => {
      building = undefined
    })
    return building
  }
}
