import type { Call, Services } from '../context.ts'
import type { MediaRequest } from '../request/request.ts'

/** One request for media, as the files that answer it see it. */
export interface Exchange {
  readonly request: Request
  readonly media: MediaRequest
  readonly call: Call
  readonly now: number
  /** `compat.headers` of the configuration. */
  readonly compatHeaders: readonly string[]
  /** Address of the service, without a slash at its end. */
  readonly publicUrl: string | undefined
  readonly sign: Services['sign']
}
