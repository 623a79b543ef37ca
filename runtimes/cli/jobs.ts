import { openJobsApi, type JobFacts, type JobsApi } from './jobs-api.ts'
import { hint, UsageError, type Arguments, type Command } from './command.ts'
import { printable } from './progress.ts'
import { watchJobs } from './watch.ts'

interface Action {
  /** Least and most ids. */
  readonly ids: readonly [least: number, most: number]
  run(api: JobsApi, given: Arguments, ids: readonly string[]): Promise<number>
}

/** Flags that are questions of the list. */
const FILTERS = ['status', 'type', 'hash', 'source', 'after', 'limit']
const MOST_WATCHED = 100

const ACTIONS: Readonly<Record<string, Action>> = {
  list: {
    ids: [0, 0],
    async run(api, { flags }) {
      const page = await listed(api, flags)
      if (isJson(flags)) return print(JSON.stringify(page))
      const { jobs, next } = page
      if (jobs.length === 0) return print('No jobs')
      print([HEAD, ...jobs.map(rowOf)].map(inColumns).join('\n'))
      return next === null ? 0 : print(`More: --after ${next}`)
    },
  },
  show: {
    ids: [1, 1],
    async run(api, { flags }, [id]) {
      const job = (await api.ask(pathOf(id))) as Record<string, unknown>
      return print(isJson(flags) ? JSON.stringify(job) : described(job))
    },
  },
  retry: {
    ids: [1, 1],
    async run(api, { flags }, [id]) {
      const answer = (await api.ask(`${pathOf(id)}/retry`, 'POST')) as { jobs: JobFacts[] }
      return print(isJson(flags) ? JSON.stringify(answer) : answer.jobs.map((job) => job.job_id).join('\n'))
    },
  },
  cancel: {
    ids: [1, 1],
    async run(api, { flags }, [id]) {
      const job = (await api.ask(`${pathOf(id)}/cancel`, 'POST')) as JobFacts
      return print(isJson(flags) ? JSON.stringify(job) : `${job.job_id} ${job.status}`)
    },
  },
  redeliver: {
    ids: [1, 1],
    async run(api, { flags }, [id]) {
      const job = (await api.ask(`${pathOf(id)}/redeliver`, 'POST')) as JobFacts
      return print(
        isJson(flags) ? JSON.stringify(job) : `${job.job_id} ${job.status}, its webhooks are called again`,
      )
    },
  },
  watch: {
    ids: [0, MOST_WATCHED],
    async run(api, { flags }, ids) {
      const jobs =
        ids.length === 0
          ? await underWay(api)
          : await Promise.all(ids.map(async (id) => (await api.ask(pathOf(id))) as JobFacts))
      if (jobs.length === 0) return print('No jobs are under way')
      return (await watchJobs(jobs, { api, out: process.stdout, asJson: isJson(flags) })) ? 0 : 1
    },
  },
}

export const jobs: Command = {
  summary: 'See what jobs there are and how far they are, try them again, call them off',
  usage: '(list | show ID | retry ID | cancel ID | redeliver ID | watch [ID …]) [--url URL] [--json]',
  flags: {
    url: {
      value: '<url>',
      help: 'Service that is asked, with MEDIAMORPH_API_KEY; wins over MEDIAMORPH_URL. Without both, the configured database',
    },
    config: { value: '<file>', help: 'Configuration whose database it is; default MEDIAMORPH_CONFIG' },
    json: { help: 'Answers as JSON; of watch one event a line' },
    status: { value: '<status>', help: 'list: queued, processing, completed, failed or cancelled' },
    type: { value: '<type>', help: 'list: of this type' },
    hash: { value: '<hash>', help: 'list: of the original with this SHA-256' },
    source: { value: '<path>', help: 'list: of the original at this path' },
    limit: { value: '<n>', help: 'list: so many, at most 200. Default 50' },
    after: { value: '<id>', help: 'list: those that follow this one' },
  },
  async run(given) {
    const [name = '', ...ids] = given.words
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
    const names = Object.keys(ACTIONS)
    if (!action)
      throw new UsageError(
        `jobs: expected ${names.join(', ')}${name ? `, got ${name}${hint(name, names)}` : ''}`,
      )
    const [least, most] = action.ids
    if (ids.length < least) throw new UsageError(`jobs ${name}: expected the id of a job`)
    if (ids.length > most) throw new UsageError(`jobs ${name}: unexpected ${ids[most]}`)
    const unused = FILTERS.find((flag) => name !== 'list' && given.flags[flag] !== undefined)
    if (unused) throw new UsageError(`jobs ${name}: --${unused} is for list`)
    const { url = process.env['MEDIAMORPH_URL'], config } = given.flags
    const api = await openJobsApi({ url: url || undefined, config, env: process.env })
    try {
      return await action.run(api, given, ids)
    } finally {
      await api.close()
    }
  },
}

const isJson = (flags: Arguments['flags']) => flags['json'] !== undefined
const pathOf = (id = '') => `/api/jobs/${encodeURIComponent(id)}`

interface Page {
  readonly jobs: readonly JobFacts[]
  readonly next: string | null
}

async function listed(api: JobsApi, flags: Arguments['flags']): Promise<Page> {
  const query = new URLSearchParams(
    FILTERS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  )
  return (await api.ask(`/api/jobs?${query}`)) as Page
}

/** Oldest first, as they are worked on. */
async function underWay(api: JobsApi): Promise<JobFacts[]> {
  const limit = String(MOST_WATCHED)
  const pages = await Promise.all(['processing', 'queued'].map((status) => listed(api, { status, limit })))
  return pages.flatMap((page) => page.jobs.toReversed()).slice(0, MOST_WATCHED)
}

const HEAD = ['ID', 'TYPE', 'STATUS', 'DONE', 'CREATED', 'SOURCE']
const WIDTHS = [36, 15, 10, 4, 24, 0]

function rowOf(job: JobFacts & { readonly created_at?: string }): string[] {
  return [job.job_id, job.type, job.status, `${job.progress}%`, job.created_at ?? '', job.source]
}

function inColumns(cells: readonly string[]): string {
  return cells.map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0)).join('  ')
}

function described(job: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(job).filter(([, value]) => value !== null && value !== undefined)
  const widest = Math.max(...known.map(([name]) => name.length))
  return known
    .map(([name, value]) => {
      const text = typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value)
      return `${name.padEnd(widest)}  ${text.replaceAll('\n', `\n${' '.repeat(widest + 2)}`)}`
    })
    .join('\n')
}

function print(text: string): 0 {
  process.stdout.write(`${printable(text)}\n`)
  return 0
}
