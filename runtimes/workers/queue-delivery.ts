/** A Cloudflare Queue brings jobs to the Worker's `queue` handler. Messages are small: which job, in which lane. */
import type { Delivery, Notice } from '../../src/index.ts'

/** The part of a Queue binding that is used here. */
export interface QueueLike {
  sendBatch(messages: readonly { body: unknown; delaySeconds?: number }[]): Promise<unknown>
}

interface QueueMessage {
  readonly body: unknown
  ack(): void
  retry(options: { delaySeconds: number }): void
}

/** What the `queue` handler of a Worker is given. */
export interface MessageBatch {
  /** Name of the queue. */
  readonly queue: string
  readonly messages: readonly QueueMessage[]
}

/** What our launcher says when it has begun: its Queue has forgotten everything. */
export const AT_START = '@start'
/** As many as one call takes. */
const MOST = 100
/** Seconds: twelve hours, the most that Cloudflare allows. */
const LONGEST_DELAY = 43_200
const AFTER_FAULT_MS = 30_000
/** Queues of messages that were delivered in vain. */
const DEAD_LETTERS = /-dlq$/

export function createQueueDelivery(queue: QueueLike): Delivery {
  return {
    async put(notices) {
      const messages = notices.map((notice) => toMessage(notice))
      for (let at = 0; at < messages.length; at += MOST) await queue.sendBatch(messages.slice(at, at + MOST))
    },
    close: async () => undefined,
  }
}

function toMessage({ job, lane, readyAt }: Notice) {
  return { body: { job, lane }, delaySeconds: secondsOf(readyAt - Date.now()) }
}

function secondsOf(ms: number): number {
  return Math.min(LONGEST_DELAY, Math.max(0, Math.ceil(ms / 1000)))
}

/** One after the other: an isolate has memory for one. */
export async function deliverBatch(
  { queue, messages }: MessageBatch,
  receive: (brought: { job: string; isLast: boolean }) => Promise<number | undefined>,
  log: (line: string) => void,
): Promise<void> {
  for (const message of messages) {
    const { job } = (message.body ?? {}) as { job?: unknown }
    const again =
      typeof job === 'string'
        ? await receive({ job, isLast: DEAD_LETTERS.test(queue) }).catch((error: unknown) => {
            log(JSON.stringify({ level: 'error', message: 'job not received', job, cause: String(error) }))
            return AFTER_FAULT_MS
          })
        : undefined
    if (again === undefined) message.ack()
    else message.retry({ delaySeconds: secondsOf(again) })
  }
}
