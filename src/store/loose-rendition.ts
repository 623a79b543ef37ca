import type { ByteRange } from '../media/original.ts'
import { etagOf } from './etag.ts'
import type { StoredFacts, StoredRendition } from './cache.ts'

/** A rendition that could not be stored: the same answer, from memory, for those who wait for it now. */
export function looseRendition(
  key: string,
  { type, body, facts }: { readonly type: string; readonly body: Uint8Array; readonly facts: StoredFacts },
): StoredRendition {
  return {
    key,
    etag: etagOf(key),
    size: body.length,
    type,
    facts,
    body: async (range?: ByteRange) => (range ? body.slice(range.start, range.end) : body.slice()),
  }
}
