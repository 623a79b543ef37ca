/** What makes Node a runtime of ours: shared by the door and the command line. */
import type { Server } from 'node:http'
import { availableParallelism } from 'node:os'
import { createAdaptorServer } from '@hono/node-server'
import type { Platform } from '../../src/index.ts'
import { isRecord, type PeerOf } from './adapt.ts'
import { createServerPlatform } from './platform.ts'
import type { Door, Listening, ListenOptions, ServerDoor } from './start.ts'

export function openNodePlatform(): Platform {
  const version = process.versions.node
  const cpus = availableParallelism()
  return createServerPlatform({ runtime: 'node', version, cpus, env: process.env, terminateStops: true })
}

export const nodePeerOf: PeerOf = ({ incoming }) => {
  const socket = isRecord(incoming) ? incoming['socket'] : undefined
  const address = isRecord(socket) ? socket['remoteAddress'] : undefined
  return typeof address === 'string' ? address : undefined
}

/** Milliseconds without a byte in either direction, work included: what Bun can do at most. */
const IDLE_MS = 255_000
/** Beyond our own limits, so that whoever passes those a little hears it from us. */
const SPARE_HEAD_BYTES = 8192

interface NodeOptions {
  /** The process is ours alone: its Response may become one that hands its bytes over without a stream. */
  readonly overrideGlobalObjects: boolean
}

async function listenWith(
  { overrideGlobalObjects }: NodeOptions,
  { host, port, limits, fetch }: ListenOptions,
): Promise<Listening> {
  const headersTimeout = Math.min(limits.headersMs, limits.requestMs)
  const server = createAdaptorServer({
    fetch: (request, env) => fetch(request, env),
    overrideGlobalObjects,
    serverOptions: {
      headersTimeout,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeout / 4),
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.urlBytes + limits.headerBytes + SPARE_HEAD_BYTES,
    },
  }) as Server
  server.timeout = IDLE_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: () => stopServer(server),
  }
}

export const listenOnNode: Door['listen'] = (options) => listenWith({ overrideGlobalObjects: false }, options)

export function openNodeDoor(): ServerDoor {
  return {
    platform: openNodePlatform(),
    peerOf: nodePeerOf,
    listen: (options) => listenWith({ overrideGlobalObjects: true }, options),
  }
}

/** `close` ends the connections that are idle now; those that become so later would keep it waiting for seconds. */
async function stopServer(server: Server): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearInterval(sweep)
}
