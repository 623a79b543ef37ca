/** What must be true of every job that was accepted, when nothing is killed any more. */
import { faultOf } from './answer.ts'
import { askApi, type Accepted, type JobView, type Ledger } from './ledger.ts'
import type { Heard } from './receiver.ts'
import { sleep, type Service } from './service.ts'

export interface Reckoning {
  readonly faults: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

/** A webhook whose caller was killed is called again after its lease; after that, five calls at most. */
const PATIENCE_MS = 90_000
/** What its workers were killed at too often ends so, and that is the truth. */
const STALLED = 'JOB_STALLED'

export async function reckon(
  ledger: Ledger,
  heard: readonly Heard[],
  server: () => Service,
): Promise<Reckoning> {
  const promised = new Set(ledger.accepted.map(({ job }) => job))
  const jobs = await untilOver(promised, heard, server)
  const calls = [...heard]
  // One that nobody was promised, and that was over before it was looked for.
  for (const { body } of calls)
    if (!jobs.has(body.job_id)) {
      const answer = await askApi(server(), `/${body.job_id}`)
      if (answer.status === 200) jobs.set(body.job_id, (await answer.json()) as JobView)
    }
  const ids = new Set([...promised, ...jobs.keys()])
  const faults: string[] = []
  const counts: Record<string, number> = { webhooks: heard.length }
  for (const id of ids) {
    const job = jobs.get(id)
    const what = job === undefined ? 'lost' : job.error_code === STALLED ? 'stalled' : job.status
    counts[what] = (counts[what] ?? 0) + 1
    faults.push(...jobFaults(id, job, ledger))
  }
  for (const call of calls) faults.push(...callFaults(call, jobs.get(call.body.job_id)))
  faults.push(...untold(ledger.accepted, calls))
  for (const order of ledger.accepted)
    if (jobs.get(order.job)?.status === 'completed')
      faults.push(...(await artifactFaults(order, jobs, server())))
  const left = await openJobs(server())
  if (left.length > 0) faults.push(`${left.length} jobs wait for ever, ${left[0]} for one`)
  return { faults, counts }
}

/** Orders whose answers were lost may be jobs, too: they are found where they wait, or by what is heard of them. */
async function untilOver(
  promised: ReadonlySet<string>,
  heard: readonly Heard[],
  server: () => Service,
): Promise<Map<string, JobView>> {
  const jobs = new Map<string, JobView>()
  const isOver = (job: JobView | undefined) =>
    job !== undefined && !['queued', 'processing'].includes(job.status) && job.callback_status !== 'pending'
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(300)) {
    const open = await openJobs(server())
    const ids = new Set([...promised, ...jobs.keys(), ...open, ...heard.map(({ body }) => body.job_id)])
    for (const id of ids) {
      if (isOver(jobs.get(id))) continue
      const answer = await askApi(server(), `/${id}`)
      if (answer.status === 200) jobs.set(id, (await answer.json()) as JobView)
      else await answer.arrayBuffer()
    }
    if (open.length === 0 && [...ids].every((id) => isOver(jobs.get(id)))) break
  }
  return jobs
}

async function openJobs(server: Service): Promise<string[]> {
  const lists = ['queued', 'processing'].map(async (status) => {
    const answer = await askApi(server, `?status=${status}&limit=200`)
    return ((await answer.json()) as { jobs: JobView[] }).jobs.map(({ job_id: id }) => id)
  })
  return (await Promise.all(lists)).flat()
}

function jobFaults(id: string, job: JobView | undefined, { accepted, seen, cancelled }: Ledger): string[] {
  if (!job) return [`${id} was accepted and is lost`]
  const { status, error_code: code, results, callback_status: told } = job
  const states = new Set([...(seen.get(id) ?? []), `${status} ${results?.etag ?? ''}`])
  const order = accepted.find((one) => one.job === id)
  const mayBe = cancelled.has(id)
    ? status === 'cancelled'
    : status === 'cancelled' || code === STALLED || order === undefined
      ? true
      : order.isBroken
        ? status === 'failed' && code === 'CORRUPT_MEDIA'
        : status === 'completed' && results !== null
  return [
    ...(mayBe ? [] : [`${id} (${order?.path}) ended as ${status} ${code ?? ''}`]),
    ...(states.size > 1 ? [`${id} had several ends: ${[...states].join(', ')}`] : []),
    ...(told === 'pending' || told === 'callback_failed' ? [`${id}: its webhooks are ${told}`] : []),
  ]
}

function callFaults({ path, isSigned, body }: Heard, job: JobView | undefined): string[] {
  const isTrue =
    job?.status === body.status &&
    (job.error_code ?? undefined) === body.error_code &&
    job.results?.etag === body.results?.etag
  return [
    ...(isTrue ? [] : [`${path} heard ${body.status} of ${body.job_id}, which is ${job?.status}`]),
    ...(isSigned ? [] : [`${path} heard a wrong signature`]),
  ]
}

function untold(accepted: readonly Accepted[], heard: readonly Heard[]): string[] {
  const told = new Set(heard.map(({ path, body }) => `${path} ${body.job_id}`))
  return accepted.flatMap(({ hook, job }) =>
    hook !== undefined && !told.has(`${hook} ${job}`) ? [`${hook} was never told of ${job}`] : [],
  )
}

async function artifactFaults(
  { job, path, width, format }: Accepted,
  jobs: ReadonlyMap<string, JobView>,
  server: Service,
): Promise<string[]> {
  const results = jobs.get(job)?.results
  const answer = await fetch(server.url + path, { signal: AbortSignal.timeout(30_000) })
  const { headers } = answer
  const fault = await faultOf({ path, width, format }, answer)
  if (fault !== undefined) return [`${path}: ${fault}`]
  const isTheOne =
    headers.get('x-cache') === 'HIT' &&
    headers.get('etag') === results?.etag &&
    headers.get('x-cache-key') === results?.cache_key &&
    headers.get('content-length') === String(results?.size)
  return isTheOne ? [] : [`${path}: not what ${job} made (${headers.get('x-cache')})`]
}
