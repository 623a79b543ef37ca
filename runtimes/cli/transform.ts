/** The engine without a server: the same line from address to bytes, over the folder that a file lies in. */
import { stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { createMediamorph, paramByWord, paramFields } from '../../src/index.ts'
import { openNodePlatform } from '../server/node-door.ts'
import { UsageError, type Arguments, type Command } from './command.ts'
import { createProgress } from './progress.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.webp': 'webp',
  '.avif': 'avif',
}
const TYPES: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'image/avif': '.avif',
}

interface Job {
  readonly input: string
  /** A file, or undefined: a name in `folder` after what comes out. */
  readonly output: string | undefined
  readonly folder: string
}

export const transform: Command = {
  summary: 'Transform files with any parameter of an address, without a server',
  usage: 'IN OUT [--PARAMETER VALUE …]   or   IN IN … FOLDER [--PARAMETER VALUE …]',
  flags: Object.fromEntries(
    paramFields().map(({ name, help, example }) => [name, { value: `<${example || name}>`, help }]),
  ),
  accepts: (flag) => paramByWord(flag) !== undefined,
  async run({ words, flags }) {
    const jobs = await toJobs(words)
    checkFormats(jobs, flags)
    const progress = createProgress(jobs.length, process.stderr)
    let failed = 0
    for (const job of jobs) {
      const fault = await attempt(job, flags)
      progress.advance(basename(job.input))
      if (fault === undefined) continue
      failed++
      process.stderr.write(`${jobs.length > 1 ? '\n' : ''}${job.input}: ${fault}\n`)
    }
    progress.end()
    return failed > 0 ? 1 : 0
  },
}

async function toJobs(words: readonly string[]): Promise<Job[]> {
  const inputs = words.slice(0, -1)
  const last = words.at(-1)
  if (last === undefined || inputs.length === 0) throw new UsageError('transform: expected IN and OUT')
  const isFolder = last.endsWith('/') || (await stat(last).catch(() => undefined))?.isDirectory() === true
  if (inputs.length > 1 && !isFolder)
    throw new UsageError(`transform: several files need a folder, ${last} is none`)
  return inputs.map((input) => ({
    input,
    output: isFolder ? undefined : last,
    folder: isFolder ? last : '.',
  }))
}

/** Before any work: a name that says no format is a mistake in the command line. */
function checkFormats(jobs: readonly Job[], flags: Arguments['flags']): void {
  if (isFormatGiven(flags)) return
  for (const { output } of jobs) if (output !== undefined) formatOf(output)
}

/** What went wrong, or undefined. */
async function attempt(job: Job, flags: Arguments['flags']): Promise<string | undefined> {
  const media = createMediamorph(configFor(job.input), quietPlatform())
  try {
    const response = await media.fetch(new Request(addressOf(job, flags)))
    if (!response.ok) return await reasonOf(response)
    const type = response.headers.get('content-type') ?? ''
    await writeFile(job.output ?? nameFor(job, type), new Uint8Array(await response.arrayBuffer()))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await media.close()
  }
}

/** Failures are told on stderr, in words. */
function quietPlatform(): ReturnType<typeof openNodePlatform> {
  return { ...openNodePlatform(), env: { LOG_LEVEL: 'silent' } }
}

function configFor(input: string): Parameters<typeof createMediamorph>[0] {
  return {
    origins: [
      {
        name: 'files',
        match: '^/files/(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount: `fs:${dirname(resolve(input))}`, key: '${key}' }],
      },
    ],
    storage: { cache: 'memory:' },
    database: 'sqlite::memory:',
    // There is nobody to come back later.
    inline: { bytes: Number.MAX_SAFE_INTEGER, seconds: 86_400 },
  }
}

function addressOf({ input, output }: Job, flags: Arguments['flags']): string {
  const url = new URL(`http://localhost/files/${encodeURIComponent(basename(input))}`)
  for (const [name, value] of Object.entries(flags)) url.searchParams.set(name, value)
  if (output !== undefined && !isFormatGiven(flags)) url.searchParams.set('format', formatOf(output))
  return url.href
}

function isFormatGiven(flags: Arguments['flags']): boolean {
  return Object.keys(flags).some((name) => paramByWord(name) === 'format')
}

function formatOf(output: string): string {
  const format = EXTENSIONS[extname(output).toLowerCase()]
  if (format === undefined)
    throw new UsageError(`${output}: no format is known by this extension, name one with --format`)
  return format
}

function nameFor({ input, folder }: Job, type: string): string {
  return join(folder, basename(input, extname(input)) + (TYPES[type] ?? extname(input)))
}

async function reasonOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string; message: string; details?: unknown } }
  const details = error.details === undefined ? '' : ` ${JSON.stringify(error.details)}`
  return `${error.message} (${error.code})${details}`
}
