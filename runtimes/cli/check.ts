import { checkExposure, describeConfig, loadConfig } from '../../src/index.ts'
import { readDocument } from '../server/document.ts'
import { UsageError, type Command } from './command.ts'

export const check: Command = {
  summary: 'Validate a configuration and print it with every default, secrets masked',
  usage: '[CONFIG]',
  flags: {},
  async run({ words }) {
    if (words.length > 1) throw new UsageError('check: expected one configuration file at most')
    const config = loadConfig({ document: await readDocument(process.env, words[0]), env: process.env })
    checkExposure(config, config.host)
    process.stdout.write(`${JSON.stringify(describeConfig(config), undefined, 2)}\n`)
    return 0
  },
}
