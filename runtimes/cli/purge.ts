import { createMediamorph, type PurgeTarget } from '../../src/index.ts'
import { readDocument } from '../server/document.ts'
import { openNodePlatform } from '../server/node-door.ts'
import { UsageError, type Arguments, type Command } from './command.ts'

export const purge: Command = {
  summary: 'Forget stored renditions; running servers follow within seconds',
  usage: '(--path PATH | --tag TAG | --origin NAME | --all) [--config CONFIG]',
  flags: {
    path: { value: '<path>', help: 'Everything made of the original at this path' },
    tag: { value: '<tag>', help: 'Everything that carries this cache tag' },
    origin: { value: '<name>', help: 'Everything of this origin' },
    all: { help: 'Everything' },
    config: { value: '<file>', help: 'Configuration; default MEDIAMORPH_CONFIG' },
  },
  async run({ words, flags }) {
    if (words.length > 0) throw new UsageError(`purge: unexpected ${words[0]}`)
    const target = toTarget(flags)
    const document = await readDocument(process.env, flags['config'])
    const media = createMediamorph(document, openNodePlatform())
    try {
      const count = await media.purge(target)
      process.stdout.write(`Forgot ${count} ${count === 1 ? 'plan' : 'plans'}\n`)
    } finally {
      await media.close()
    }
    return 0
  },
}

function toTarget(flags: Arguments['flags']): PurgeTarget {
  const targets: PurgeTarget[] = []
  if (flags['path'] !== undefined) targets.push({ path: flags['path'] })
  if (flags['tag'] !== undefined) targets.push({ tag: flags['tag'] })
  if (flags['origin'] !== undefined) targets.push({ origin: flags['origin'] })
  if (flags['all'] !== undefined) targets.push({ everything: true })
  const [only] = targets
  if (!only || targets.length > 1)
    throw new UsageError('purge: expected exactly one of --path, --tag, --origin, --all')
  return only
}
