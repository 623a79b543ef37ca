/** Mediamorph on Bun. Imported, the service bound to this runtime; started, a server. */
import { availableParallelism } from 'node:os'
import type { ConfigInput } from '../src/index.ts'
import { bindMediamorph, isRecord, type BoundMediamorph, type PeerOf } from './server/adapt.ts'
import { createServerPlatform } from './server/platform.ts'
import { start, type Door } from './server/start.ts'

export * from '../src/index.ts'
export type { BoundMediamorph }

/** The part of Bun's global that is used here. */
interface BunServer {
  readonly port: number
  /** Seconds that the request's connection may be idle from now on. */
  timeout(request: Request, seconds: number): void
  stop(): Promise<void>
}
declare const Bun: {
  readonly version: string
  serve(options: {
    hostname: string
    port: number
    idleTimeout: number
    maxRequestBodySize: number
    fetch(request: Request, server: BunServer): Promise<Response>
  }): BunServer
}

function openPlatform() {
  const env = process.env
  const cpus = availableParallelism()
  return createServerPlatform({ runtime: 'bun', version: Bun.version, cpus, env, terminateStops: false })
}

const peerOf: PeerOf = (server, request) => {
  if (typeof server['requestIP'] !== 'function') return undefined
  const peer: unknown = server['requestIP'](request)
  return isRecord(peer) && typeof peer['address'] === 'string' ? peer['address'] : undefined
}

/** @see createMediamorph in `src/index.ts`; `fetch` takes Bun's arguments, or those of a framework's mount */
export function createMediamorph(config?: ConfigInput): BoundMediamorph {
  return bindMediamorph(config, openPlatform(), peerOf)
}

/** Seconds without a byte, work included; Bun's 10 would end a transformation that is still running. */
const IDLE_SECONDS = 255

const listen: Door['listen'] = async ({ host, port, limits, fetch }) => {
  const keepAliveSeconds = Math.ceil(limits.keepAliveMs / 1000)
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: IDLE_SECONDS,
    maxRequestBodySize: limits.bodyBytes,
    async fetch(request, native) {
      native.timeout(request, IDLE_SECONDS)
      try {
        return await fetch(request, native)
      } finally {
        // From here on the client is to read the answer, or to send the head of another request.
        native.timeout(request, keepAliveSeconds)
      }
    },
  })
  return { port: server.port, stop: () => server.stop() }
}

if (import.meta.main) void start({ platform: openPlatform(), peerOf, listen })
