import { openNodeDoor } from '../server/node-door.ts'
import { start } from '../server/start.ts'
import { UsageError, type Command } from './command.ts'

export const serve: Command = {
  summary: 'Serve the media of a configuration, or the samples without one',
  usage: '[CONFIG] [--host ADDRESS] [--port PORT]',
  flags: {
    host: { value: '<address>', help: 'Address to listen on; wins over HOST. Default 127.0.0.1' },
    port: { value: '<port>', help: 'Port to listen on, 0 for any free one; wins over PORT. Default 3000' },
  },
  async run({ words, flags }) {
    if (words.length > 1) throw new UsageError('serve: expected one configuration file at most')
    if (flags['host'] !== undefined) process.env['HOST'] = flags['host']
    if (flags['port'] !== undefined) process.env['PORT'] = flags['port']
    await start(openNodeDoor(), words[0])
    // The server lives on until a signal ends it.
    return new Promise<never>(() => undefined)
  },
}
