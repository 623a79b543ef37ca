/** What a command of `mediamorph` is, and how its arguments are read. */

export interface Flag {
  /** `<px>` and the like; absent for a flag without a value. */
  readonly value?: string
  readonly help: string
}

export interface Arguments {
  readonly words: readonly string[]
  readonly flags: Readonly<Record<string, string>>
}

export interface Command {
  readonly summary: string
  /** After `mediamorph NAME`. */
  readonly usage: string
  readonly flags: Readonly<Record<string, Flag>>
  /** Other flags that take a value, for example aliases. */
  accepts?(flag: string): boolean
  /** Resolves to the exit code. @throws UsageError, or any error with a message for the user */
  run(given: Arguments): Promise<number>
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const COMMON = new Set(['help'])

/**
 * `--name value`, `--name=value`, `--name`; everything else is a word, as is all that follows `--`.
 * @throws UsageError for a flag that the command does not know, with the nearest one it does
 */
export function parseArguments(argv: readonly string[], command: Command): Arguments {
  const words: string[] = []
  const flags: Record<string, string> = {}
  const rest = [...argv]
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (next === '--') words.push(...rest.splice(0))
    else if (next === '-h') flags['help'] = ''
    else if (next.startsWith('--')) readFlag(next.slice(2), rest, command, flags)
    else words.push(next)
  }
  return { words, flags }
}

function readFlag(text: string, rest: string[], command: Command, flags: Record<string, string>): void {
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  const row = Object.hasOwn(command.flags, name) ? command.flags[name] : undefined
  if (!row && !COMMON.has(name) && !command.accepts?.(name)) {
    throw new UsageError(`--${name}: no such option${hint(name, Object.keys(command.flags), '--')}`)
  }
  if (Object.hasOwn(flags, name)) throw new UsageError(`--${name}: given twice`)
  const takesValue = row ? row.value !== undefined : !COMMON.has(name)
  if (!takesValue && equals >= 0) throw new UsageError(`--${name}: takes no value`)
  const value = !takesValue ? '' : equals >= 0 ? text.slice(equals + 1) : rest.shift()
  if (value === undefined) throw new UsageError(`--${name}: expected ${row?.value ?? 'a value'} after it`)
  flags[name] = value
}

/** `, did you mean X?` when something known is near. */
export function hint(word: string, known: readonly string[], prefix = ''): string {
  const ranked = known.map((name) => ({ name, far: distance(word, name) })).toSorted((a, b) => a.far - b.far)
  const [best] = ranked
  return best && best.far <= Math.max(1, Math.ceil(word.length / 3))
    ? `, did you mean ${prefix}${best.name}?`
    : ''
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap))
    }
    row = next
  }
  return row[b.length] ?? 0
}
