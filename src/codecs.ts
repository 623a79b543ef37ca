/** Whether an original may be served by the codecs that are in it. What was found of a version is kept: players ask for many parts. */
import type { OriginPolicy, Services } from './context.ts'
import { probe } from './engines/probe.ts'
import { isMediaError } from './error.ts'
import { codecFault } from './media/codec-rules.ts'
import { formatRow, type FormatName } from './media/format.ts'
import type { MediaInfo } from './media/info.ts'
import type { Original } from './media/original.ts'
import { hurriedOriginal } from './sources/hurried.ts'

/** @throws UNSUPPORTED_CODEC */
export function requireCodecs(info: MediaInfo, policy: Pick<OriginPolicy, 'codecs'> | undefined): void {
  if (info.class === 'image' || !policy?.codecs) return
  const fault = codecFault(info, policy.codecs)
  if (fault) throw fault
}

/** What nobody here can read passes: it is not known what it is. @throws UNSUPPORTED_CODEC, and what the source throws */
export async function requireCodecsOf(
  original: Original,
  format: FormatName,
  path: string,
  policy: OriginPolicy,
  { seenCodecs, limits }: Services,
  signal: AbortSignal,
): Promise<void> {
  if (!policy.codecs || formatRow(format).class === 'image') return
  const key = [policy.name, path, original.validator.text].join('\n')
  const known = seenCodecs.get(key)
  const info = known ?? (await tryProbe(hurriedOriginal(original, limits.sourceMs), signal))
  if (!info) return
  if (!known) seenCodecs.set(key, info, 1)
  requireCodecs(info, policy)
}

async function tryProbe(original: Original, signal: AbortSignal): Promise<MediaInfo | undefined> {
  try {
    return await probe(original, undefined, signal)
  } catch (error) {
    if (isMediaError(error) && UNREADABLE.has(error.code)) return undefined
    throw error
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['CORRUPT_MEDIA', 'NOT_SUPPORTED_HERE', 'SOURCE_TOO_LARGE'])
