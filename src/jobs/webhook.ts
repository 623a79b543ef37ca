/** One call of a webhook: its body, and both forms of its signature. */
import { toBase64, toHex, fromBase64 } from '../lib/bytes.ts'
import { macOf } from '../lib/hmac.ts'
import type { Job } from './job.ts'

export interface WebhookMessage {
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * `X-Signature` is `sha256=` and the hex HMAC of the body. The other three are those of Standard Webhooks 1.0.0, whose secret
 * may be written as `whsec_` and base64.
 * @param now milliseconds since the epoch
 */
export async function webhookMessage(job: Job, secret: string, now: number): Promise<WebhookMessage> {
  const text = JSON.stringify({
    job_id: job.id,
    type: job.type,
    hash: job.hash ?? null,
    status: job.status,
    ...(job.error ? { error: job.error.message, error_code: job.error.code } : {}),
    ...(job.results === undefined ? {} : { results: job.results }),
  })
  const plain = new TextEncoder().encode(secret)
  const prefixed = secret.startsWith('whsec_') ? fromBase64(secret.slice('whsec_'.length)) : undefined
  const timestamp = String(Math.floor(now / 1000))
  const signed = `${job.id}.${timestamp}.${text}`
  return {
    body: new TextEncoder().encode(text),
    headers: {
      'content-type': 'application/json',
      'x-signature': `sha256=${toHex(await macOf(text, plain))}`,
      'webhook-id': job.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${toBase64(await macOf(signed, prefixed ?? plain))}`,
    },
  }
}
