/** The original itself: sniffed, never transformed, streamed with ranges. */
import { MediaError } from './error.ts'
import type { Call, Grant, OriginPolicy, Services } from './context.ts'
import { sha256Hex } from './lib/hash.ts'
import { formatRow } from './media/format.ts'
import type { Original } from './media/original.ts'
import { sniff } from './media/sniff.ts'
import { timed } from './observe/event.ts'
import type { MediaRequest } from './request/request.ts'

export interface OriginalOutcome {
  readonly kind: 'original'
  /** The responder streams and closes it. */
  readonly original: Original
  /** Content-Type by magic bytes; `application/octet-stream` for what is not media. */
  readonly type: string
  readonly isMedia: boolean
  readonly etag: string
  readonly passthrough: boolean
  readonly grant: Grant
  readonly policy: OriginPolicy
}

const HEAD_BYTES = 4096

export async function serveOriginal(
  request: MediaRequest,
  how: { readonly grant: Grant; readonly policy: OriginPolicy; readonly passthrough: boolean },
  call: Call,
  services: Services,
): Promise<OriginalOutcome> {
  if (how.policy.originals === 'none')
    throw new MediaError('ACCESS_DENIED', 'This origin serves no untransformed originals')
  const ref = { origin: request.origin, path: request.path, captures: request.captures }
  const original = await timed(call.event, 'source', services.now, () =>
    services.origins.open(ref, call.signal),
  )
  try {
    call.event.sourceType = original.sourceType
    const format = sniff(await original.read({ start: 0, end: HEAD_BYTES }))
    if (format === undefined && how.policy.originals !== 'any') throw new MediaError('UNSUPPORTED_MEDIA')
    const type = format === undefined ? 'application/octet-stream' : formatRow(format).mime
    return {
      kind: 'original',
      original,
      type,
      isMedia: format !== undefined,
      etag: await etagOf(original),
      ...how,
    }
  } catch (error) {
    await original.close()
    throw error
  }
}

/** Strong, unless the source itself only vouches weakly. */
async function etagOf(original: Original): Promise<string> {
  const text = original.validator.text
  const tag = `"o-${(await sha256Hex(text)).slice(0, 32)}"`
  return text.startsWith('W/') ? `W/${tag}` : tag
}
