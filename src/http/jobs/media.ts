/** `/api/media/{hash}`: what jobs made of an original, file by file, and all of it gone. */
import { MediaError } from '../../error.ts'
import type { StoredArtifact } from '../../jobs/artifacts.ts'
import { foldersOf } from '../../jobs/artifacts.ts'
import type { Office } from '../../jobs/office.ts'
import type { Original } from '../../media/original.ts'
import { decide } from '../conditional.ts'
import type { Visit } from '../visit.ts'
import { JSON_HEADERS } from './view.ts'

/** What the routes need of the office. */
export type MediaDesk = Pick<Office, 'artifacts' | 'eraser'>

/** Seconds. */
const RETRY_AFTER = 5
const HASH = /^[0-9a-f]{64}$/
const HEADERS = {
  'accept-ranges': 'bytes',
  // Whoever shows the key; files of one name may be replaced.
  'cache-control': 'private, no-cache',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
}

/** @throws INVALID_PARAMETER, NOT_FOUND, RANGE_NOT_SATISFIABLE */
export async function readArtifact(desk: MediaDesk, visit: Visit, given: string): Promise<Response> {
  const hash = requireHash(given)
  const name = nameIn(visit.url.pathname)
  const keys = foldersOf(hash).map((folder) => folder + name)
  const found = name === '' ? undefined : await desk.artifacts.find(keys)
  if (!found) throw new MediaError('NOT_FOUND', 'No job made such a file of this original')
  const original = await desk.artifacts.open(found.key, visit.call.signal)
  // Replaced since it was looked up: what is said of it would not fit.
  if (original.size !== undefined && original.size !== found.size) throw new MediaError('SOURCE_CHANGED')
  return answer(found, original, visit)
}

function answer(found: StoredArtifact, original: Original, { request }: Visit): Response {
  const { etag, size, type, madeAt: lastModified } = found
  const decision = decide(request.method, request.headers, { etag, size, lastModified })
  if (decision.status === 416) throw new MediaError('RANGE_NOT_SATISFIABLE', undefined, { details: { size } })
  const headers = new Headers({
    ...HEADERS,
    etag,
    'last-modified': new Date(lastModified).toUTCString(),
  })
  if (decision.status === 304) return new Response(null, { status: 304, headers })
  const { start, end } = decision.status === 206 ? decision.span : { start: 0, end: size }
  headers.set('content-type', type)
  headers.set('content-length', String(end - start))
  if (decision.status === 206) headers.set('content-range', `bytes ${start}-${end - 1}/${size}`)
  const body = request.method === 'HEAD' ? null : original.stream({ start, end })
  return new Response(body, { status: decision.status, headers })
}

/** @throws INVALID_PARAMETER */
export async function eraseMedia(desk: MediaDesk, visit: Visit, given: string): Promise<Response> {
  const failed = await desk.eraser.erase(requireHash(given))
  if (failed.length === 0) return new Response(null, { status: 204, headers: JSON_HEADERS })
  const { requestId } = visit.call.event
  const message = `Not all of it is gone: ${failed.join(', ')}`
  visit.call.event.errorCode = 'STORE_FAILED'
  return Response.json(
    { error: { code: 'STORE_FAILED', message, requestId }, retryable: true, failed_stages: failed },
    { status: 503, headers: { ...JSON_HEADERS, 'retry-after': String(RETRY_AFTER) } },
  )
}

function requireHash(given: string): string {
  const hash = given.toLowerCase()
  if (HASH.test(hash)) return hash
  const expected = 'a SHA-256 in hex'
  throw new MediaError('INVALID_PARAMETER', `Parameter "hash" is wrong: expected ${expected}`, {
    details: [{ parameter: 'hash', value: given.slice(0, 200), expected }],
  })
}

/** What follows `/api/media/{hash}/`; names of ours need no escape. */
function nameIn(pathname: string): string {
  const name = pathname.split('/').slice(4).join('/')
  return /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !/(^|\/)\.+(\/|$)/.test(name) ? name : ''
}
