/** The desk where jobs are taken in, looked up, tried again and called off. Whoever works on them is elsewhere. */
import type { Call, DeferredWork, Later, Services, Ticket } from '../context.ts'
import { MediaError } from '../error.ts'
import type { Queue, Statement } from '../platform.ts'
import type { Plan } from '../plan/plan.ts'
import type { Subject } from '../store/cache.ts'
import type { Artifacts } from './artifacts.ts'
import type { Callbacks } from './callbacks.ts'
import { FINAL_STATES, laneOf, type Job, type Lane } from './job.ts'
import type { JobOrder } from './order.ts'
import type { JobFilter, JobRecords, NewJob } from './records.ts'
import { lookUp } from './look-up.ts'
import type { Outlook } from './outlook.ts'
import { isStillThere, renderFingerprint, type RenderTask } from './render-job.ts'
import { artifactsIn, fileFingerprint, type FileTask, type PlannedPiece } from './types/task.ts'
import { isFileType } from './types/options.ts'
import type { Piece } from './types/pieces.ts'

export interface Jobs {
  /** Takes an order in, or finds the equal one that is waiting, worked on or done. */
  submit(
    order: JobOrder,
    planned: readonly PlannedFile[],
    call: Doing,
  ): Promise<{ readonly job: Job; readonly isNew: boolean }>
  /** @throws JOB_NOT_FOUND */
  find(id: string): Promise<Job>
  list(filter: JobFilter): Promise<Job[]>
  /** A new job that does the work of a failed one again. @throws JOB_NOT_FOUND, JOB_CONFLICT */
  retry(id: string, call: Doing): Promise<Job>
  /** @throws JOB_NOT_FOUND, JOB_CONFLICT when it is over */
  cancel(id: string): Promise<Job>
  /** Whoever wants to hear of its end is called again. @throws JOB_NOT_FOUND, JOB_CONFLICT when it is not over, or nobody does */
  redeliver(id: string): Promise<Job>
  readonly lanes: Pick<Queue, 'counts'>
  /** Nothing of a paused lane is begun; what was begun goes on. */
  setPaused(lane: Lane, isPaused: boolean, call: Pick<Call, 'waitUntil'>): Promise<void>
  readonly later: Later
}

export interface Planned {
  readonly plan: Plan
  readonly subject: Subject
}

export interface PlannedFile extends Planned {
  /** Absent: what is made lies in the cache. */
  readonly piece?: Piece
}

type Doing = Pick<Call, 'signal' | 'waitUntil'>

export interface JobsOptions {
  readonly queue: Queue
  readonly records: JobRecords
  readonly callbacks: Callbacks
  /** Absent: nobody is told of the end. @throws ADDRESS_REFUSED where an address may not be called */
  judgeCallback: ((url: URL) => void) | undefined
  /** Jobs that may wait. */
  readonly waiting: number
  readonly outlook: Outlook
  readonly services: Pick<Services, 'cache' | 'origins'>
  readonly artifacts: Pick<Artifacts, 'check' | 'areThere'>
  readonly inline: Later['inline']
  /** Bytes of an original from which on its job is large. */
  readonly largeBytes: number
  /** Bytes of an original that a job may read. */
  readonly sourceBytes: number
  /** Ids that sort by time. */
  newId(): string
  /** Nobody guesses it. */
  newToken(): string
  /** A job waits: somebody here may work on it, as long as `waitUntil` lets them where nothing else does. */
  announce(waitUntil: Call['waitUntil']): void
  /** A job was called off: if it is worked on here, that ends. */
  abandon(job: string): Promise<void>
}

/** How often an equal job may end between being in the way and being looked for. */
const TRIES = 5
const TOO_MANY = 'Too many jobs are waiting'

export function createJobs(options: JobsOptions): Jobs {
  const { queue, records, callbacks, services, newId, newToken, announce } = options

  type Wanted = Omit<NewJob, 'id' | 'token'>

  async function accept(
    wanted: Wanted,
    waitUntil: Call['waitUntil'],
    toldOf: (job: string) => readonly Statement[] = () => [],
  ): Promise<{ readonly job: Job; readonly isNew: boolean }> {
    for (let tries = 0; tries < TRIES; tries++) {
      const equal = await records.findCurrent(wanted.fingerprint)
      const isUseless = equal?.status === 'completed' && !(await isThere(equal))
      if (equal && !isUseless) {
        for (const statement of toldOf(equal.id)) await records.run(statement)
        return { job: equal, isNew: false }
      }
      if (await queue.isFull(options.waiting)) throw new MediaError('BUSY', TOO_MANY, { retryAfter: 30 })
      const job = { ...wanted, id: newId(), token: newToken() }
      const before = equal ? [records.supersede(equal.id)] : []
      await queue.add(job.id, [...before, records.insert(job), ...toldOf(job.id)])
      const written = await records.find(job.id)
      if (!written) continue
      announce(waitUntil)
      return { job: written, isNew: true }
    }
    throw new MediaError('BUSY', undefined, { retryAfter: 1 })
  }

  function requireWebhooks(): (url: URL) => void {
    if (options.judgeCallback) return options.judgeCallback
    throw new MediaError('NOT_SUPPORTED_HERE', 'Webhooks need MEDIAMORPH_WEBHOOK_SECRET, which is not set')
  }

  /** Whether what a completed job made is still to be had. */
  const isThere = (job: Job) =>
    isFileType(job.type) ? options.artifacts.areThere(artifactsIn(job.results)) : isStillThere(job, services)

  async function find(id: string): Promise<Job> {
    const job = await records.find(id)
    if (!job) throw new MediaError('JOB_NOT_FOUND')
    return job
  }

  const renderOf = async (
    { plan, subject }: Planned,
    validator: string,
    { hash, ...rest }: Pick<NewJob, 'hash' | 'options'> & { readonly bytes: number | undefined },
  ): Promise<Wanted> => ({
    type: 'render',
    lane: laneOf('render', rest.bytes, options.largeBytes),
    source: plan.source.path,
    hash,
    options: rest.options,
    task: { plan: plan.text, subject } satisfies RenderTask,
    fingerprint: await renderFingerprint(plan, validator, hash),
    retryOf: undefined,
  })

  async function filesOf(
    { type, hash, options: asked }: JobOrder,
    planned: readonly PlannedFile[],
    { validator, bytes }: { readonly validator: string; readonly bytes: number | undefined },
  ): Promise<Wanted> {
    const [{ plan, subject }] = planned as readonly [PlannedFile]
    const pieces = planned.flatMap(({ piece, plan: { text } }) => (piece ? [plannedPiece(piece, text)] : []))
    const { origin, path: source } = plan.source
    const lane = laneOf(type, bytes, options.largeBytes)
    const work = { type, source, hash, options: asked }
    const fingerprint = await fileFingerprint({ ...work, origin, validator })
    return { ...work, lane, task: { subject, pieces } satisfies FileTask, fingerprint, retryOf: undefined }
  }

  return {
    find,
    list: (filter) => records.list(filter),

    async submit(order, planned, { signal, waitUntil }) {
      if (order.callbackUrl !== undefined) requireWebhooks()(new URL(order.callbackUrl))
      const [first] = planned as readonly [PlannedFile]
      const { validator, size: bytes } = await lookUp(first.plan, signal, services)
      if (bytes !== undefined && bytes > options.sourceBytes) throw tooLarge(bytes, options.sourceBytes)
      const makesFiles = isFileType(order.type)
      if (makesFiles) await options.artifacts.check()
      const wanted = makesFiles
        ? await filesOf(order, planned, { validator, bytes })
        : await renderOf(first, validator, { hash: order.hash, options: order.options, bytes })
      return accept(wanted, waitUntil, (id) =>
        order.callbackUrl === undefined ? [] : [callbacks.add(id, order.callbackUrl)],
      )
    },

    async retry(id, { waitUntil }) {
      const job = await find(id)
      if (job.status !== 'failed')
        throw new MediaError('JOB_CONFLICT', `Only what failed is tried again: the job is ${job.status}`)
      const { type, lane, source, hash, options: asked, fingerprint } = job
      const again = {
        type,
        lane,
        source,
        hash,
        options: asked,
        task: taskAgain(job),
        fingerprint,
        retryOf: id,
      }
      return (await accept(again, waitUntil, (next) => [callbacks.copy(id, next)])).job
    },

    async cancel(id) {
      const [rows] = await queue.remove(id, [records.cancel(id), callbacks.release(id)])
      const job = await find(id)
      if (rows?.length !== 1)
        throw new MediaError('JOB_CONFLICT', `The job is ${job.status}: there is nothing to call off`)
      await options.abandon(id)
      return job
    },

    async redeliver(id) {
      requireWebhooks()
      const { status } = await find(id)
      if (!FINAL_STATES.has(status))
        throw new MediaError('JOB_CONFLICT', `The job is ${status}: it is not over`)
      if ((await callbacks.repeat(id)) === 0)
        throw new MediaError('JOB_CONFLICT', 'Nobody wants to hear of the end of this job')
      return find(id)
    },

    lanes: queue,
    async setPaused(lane, isPaused, { waitUntil }) {
      await (isPaused ? queue.pause(lane) : queue.resume(lane))
      if (!isPaused) announce(waitUntil)
    },

    later: {
      inline: options.inline,
      async defer(work: DeferredWork, waitUntil): Promise<Ticket> {
        const asked = { hash: undefined, options: work.options, bytes: work.bytes }
        const { job } = await accept(await renderOf(work, work.validator, asked), waitUntil)
        const retryAfter = await options.outlook.secondsUntil(job)
        return { jobId: job.id, status: job.status, token: job.token, retryAfter }
      },
    },
  }
}

/** What is there already is not made again. */
function taskAgain({ type, task, results }: Job): unknown {
  return isFileType(type) && results !== undefined ? { ...(task as FileTask), ready: results } : task
}

const plannedPiece = ({ stage, folder, name }: Piece, plan: string): PlannedPiece => ({
  stage,
  folder,
  name,
  plan,
})

function tooLarge(value: number, maximum: number): MediaError {
  return new MediaError('SOURCE_TOO_LARGE', `jobs.sourceBytes is ${maximum}, the original has ${value}`, {
    details: { limit: 'jobs.sourceBytes', value, maximum },
  })
}
