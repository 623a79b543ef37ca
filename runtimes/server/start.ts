/** From a configuration to a running server and back: what `npm start` does, whatever the runtime. */
import process from 'node:process'
import { checkExposure, ConfigError, loadConfig, type Config, type Platform } from '../../src/index.ts'
import { bindMediamorph, type BoundMediamorph, type PeerOf } from './adapt.ts'
import { readDocument } from './document.ts'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** For how large and how slow requests may be, as far as the runtime can be told. */
  readonly limits: Config['limits']
  fetch: BoundMediamorph['fetch']
}

export interface Listening {
  readonly port: number
  /** Accepts nothing new; resolves when the last answer is out. */
  stop(): Promise<void>
}

export interface Service {
  fetch: BoundMediamorph['fetch']
  /** Takes no new work of its own. */
  drain?(): Promise<void>
  close(): Promise<void>
}

/** A runtime's way to listen. */
export interface Door {
  readonly platform: Pick<Platform, 'runtime' | 'version' | 'notes' | 'log'>
  /** @throws an error whose code is EADDRINUSE, EACCES or EADDRNOTAVAIL, or another */
  listen(options: ListenOptions): Promise<Listening>
}

export interface ServerDoor extends Door {
  readonly platform: Platform
  readonly peerOf: PeerOf
}

/** `--role` of a program that is started without our command line. */
function withRole<P extends Platform>(platform: P, argv: readonly string[]): P {
  const at = argv.findIndex((word) => word === '--role' || word.startsWith('--role='))
  if (at === -1) return platform
  const [, role = argv[at + 1] ?? ''] = (argv[at] as string).split('=', 2)
  return { ...platform, env: { ...platform.env, MEDIAMORPH_ROLE: role } }
}

/** Starts, or explains on stderr why not and exits with 1. */
export function start(door: ServerDoor, configPath?: string): Promise<void> {
  return orExit(async () => {
    const platform = configPath === undefined ? withRole(door.platform, process.argv.slice(2)) : door.platform
    const document = await readDocument(platform.env, configPath)
    const config = loadConfig({ document, env: platform.env })
    checkExposure(config, config.host)
    const media = bindMediamorph(document, platform, door.peerOf)
    await media.work()
    await run(door, config, media)
  })
}

/** Listens until a signal comes. @throws ConfigError when it cannot */
export async function run(door: Door, config: Config, service: Service): Promise<void> {
  const listening = await listen(door, config, service)
  door.platform.log(startLine(config, door.platform, listening.port))
  onStop(() => shutDown(listening, service, config.shutdown.graceMs))
}

export async function orExit(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    process.stderr.write(`${toComplaint(error)}\n`)
    process.exit(1)
  }
}

async function listen(door: Door, { host, port, limits }: Config, service: Service): Promise<Listening> {
  try {
    return await door.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port, limits, fetch: service.fetch })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = LISTEN_FAULTS[code]
    if (!reason) throw error
    throw new ConfigError([{ path: 'PORT', message: `${reason} (${host}, port ${port})` }])
  }
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there: set PORT to a free one',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address: check HOST',
}

/** One sentence for a person at a terminal, one JSON line for everything else. */
function startLine(config: Config, { runtime, version, notes }: Door['platform'], port: number): string {
  const host = config.host.includes(':') && !config.host.startsWith('[') ? `[${config.host}]` : config.host
  const address = `http://${host}:${port}/`
  const name = `${runtime} ${version}`.trim()
  const remarks = [
    ...notes,
    ...config.notes,
    ...(config.isDemo ? ['no configuration: serving the samples'] : []),
  ]
  if (process.stdout.isTTY)
    return `Mediamorph listens on ${address} (${config.role}, ${name}; ${remarks.join('; ')})`
  return JSON.stringify({
    time: new Date().toISOString(),
    level: 'info',
    message: 'listening',
    address,
    role: config.role,
    runtime: name,
    notes: remarks,
  })
}

/** npm and the terminal may both pass a signal on: only the first counts. */
function onStop(stop: () => Promise<void>): void {
  let stopping = false
  const once = () => {
    if (stopping) return
    stopping = true
    void stop().finally(() => process.exit(0))
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, once)
}

async function shutDown(listening: Listening, service: Service, graceMs: number): Promise<void> {
  const graceful = Promise.all([listening.stop(), service.drain?.()]).then(() => service.close())
  const patience = new Promise<void>((resolve) => setTimeout(resolve, graceMs))
  await Promise.race([graceful.catch(() => undefined), patience])
}

function toComplaint(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  return `Cannot start: ${error instanceof Error ? error.message : String(error)}`
}
