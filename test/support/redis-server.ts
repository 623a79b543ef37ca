/** A real redis-server on a free port of the loopback, without persistence unless it is asked for, ended by `close`. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { freePort } from '../runtimes/ports.ts'

export interface RedisServer {
  readonly url: string
  /** SIGSTOP: it accepts and never answers. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

/** False where the Debian package redis-server is not installed. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0
}

/** What of its data is in a folder when it is killed: all of it, or what `SAVE` wrote. */
export interface RedisData {
  readonly folder: string
  readonly isLogged: boolean
}

/** @param port the one of an earlier server, to come back as that one, with its data where they were kept */
export async function startRedis(port?: number, data?: RedisData): Promise<RedisServer> {
  const chosen = port ?? (await freePort())
  const keeping = data
    ? ['--dir', data.folder, '--appendonly', data.isLogged ? 'yes' : 'no']
    : ['--appendonly', 'no']
  const words = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', ...keeping]
  const child = spawn('redis-server', words, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  await untilOpen(chosen)
  return {
    url: `redis://127.0.0.1:${chosen}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async close() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('redis-server does not listen')
}
