/** `/api/jobs`: absent without an API key, but for the events of a job, which whoever was given their address may see. */
import type { Admin } from '../../access/admin.ts'
import { bearerOf, holdsSecret } from '../../access/credentials.ts'
import type { Limiter } from '../../access/rate-limit.ts'
import type { Services } from '../../context.ts'
import { MediaError, type ErrorCode } from '../../error.ts'
import { JOB_STATES, JOB_TYPES, type Job } from '../../jobs/job.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Office } from '../../jobs/office.ts'
import { readOrder, requestOf } from '../../jobs/order.ts'
import type { JobFilter } from '../../jobs/records.ts'
import { strategyOf } from '../../jobs/types/full.ts'
import { sleep } from '../../lib/once.ts'
import { isSameSecret } from '../../lib/same-secret.ts'
import type { MediaRequest, RequestInput, RequestRules } from '../../request/request.ts'
import { subjectOf } from '../../serve.ts'
import { readObject, type BodyLimits } from '../body.ts'
import { takeOne } from '../entrance.ts'
import { problemResponse } from '../problem.ts'
import type { Visit } from '../visit.ts'
import { eventStream, NAMED, UNNAMED, type EventsOptions } from './events.ts'
import { eraseMedia, readArtifact, type MediaDesk } from './media.ts'
import { laneNamed, queuesView } from './queues.ts'
import { JSON_HEADERS, jobView } from './view.ts'

export interface JobRouteOptions extends BodyLimits {
  readonly services: Services
  /** Absent: there is no database to hold jobs. */
  readonly office: (Pick<Office, 'jobs'> & MediaDesk) | undefined
  readonly apiKey: string | undefined
  /** Opens `debug` and `/admin`; without a token there is nobody. */
  readonly admin: Admin | undefined
  readonly limiter: Limiter
  readonly rules: RequestRules
  readonly publicUrl: string | undefined
  /** Ends all streams of events. */
  readonly ending: AbortSignal | undefined
}

export type JobHandler = (visit: Visit, id: string) => Promise<Response>

export interface JobRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly handler: JobHandler
}

type Parse = (input: RequestInput) => MediaRequest

const PAGE = 50
const LARGEST_PAGE = 200

export function jobRoutes(options: JobRouteOptions, parse: Parse): readonly JobRoute[] {
  const { publicUrl, limiter, services } = options
  const view = (job: Job) => jobView(job, publicUrl, services.now())

  function office(): NonNullable<JobRouteOptions['office']> {
    if (options.office) return options.office
    throw new MediaError('NOT_SUPPORTED_HERE', 'Jobs need a database, and none is configured')
  }

  const desk = (): Jobs => office().jobs

  /** @throws NO_MATCHING_ORIGIN where the routes do not exist, UNAUTHORIZED */
  async function requireKey(visit: Visit): Promise<void> {
    if (options.apiKey === undefined) throw new MediaError('NO_MATCHING_ORIGIN')
    if (!(await holdsKey(visit))) throw new MediaError('UNAUTHORIZED')
  }

  async function holdsKey(visit: Visit): Promise<boolean> {
    const { headers } = visit.request
    if (await holdsSecret('api', headers, options.apiKey)) return true
    if (options.apiKey !== undefined && (await options.admin?.admits(headers))) return true
    // What was shown may be a guess, and counts as one.
    if (bearerOf(headers) !== undefined || headers.has('x-api-key')) await takeOne('keys', limiter, visit)
    return false
  }

  const keyed =
    (handler: JobHandler): JobHandler =>
    async (visit, id) => {
      await requireKey(visit)
      return handler(visit, id)
    }
  const counted = (handler: JobHandler) =>
    keyed(async (visit, id) => {
      await takeOne('jobs', limiter, visit)
      return handler(visit, id)
    })

  async function submit(visit: Visit): Promise<Response> {
    const jobs = desk()
    const order = readOrder(await readObject(visit.request, options))
    const planned = order.wanted.map(({ params, piece }) => {
      const request = requestOf(order, params, options.rules, parse)
      const policy = services.policies.get(request.origin)
      if (!policy) throw new MediaError('NO_MATCHING_ORIGIN')
      const file = { plan: services.plan(request), subject: subjectOf(request, policy) }
      return piece ? { ...file, piece } : file
    })
    const { job, isNew } = await jobs.submit(order, planned, visit.call)
    const isDone = job.status === 'completed'
    const body = isNew || !isDone ? view(job) : { ...view(job), job_id: null }
    return Response.json(body, {
      status: isNew ? 202 : 200,
      headers: { ...JSON_HEADERS, 'x-job-id': job.id },
    })
  }

  async function list(visit: Visit): Promise<Response> {
    const filter = readFilter(visit.url.searchParams)
    const jobs = await desk().list({ ...filter, limit: filter.limit + 1 })
    const page = jobs.slice(0, filter.limit)
    const next = jobs.length > page.length ? page.at(-1)?.id : undefined
    return Response.json({ jobs: page.map(view), next: next ?? null }, { headers: JSON_HEADERS })
  }

  async function retry(visit: Visit, id: string): Promise<Response> {
    const { results } = await desk().find(id)
    const job = await desk().retry(id, visit.call)
    const { job_id, type, status, retry_of_job_id } = view(job)
    return Response.json(
      { source_job_id: id, strategy: strategyOf(results), jobs: [{ job_id, type, status, retry_of_job_id }] },
      { status: 202, headers: { ...JSON_HEADERS, 'x-job-id': job.id } },
    )
  }

  const events =
    (form: typeof NAMED): JobHandler =>
    async (visit, id) => {
      const jobs = options.office?.jobs
      if (!jobs) throw new MediaError('NO_MATCHING_ORIGIN')
      const job = await jobs.find(id).catch(unlessMissing)
      const token = visit.url.searchParams.get('token')
      const holdsToken = job !== undefined && token !== null && (await isSameSecret(token, job.token))
      if (!holdsToken && !(await holdsKey(visit))) throw new MediaError('UNAUTHORIZED')
      if (!job && form === NAMED) throw new MediaError('JOB_NOT_FOUND')
      const watch: EventsOptions = {
        find: (wanted) => jobs.find(wanted).catch(unlessMissing),
        now: () => services.now(),
        sleep,
        ending: options.ending,
      }
      return eventStream(id, job, form, visit.request.headers.get('last-event-id'), watch)
    }

  const queues = async () => Response.json(await queuesView(desk()), { headers: JSON_HEADERS })
  const pausing = (isPaused: boolean) =>
    keyed(async (visit, name) => {
      await desk().setPaused(laneNamed(name), isPaused, visit.call)
      return queues()
    })

  return [
    { method: 'GET', path: '/api/jobs/queues', handler: keyed(queues) },
    { method: 'POST', path: '/api/jobs/queues/:id/pause', handler: pausing(true) },
    { method: 'POST', path: '/api/jobs/queues/:id/resume', handler: pausing(false) },
    { method: 'POST', path: '/api/jobs', handler: counted(withTheirStatuses(submit)) },
    { method: 'GET', path: '/api/jobs', handler: keyed(list) },
    { method: 'GET', path: '/api/jobs/:id', handler: keyed(async (_, id) => shown(await desk().find(id))) },
    { method: 'POST', path: '/api/jobs/:id/retry', handler: counted(retry) },
    {
      method: 'POST',
      path: '/api/jobs/:id/cancel',
      handler: keyed(async (_, id) => shown(await desk().cancel(id))),
    },
    {
      method: 'POST',
      path: '/api/jobs/:id/redeliver',
      handler: counted(async (_, id) => shown(await desk().redeliver(id), 202)),
    },
    { method: 'GET', path: '/api/jobs/:id/events', handler: events(NAMED) },
    { method: 'GET', path: '/sse/job/:id', handler: events(UNNAMED) },
    {
      method: 'DELETE',
      path: '/api/media/:id',
      handler: keyed((visit, id) => eraseMedia(office(), visit, id)),
    },
    {
      method: 'GET',
      path: '/api/media/:id/*',
      handler: keyed((visit, id) => readArtifact(office(), visit, id)),
    },
  ]

  function shown(job: Job, status = 200): Response {
    return Response.json(view(job), { status, headers: JSON_HEADERS })
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof MediaError && error.code === 'JOB_NOT_FOUND') return undefined
  throw error
}

/** An order that names what is not there, or may not be called, is a wrong order. */
const WRONG_ORDERS: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'NO_MATCHING_ORIGIN', 'ADDRESS_REFUSED'])

function withTheirStatuses(handler: (visit: Visit) => Promise<Response>): JobHandler {
  return async (visit) => {
    try {
      return await handler(visit)
    } catch (error) {
      const isMissing = error instanceof MediaError && WRONG_ORDERS.has(error.code)
      if (!isMissing) throw error
      visit.call.event.errorCode = error.code
      return problemResponse(error, visit.call.event.requestId, 'no-store', 400)
    }
  }
}

const FILTERS = {
  status: (text: string) => (JOB_STATES as readonly string[]).includes(text),
  type: (text: string) => Object.hasOwn(JOB_TYPES, text),
  hash: (text: string) => /^[0-9a-f]{64}$/.test(text),
  source: (text: string) => text !== '',
  after: (text: string) => /^[0-9a-f-]{36}$/.test(text),
} as const
const EXPECTED: Readonly<Record<keyof typeof FILTERS, string>> = {
  status: `one of ${JOB_STATES.join(', ')}`,
  type: `one of ${Object.keys(JOB_TYPES).join(', ')}`,
  hash: 'a SHA-256 in hex',
  source: 'the path of an original',
  after: 'the `next` of the page before',
}

/** @throws INVALID_PARAMETER */
function readFilter(query: URLSearchParams): JobFilter {
  const filter: Record<string, string> = {}
  for (const [name, isGood] of Object.entries(FILTERS) as [
    keyof typeof FILTERS,
    (text: string) => boolean,
  ][]) {
    const value = query.get(name)
    if (value === null) continue
    if (!isGood(value)) throw wrong(name, value, EXPECTED[name])
    filter[name] = value
  }
  const limit = query.get('limit') ?? String(PAGE)
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_PAGE)
    throw wrong('limit', limit, `a whole number from 1 to ${LARGEST_PAGE}`)
  return { ...filter, limit: Number(limit) }
}

function wrong(parameter: string, given: string, expected: string): MediaError {
  const details = [{ parameter, value: given.slice(0, 200), expected }]
  const message = `Parameter "${parameter}" is wrong: expected ${expected}`
  return new MediaError('INVALID_PARAMETER', message, { details })
}
