/** Mediamorph on Deno. Imported, the service bound to this runtime; started, a server. */
import type { ConfigInput } from '../src/index.ts'
import { bindMediamorph, isRecord, type BoundMediamorph, type PeerOf } from './server/adapt.ts'
import { createServerPlatform } from './server/platform.ts'
import { start, type Door } from './server/start.ts'

export * from '../src/index.ts'
export type { BoundMediamorph }

function openPlatform() {
  const { hardwareConcurrency: cpus } = navigator
  const version = Deno.version.deno
  const env = Deno.env.toObject()
  return createServerPlatform({ runtime: 'deno', version, cpus, env, terminateStops: false })
}

const peerOf: PeerOf = ({ remoteAddr }) =>
  isRecord(remoteAddr) && typeof remoteAddr['hostname'] === 'string' ? remoteAddr['hostname'] : undefined

/** @see createMediamorph in `src/index.ts`; `fetch` takes Deno's arguments, or those of a framework's mount */
export function createMediamorph(config?: ConfigInput): BoundMediamorph {
  return bindMediamorph(config, openPlatform(), peerOf)
}

const listen: Door['listen'] = async ({ host, port, fetch }) => {
  const serve = () =>
    Deno.serve({ hostname: host, port, onListen: () => undefined }, (request, info) => fetch(request, info))
  const server = named(serve)
  return { port: server.addr.port, stop: () => server.shutdown() }
}

/** Deno's own errors carry a class where Node's carry a code. */
function named<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    const code =
      error instanceof Deno.errors.AddrInUse
        ? 'EADDRINUSE'
        : error instanceof Deno.errors.AddrNotAvailable
          ? 'EADDRNOTAVAIL'
          : error instanceof Deno.errors.PermissionDenied
            ? 'EACCES'
            : undefined
    throw code === undefined ? error : Object.assign(new Error('Cannot listen', { cause: error }), { code })
  }
}

if (import.meta.main) void start({ platform: openPlatform(), peerOf, listen })
