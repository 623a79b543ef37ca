import type { Call } from '../context.ts'

/** One request, whatever it is for, as the files that route and answer it see it. */
export interface Visit {
  readonly request: Request
  readonly url: URL
  readonly call: Call
  /** The client's address, as rate limits count it. */
  readonly client: string | undefined
  /** For the answer, errors included. */
  readonly headers: Headers
}

export type Handler = (visit: Visit) => Promise<Response> | Response
