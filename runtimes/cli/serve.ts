import { openNodeDoor } from '../server/node-door.ts'
import { start } from '../server/start.ts'
import { UsageError, type Arguments, type Command, type Flag } from './command.ts'

const LISTENING: Readonly<Record<string, Flag>> = {
  host: { value: '<address>', help: 'Address to listen on; wins over HOST. Default 127.0.0.1' },
  port: { value: '<port>', help: 'Port to listen on, 0 for any free one; wins over PORT. Default 3000' },
}

async function listen(name: string, { words, flags }: Arguments, role = flags['role']): Promise<never> {
  if (words.length > 1) throw new UsageError(`${name}: expected one configuration file at most`)
  const set = { HOST: flags['host'], PORT: flags['port'], MEDIAMORPH_ROLE: role }
  for (const [variable, value] of Object.entries(set)) if (value !== undefined) process.env[variable] = value
  await start(openNodeDoor(), words[0])
  // The server lives on until a signal ends it.
  return new Promise<never>(() => undefined)
}

export const serve: Command = {
  summary: 'Serve the media of a configuration, or the samples without one',
  usage: '[CONFIG] [--host ADDRESS] [--port PORT] [--role ROLE]',
  flags: {
    ...LISTENING,
    role: {
      value: '<role>',
      help: '`server` answers requests, `worker` works on jobs, `all` does both; wins over MEDIAMORPH_ROLE. Default all',
    },
  },
  run: (given) => listen('serve', given),
}

export const worker: Command = {
  summary: 'Work on the jobs of a configuration; serves health alone',
  usage: '[CONFIG] [--host ADDRESS] [--port PORT]',
  flags: LISTENING,
  run: (given) => listen('worker', given, 'worker'),
}
