/** Statuses that other services give where ours is another. The body stays ours. */
import type { ErrorCode, MediaError } from '../error.ts'
import type { MediaRequest } from '../request/request.ts'

type Statuses = Readonly<Partial<Record<ErrorCode, number>>>

/** What Vylux makes of a picture: it knows no 410, 415, 501 and 504. */
const VYLUX_PICTURES: Statuses = {
  GONE: 404,
  UNSUPPORTED_MEDIA: 422,
  NOT_SUPPORTED_HERE: 422,
  SOURCE_TIMEOUT: 502,
}
/** What Vylux serves as it is: however fetching fails, it is not there. */
const VYLUX_FILES: Statuses = { GONE: 404, SOURCE_FAILED: 404, SOURCE_TIMEOUT: 404, SOURCE_CHANGED: 404 }
/** What Fluxer expects to fail is 400, whatever it is. */
const FLUXER: Statuses = {
  BAD_SIGNATURE: 401,
  GONE: 404,
  SOURCE_TOO_LARGE: 400,
  UNSUPPORTED_MEDIA: 400,
  CORRUPT_MEDIA: 400,
  UNSUPPORTED_CODEC: 400,
  LIMIT_EXCEEDED: 400,
}
const FLUXERS: ReadonlySet<string> = new Set(['external', 'assets'])

/** Undefined where it is ours. @param compat services whose statuses were asked for by name */
export function theirStatus(
  { code }: MediaError,
  { grammar, isBare }: Pick<MediaRequest, 'grammar' | 'isBare'>,
  compat: readonly string[],
): number | undefined {
  if (grammar === 'vylux') return (isBare ? VYLUX_FILES : VYLUX_PICTURES)[code]
  if (FLUXERS.has(grammar) && compat.includes('fluxer')) return FLUXER[code]
  return undefined
}
