/** `GET /metrics`: what this process did, and how full the lanes of jobs are. It does not exist without its token. */
import { holdsSecret } from '../access/credentials.ts'
import type { Limiter } from '../access/rate-limit.ts'
import { MediaError } from '../error.ts'
import { EXPOSITION_TYPE } from '../observe/exposition.ts'
import type { Gauge, Metrics } from '../observe/metrics.ts'
import { takeOne } from './entrance.ts'
import { queuesView } from './jobs/queues.ts'
import type { JobRouteOptions } from './jobs/routes.ts'
import type { Visit } from './visit.ts'

export const METRICS_PATH = '/metrics'

export interface MetricsOptions {
  readonly metrics: Metrics
  readonly metricsToken: string | undefined
  readonly office: JobRouteOptions['office']
  readonly limiter: Limiter
}

/** @throws UNAUTHORIZED, RATE_LIMITED (wrong tokens), and what the database throws */
export async function answerMetrics(
  visit: Visit,
  { metrics, metricsToken, office, limiter }: MetricsOptions,
): Promise<Response> {
  if (!(await holdsSecret('metrics', visit.request.headers, metricsToken))) {
    await takeOne('keys', limiter, visit)
    throw new MediaError('UNAUTHORIZED')
  }
  const text = metrics.text(office ? await laneGauges(office) : [])
  return new Response(text, { headers: { 'content-type': EXPOSITION_TYPE, 'cache-control': 'no-store' } })
}

async function laneGauges({ jobs }: NonNullable<JobRouteOptions['office']>): Promise<Gauge[]> {
  const { queues } = await queuesView(jobs)
  const states = ['waiting', 'delayed', 'active'] as const
  return [
    {
      name: 'mediamorph_jobs',
      help: 'Jobs that are not over, of all processes',
      samples: queues.flatMap((queue) =>
        states.map((state) => ({ labels: { queue: queue.name, state }, value: queue[state] })),
      ),
    },
    {
      name: 'mediamorph_queue_paused',
      help: '1 where nothing is delivered',
      samples: queues.map(({ name, paused }) => ({ labels: { queue: name }, value: paused ? 1 : 0 })),
    },
  ]
}
