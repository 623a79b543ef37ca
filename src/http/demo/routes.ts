/** The sample page and its own files. */
import { MediaError } from '../../error.ts'
import type { RequestRules } from '../../request/request.ts'

export function demoHome(_rules: RequestRules): Response {
  throw new MediaError('NO_MATCHING_ORIGIN')
}

export function demoAsset(_pathname: string): Response {
  throw new MediaError('NO_MATCHING_ORIGIN')
}
