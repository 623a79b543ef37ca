/** The original itself: sniffed, never transformed, streamed with ranges. */
import { MediaError } from './error.ts'
import { requireCodecsOf } from './codecs.ts'
import type { Call, Grant, OriginPolicy, Services } from './context.ts'
import { sha256Hex } from './lib/hash.ts'
import { judgementOf, judgeOriginal } from './judge.ts'
import { formatRow } from './media/format.ts'
import type { Judgement } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import { sniff } from './media/sniff.ts'
import { timed } from './observe/event.ts'
import type { MediaRequest } from './request/request.ts'

export interface OriginalOutcome extends OriginalManner {
  readonly kind: 'original'
  /** The responder streams and closes it. */
  readonly original: Original
  /** Content-Type by magic bytes; `application/octet-stream` for what is not media. */
  readonly type: string
  /** Or of a type that the configuration names. */
  readonly isMedia: boolean
  readonly etag: string
  /** What it was judged to be; absent: nobody looked. */
  readonly nsfw?: Judgement
}

/** How it is served. */
export interface OriginalManner {
  readonly grant: Grant
  readonly policy: OriginPolicy
  /** In place of a rendition. */
  readonly passthrough: boolean
}

const HEAD_BYTES = 4096

/** Undefined where it may be shown only so that nothing is recognised. @throws as `judgeOriginal`, and what the source throws */
export async function serveOriginal(
  request: MediaRequest,
  how: OriginalManner,
  call: Call,
  services: Services,
): Promise<OriginalOutcome | undefined> {
  if (how.policy.originals === 'none')
    throw new MediaError('ACCESS_DENIED', 'This origin serves no untransformed originals')
  const ref = { origin: request.origin, path: request.path, captures: request.captures }
  const original = await timed(call.event, 'source', services.now, () =>
    services.origins.open(ref, call.signal),
  )
  try {
    call.event.sourceType = original.sourceType
    const format = sniff(await original.read({ start: 0, end: HEAD_BYTES }))
    const type = format === undefined ? typeByName(request.path, how.policy) : formatRow(format).mime
    if (type === undefined && how.policy.originals !== 'any') throw new MediaError('UNSUPPORTED_MEDIA')
    if (format) await requireCodecsOf(original, format, request.path, how.policy, services, call.signal)
    const judged =
      format &&
      (await judgeOriginal({ ref, original, format, isWhole: true }, call.signal, call.event, services))
    if (judged?.veil) {
      await original.close()
      return undefined
    }
    return {
      kind: 'original',
      original,
      type: type ?? 'application/octet-stream',
      isMedia: type !== undefined,
      etag: await etagOf(original),
      ...(judged ? { nsfw: judgementOf(judged) } : {}),
      ...how,
    }
  } catch (error) {
    await original.close()
    throw error
  }
}

/** Bytes first: a name counts only where they say nothing, and the configuration names the type. */
function typeByName(path: string, { types = {} }: OriginPolicy): string | undefined {
  const extension = /\.([0-9a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(types, extension) ? types[extension] : undefined
}

/** Strong, unless the source itself only vouches weakly. */
async function etagOf(original: Original): Promise<string> {
  const text = original.validator.text
  const tag = `"o-${(await sha256Hex(text)).slice(0, 32)}"`
  return text.startsWith('W/') ? `W/${tag}` : tag
}
