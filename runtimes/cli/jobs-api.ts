/** The jobs API, at an address or over the configured database itself: the same questions and the same answers. */
import { randomUUID } from 'node:crypto'
import { createMediamorph } from '../../src/index.ts'
import { readDocument } from '../server/document.ts'
import { openNodePlatform } from '../server/node-door.ts'

export interface JobFacts {
  readonly job_id: string
  readonly type: string
  readonly source: string
  readonly status: string
  readonly progress: number
  readonly seconds_left?: number | null
  readonly error?: string | null
  readonly error_code?: string | null
}

export interface JobsApi {
  /** The answer as JSON. @throws Error with the code and the message of another answer than 2xx */
  ask(path: string, method?: 'GET' | 'POST'): Promise<unknown>
  /** The stream of events of a job; undefined when the client knows its end. */
  events(id: string, lastEventId: string | undefined): Promise<ReadableStream<Uint8Array> | undefined>
  close(): Promise<void>
}

export interface JobsApiOptions {
  /** Of the service; absent: the configured database is asked, and there need be no service. */
  readonly url: string | undefined
  /** Configuration file. */
  readonly config: string | undefined
  readonly env: NodeJS.ProcessEnv
}

type Send = (path: string, init: RequestInit) => Promise<Response>

export async function openJobsApi({ url, config, env }: JobsApiOptions): Promise<JobsApi> {
  const { send, close } = url === undefined ? await openHere(config, env) : openAt(url, env)
  return {
    close,
    async ask(path, method = 'GET') {
      const answer = await send(path, { method })
      const body = (await answer.json().catch(() => undefined)) as unknown
      if (!answer.ok) throw new Error(sentenceOf(answer.status, body))
      return body
    },
    async events(id, lastEventId) {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      const answer = await send(`/api/jobs/${encodeURIComponent(id)}/events`, { headers })
      if (answer.status === 204) return undefined
      if (answer.ok && answer.body) return answer.body
      throw new Error(sentenceOf(answer.status, (await answer.json().catch(() => undefined)) as unknown))
    },
  }
}

function openAt(url: string, env: NodeJS.ProcessEnv): { send: Send; close(): Promise<void> } {
  const key = env['MEDIAMORPH_API_KEY']
  if (!key) throw new Error('MEDIAMORPH_API_KEY: not set, and a service lets nobody see jobs without it')
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Error(`${url}: expected an http or https address`)
  const base = url.replace(/\/+$/, '')
  return {
    // The key goes to nobody else.
    send: (path, init) =>
      fetch(base + path, {
        ...init,
        redirect: 'manual',
        headers: { ...init.headers, 'x-api-key': key },
      }).catch((error: unknown) => {
        const cause = error instanceof Error ? (error.cause ?? error) : error
        throw new Error(`${base}: ${cause instanceof Error ? cause.message : String(cause)}`)
      }),
    close: async () => undefined,
  }
}

/** A service that nobody else can ask, and that works on nothing. */
async function openHere(config: string | undefined, env: NodeJS.ProcessEnv) {
  const document = await readDocument(env, config)
  const key = randomUUID()
  const platform = openNodePlatform()
  // Requests of our own are no news; what cannot be opened is.
  const quiet = { LOG_LEVEL: 'silent', MEDIAMORPH_ROLE: 'server', MEDIAMORPH_API_KEY: key }
  const media = createMediamorph(document, {
    ...platform,
    env: { ...platform.env, ...quiet },
    log: (line) => void process.stderr.write(`${line}\n`),
  })
  const send: Send = (path, init) =>
    media.fetch(
      new Request(`http://localhost${path}`, { ...init, headers: { ...init.headers, 'x-api-key': key } }),
      { isAtCloudflare: true },
    )
  return { send, close: () => media.close() }
}

function sentenceOf(status: number, body: unknown): string {
  const { error } = (body ?? {}) as { error?: { code?: string; message?: string } }
  return error?.code === undefined
    ? `The service answers ${status}`
    : `${error.code}: ${error.message ?? status}`
}
