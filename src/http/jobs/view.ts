/** How a job looks on the wire. */
import type { Ticket } from '../../context.ts'
import type { Job } from '../../jobs/job.ts'

/** Where the events of a job are, for whoever is given this address. */
export function eventsPath(id: string, token: string, publicUrl = ''): string {
  return `${publicUrl}/api/jobs/${id}/events?token=${token}`
}

/** @param now milliseconds since the epoch */
export function jobView(job: Job, publicUrl: string | undefined, now: number) {
  return {
    job_id: job.id,
    type: job.type,
    source: job.source,
    hash: job.hash ?? null,
    options: job.options,
    status: job.status,
    callback_status: job.callbackStatus ?? null,
    progress: job.progress,
    seconds_left: secondsLeft(job, now),
    retry_of_job_id: job.retryOf ?? null,
    error: job.error?.message ?? null,
    error_code: job.error?.code ?? null,
    error_details: job.error?.details ?? null,
    results: job.results ?? null,
    events: eventsPath(job.id, job.token, publicUrl),
    created_at: new Date(job.createdAt).toISOString(),
    updated_at: new Date(job.updatedAt).toISOString(),
  }
}

/** Null: nobody can tell. */
export function secondsLeft({ endsAt }: Job, now: number): number | null {
  return endsAt === undefined ? null : Math.max(0, Math.round((endsAt - now) / 1000))
}

/** 202 in place of a rendition that a job makes. */
export function queuedResponse(
  { jobId, status, token, retryAfter }: Ticket,
  publicUrl: string | undefined,
): Response {
  const events = eventsPath(jobId, token, publicUrl)
  const message = 'This takes longer than a request can: the same address answers 200 when it is done'
  return Response.json(
    { status: status === 'processing' ? status : 'queued', jobId, events, message },
    {
      status: 202,
      headers: { ...JSON_HEADERS, 'retry-after': String(retryAfter), 'x-job-id': jobId, 'x-cache': 'MISS' },
    },
  )
}

export const JSON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
