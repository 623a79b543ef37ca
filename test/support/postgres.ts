/** A real PostgreSQL of Debian on a free port of the loopback, in a folder of its own, gone with `close`. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../runtimes/ports.ts'

export interface PostgresServer {
  /** Of an empty place: a schema that nothing else is in. */
  newPlace(): string
  /** SIGSTOP to every process of it: it accepts and never answers. */
  freeze(): void
  thaw(): void
  /** All of it ends at this moment, as when the machine fails, but for the disk. */
  crash(): Promise<void>
  /** After a crash: the same place and port. */
  restart(): Promise<void>
  close(): Promise<void>
}

const VERSIONS = '/usr/lib/postgresql'
const USER = 'mediamorph'

/** Folder of the programs of the newest version; undefined where the Debian package postgresql is not installed. */
function programs(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : []
  return versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(VERSIONS, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

export function hasPostgres(): boolean {
  return programs() !== undefined
}

/** It refuses to run as root: then as the user of its package, or as nobody. */
function asUser(): { readonly words: readonly string[]; readonly id: number | undefined } {
  if (process.getuid?.() !== 0) return { words: [], id: undefined }
  const name = spawnSync('id', ['-u', 'postgres']).status === 0 ? 'postgres' : 'nobody'
  const id = (flag: string) => execFileSync('id', [flag, name], { encoding: 'utf8' }).trim()
  const words = ['setpriv', `--reuid=${id('-u')}`, `--regid=${id('-g')}`, '--clear-groups']
  return { words, id: Number(id('-u')) }
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-postgres-'))
  const { words, id } = asUser()
  if (id !== undefined) await chown(folder, id, -1)
  const data = join(folder, 'data')
  const program = (name: string, ...rest: string[]): [string, ...string[]] => {
    const [first, ...others] = [...words, join(programs() ?? '', name), ...rest]
    return [first as string, ...others]
  }
  const [initdb, ...settings] = program(
    'initdb',
    '-D',
    data,
    '-U',
    USER,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
  )
  execFileSync(initdb, [...settings, '--locale=C.UTF-8', '--no-instructions'], {
    cwd: folder,
    stdio: 'ignore',
  })
  const port = await freePort()
  const options = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    // Processes die here, machines do not.
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '90',
    deadlock_timeout: '50ms',
    shared_buffers: '32MB',
  }
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let child: ChildProcess

  async function start(): Promise<void> {
    const [server, ...rest] = program('postgres', '-D', data, '-p', String(port), ...flags)
    child = spawn(server, rest, { cwd: folder, stdio: 'ignore' })
    for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
      const [isReady, ...words] = program('pg_isready', '-q', '-h', '127.0.0.1', '-p', String(port))
      if (spawnSync(isReady, words).status === 0) return
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    throw new Error('PostgreSQL does not start')
  }
  async function crash(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    // Of a PostgreSQL the immediate shutdown: nothing is written any more, and no process is left behind.
    child.kill('SIGQUIT')
    child.kill('SIGCONT')
    await exited
  }
  const signalAll = (name: NodeJS.Signals) => {
    for (const id of familyOf(child.pid!)) {
      try {
        process.kill(id, name)
      } catch {
        // A connection that has ended since.
      }
    }
  }

  let places = 0
  await start()
  return {
    newPlace() {
      const schema = `place_${places++}`
      const [psql, ...rest] = program('psql', '-h', folder, '-p', String(port), '-U', USER, 'postgres')
      execFileSync(psql, [...rest, '-qc', `create schema ${schema}`], { cwd: folder })
      return `postgres://${USER}@127.0.0.1:${port}/postgres?options=-csearch_path%3D${schema}`
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    crash,
    restart: start,
    async close() {
      signalAll('SIGCONT')
      await crash()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** It and its children; each of them has a group of its own. */
function familyOf(parent: number): number[] {
  const children = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
    } catch {
      return false
    }
  })
  return [parent, ...children.map(Number)]
}
