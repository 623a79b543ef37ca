/** BullMQ delivers jobs on Bun, Deno and Node, one of its queues for each lane; loaded when a configuration first names a Redis. */
import type * as Bull from 'bullmq'
import type { Redis as Client } from 'ioredis'
import type { Delivery, DeliveryOptions, Notice, PulledDelivery } from '../../src/index.ts'
import { redisOptions } from './redis-options.ts'

/** Milliseconds: orders wait for the answer. */
const COMMAND_MS = 1000
const LONGEST_PAUSE_MS = 1000
/** Milliseconds for which nobody asks after one got no answer. */
const REST_MS = 1000
/** Lines that BullMQ keeps for who watches. */
const EVENTS = 1000
/** What is over is in the database. */
const KEEP_NOTHING = { removeOnComplete: true, removeOnFail: true } as const

interface Lane {
  readonly queue: Bull.Queue
  readonly worker: Bull.Worker
  /** The job as BullMQ acts on it, without having read it. */
  jobOf(id: string): Bull.Job
}

/** @throws Error that names what is missing */
export async function openServerDelivery(url: string, options: DeliveryOptions): Promise<Delivery> {
  if (/^rediss?:/.test(url)) return openBullmq(url, options)
  throw new Error('queue: exists on Cloudflare Workers only, expected "embedded" or redis://…')
}

export async function openBullmq(url: string, options: DeliveryOptions): Promise<Delivery> {
  const [bullmq, { Redis: Connection }] = await Promise.all([import('bullmq'), import('ioredis')]).catch(
    (cause: unknown) => {
      throw new Error('queue: needs the packages bullmq and ioredis, which are not installed', { cause })
    },
  )
  const client = new Connection(url, redisOptions(COMMAND_MS, LONGEST_PAUSE_MS))
  let connections = 0
  // Every command that fails says so itself; without a listener the event would end the process.
  client.on('error', () => undefined)
  client.on('ready', () => void connections++)
  await client.connect().catch(() => undefined)
  const listening: Client[] = []
  const house = createHouse(bullmq, client, options)

  /** Who does not answer is not asked again at once: nobody is to wait for it one after the other. */
  let restsUntil = -Infinity
  async function ask<T>(work: (house: House) => Promise<T>): Promise<T> {
    if (client.status !== 'ready' || Date.now() < restsUntil) throw new Error('Redis does not answer')
    try {
      return await work(await house())
    } catch (error) {
      if (error instanceof Error && error.message === 'Command timed out') restsUntil = Date.now() + REST_MS
      throw error
    }
  }
  const act = <T>(lane: string, work: (lane: Lane) => Promise<T>) => ask(({ laneOf }) => work(laneOf(lane)))
  const tell = async ({ news }: House) => void (await client.publish(news, ''))

  const pull: PulledDelivery = {
    take: (lane, token) =>
      act(lane, async ({ worker }) => (await worker.getNextJob(token, { block: false }))?.id),
    hold: (lane, job, token) =>
      act(lane, async ({ jobOf }) => void (await jobOf(job).extendLock(token, options.leaseMs))),
    done: (lane, job, token) =>
      act(lane, async ({ jobOf }) => {
        await jobOf(job).moveToCompleted(null, token, false).catch(unlessOthers)
      }),
    back: (lane, job, token, readyAt) =>
      ask(async (open) => {
        const one = open.laneOf(lane).jobOf(job)
        if (readyAt > Date.now()) return one.moveToDelayed(readyAt, token)
        await one.moveToWait(token)
        await tell(open)
      }),
    drop: (lane, job) => act(lane, async ({ queue }) => void (await queue.remove(job))),
    setPaused: (lane, isPaused) =>
      ask(async (open) => {
        const { queue } = open.laneOf(lane)
        if ((await queue.isPaused()) === isPaused) return
        await (isPaused ? queue.pause() : queue.resume())
        await tell(open)
      }),
    missing: (notices) => ask((open) => whichAreMissing(notices, client, open)),
    recover: () =>
      ask(async ({ laneOf }) => {
        for (const lane of options.lanes) await laneOf(lane).worker.getBackend().moveStalledJobsToWait()
      }),
    connections: () => connections,
    listen(listener) {
      // One that listens can do nothing else. By itself it would subscribe again in a promise that nobody holds.
      const ear = client.duplicate({ autoResubscribe: false })
      listening.push(ear)
      ear.on('error', () => undefined)
      ear.on('message', listener)
      ear.on('ready', () => {
        house()
          .then(({ news }) => ear.subscribe(news))
          .then(listener, () => undefined)
      })
      ear.connect().catch(() => undefined)
    },
  }
  return {
    pull,
    put: (notices) =>
      ask(async (open) => {
        for (const lane of new Set(notices.map((one) => one.lane)))
          await open.laneOf(lane).queue.addBulk(notices.filter((one) => one.lane === lane).map(toBulk))
        if (notices.length > 0) await tell(open)
      }),
    check: async () => void (await ask(() => client.ping())),
    async close() {
      for (const ear of listening) ear.disconnect()
      client.disconnect()
    },
  }
}

interface House {
  laneOf(name: string): Lane
  /** Channel on which it is said that something waits. */
  readonly news: string
}

/** Opened with the first question, and again after one that could not be answered. */
function createHouse(
  { Queue, Worker, Job, createRedisBackend }: typeof Bull,
  client: Client,
  { leaseMs, lanes, name }: DeliveryOptions,
): () => Promise<House> {
  let opened: House | undefined
  return async () => {
    if (opened) return opened
    // All keys of one database are in one slot of a cluster.
    const prefix = `{mediamorph-${await name()}}`
    const common = { connection: client, prefix, skipVersionCheck: true, skipWaitingForReady: true }
    const open = (lane: string): Lane => {
      const queue = new Queue(lane, { ...common, streams: { events: { maxLen: EVENTS } } })
      const worker = new Worker(
        lane,
        null,
        {
          ...common,
          autorun: false,
          lockDuration: leaseMs,
          stalledInterval: Math.max(20, Math.round(leaseMs / 40)),
          // The database counts the tries.
          maxStalledCount: Number.MAX_SAFE_INTEGER,
        },
        // Nothing here blocks, so that no other connection is needed.
        (one, settings) => createRedisBackend(one, settings),
      )
      queue.on('error', () => undefined)
      worker.on('error', () => undefined)
      return { queue, worker, jobOf: (id) => new Job(queue, JOB, {}, KEEP_NOTHING, id) }
    }
    const known = new Map(lanes.map((lane) => [lane, open(lane)]))
    opened = {
      news: `${prefix}:news`,
      laneOf(lane) {
        const found = known.get(lane)
        if (!found) throw new Error(`There is no lane ${lane}`)
        return found
      },
    }
    return opened
  }
}

const JOB = 'job'

function toBulk({ job, readyAt }: Notice) {
  return {
    name: JOB,
    data: {},
    opts: { ...KEEP_NOTHING, jobId: job, delay: Math.max(0, readyAt - Date.now()) },
  }
}

async function whichAreMissing(
  notices: readonly Notice[],
  client: Client,
  { laneOf }: House,
): Promise<Notice[]> {
  const asked = client.pipeline()
  for (const { lane, job } of notices) asked.exists(laneOf(lane).queue.toKey(job))
  const answers = (await asked.exec()) ?? []
  return notices.filter((_, index) => {
    const [error, found] = answers[index] ?? [new Error('Redis does not answer')]
    if (error) throw error
    return found === 0
  })
}

/** Another holds it, or it is not there: for the one who lets go, that is as well. */
function unlessOthers(error: unknown): void {
  const isKnown = error instanceof Error && 'code' in error && typeof error.code === 'number'
  if (!isKnown) throw error
}
