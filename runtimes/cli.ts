#!/usr/bin/env node
/** The `mediamorph` command. */
import { check } from './cli/check.ts'
import { hint, parseArguments, UsageError, type Command } from './cli/command.ts'
import { jobs } from './cli/jobs.ts'
import { purge } from './cli/purge.ts'
import { serve, worker } from './cli/serve.ts'
import { sign } from './cli/sign.ts'
import { transform } from './cli/transform.ts'

/** Put in by the build. */
declare const MEDIAMORPH_VERSION: string

const COMMANDS: Readonly<Record<string, Command>> = { serve, worker, check, sign, transform, purge, jobs }

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  return [
    'Usage: mediamorph COMMAND [OPTIONS]',
    '',
    ...rows,
    '',
    'mediamorph COMMAND --help says more; mediamorph --version says which this is.',
  ].join('\n')
}

function helpFor(name: string, { summary, usage, flags }: Command): string {
  const rows = Object.entries(flags).map(
    ([flag, { value = '', help }]) => `  ${`--${flag} ${value}`.trim().padEnd(26)} ${help}`,
  )
  return [
    `${summary}.`,
    '',
    `Usage: mediamorph ${name} ${usage}`,
    ...(rows.length > 0 ? ['', ...rows] : []),
  ].join('\n')
}

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    say(overview())
    return name === undefined ? 2 : 0
  }
  if (name === '--version') {
    say(MEDIAMORPH_VERSION)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new UsageError(`${name}: no such command${hint(name, Object.keys(COMMANDS))}`)
  const given = parseArguments(rest, command)
  if (given.flags['help'] === undefined) return command.run(given)
  say(helpFor(name, command))
  return 0
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isUsage = error instanceof UsageError
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  if (isUsage) process.stderr.write('mediamorph --help lists the commands\n')
  process.exitCode = isUsage ? 2 : 1
}
