/** What goes wrong with an original or a rendition, as its own routes tell it. */
import type { OriginPolicy, Services } from '../context.ts'
import { EXTERNAL } from '../request/address.ts'
import type { MediaRequest, RequestRules } from '../request/request.ts'
import { isNegative } from '../serve-remember.ts'
import { errorCacheControl } from './cache-control.ts'
import { requestHeaders } from './diagnostics.ts'
import { noteError } from './note.ts'
import { isReported, problemResponse, toMediaError } from './problem.ts'
import { theirStatus } from './their-status.ts'
import type { Visit } from './visit.ts'

interface MediaProblemOptions {
  readonly services: Services
  readonly rules: RequestRules
  readonly compat: { readonly statuses: readonly string[] }
}

/** An error about media: its own lifetime, and the headers the request alone decides. */
export function mediaProblem(
  thrown: unknown,
  visit: Visit,
  media: MediaRequest | undefined,
  options: MediaProblemOptions,
): Response {
  const error = toMediaError(thrown, visit.request.signal)
  if (isReported(error)) throw error
  noteError(visit.call.event, error)
  const policy: OriginPolicy | undefined = media && options.services.policies.get(media.origin)
  // What is not granted must not tell where an original lies, nor send anyone to a host of the asker's choice.
  const isGranted = error.status !== 401 && error.status !== 403
  if (media?.onError === 'redirect' && isGranted && !media.fault) return redirectToOriginal(media, options)
  const now = options.services.now() / 1000
  const lifetime = { now, ...(media?.asked.exp === undefined ? {} : { expiresAt: Number(media.asked.exp) }) }
  const response = problemResponse(
    error,
    visit.call.event.requestId,
    errorCacheControl(error.status, isNegative(error.code), policy, lifetime),
    media && theirStatus(error, media, options.compat.statuses),
  )
  for (const [name, value] of media ? requestHeaders(media) : [])
    if (value !== undefined) response.headers.set(name, value)
  return response
}

/** `onerror=redirect` of the Cloudflare grammar: the client gets the original from where it lies. */
function redirectToOriginal(media: MediaRequest, { rules }: Pick<MediaProblemOptions, 'rules'>): Response {
  const isElsewhere = media.origin === EXTERNAL
  const location = isElsewhere ? media.path : (rules.publicUrl ?? '') + encodeURI(media.path)
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}
