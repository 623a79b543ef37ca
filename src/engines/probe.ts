/** Step 6 of the line: what is this original? Reads only the bytes that the header takes. */
import { MediaError } from '../error.ts'
import { NeedsMore, corrupt } from '../media/headers/reader.ts'
import type { MediaInfo } from '../media/info.ts'
import type { Original } from '../media/original.ts'
import { readInfo } from '../media/read-info.ts'
import { sniff } from '../media/sniff.ts'

const FIRST = 16 * 1024
/** Profiles and thumbnails may stand before the size; beyond this a header is not worth reading. */
const MOST = 4 * 1024 * 1024

/** @throws UNSUPPORTED_MEDIA, CORRUPT_MEDIA, UNSUPPORTED_CODEC, and what the source throws */
export async function probe(original: Original): Promise<MediaInfo> {
  let head = await original.read({ start: 0, end: FIRST })
  const format = sniff(head)
  if (format === undefined) throw new MediaError('UNSUPPORTED_MEDIA')
  for (;;) {
    try {
      return readInfo(format, head)
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error
      head = await readMore(original, head, error.bytes, format)
    }
  }
}

async function readMore(
  original: Original,
  head: Uint8Array,
  needed: number,
  format: string,
): Promise<Uint8Array> {
  const end = Math.max(needed, head.length * 4)
  if (needed > MOST) throw corrupt(format, 'its header is too long')
  const more = await original.read({ start: 0, end: Math.min(end, MOST) })
  if (more.length <= head.length) throw corrupt(format, 'it ends inside its header')
  return more
}
