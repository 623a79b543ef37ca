/** Step 6 of the line: what is this original? Reads only the bytes that the header takes. */
import { MediaError, ofClass } from '../error.ts'
import { formatRow, type FormatName } from '../media/format.ts'
import { NeedsMore, corrupt } from '../media/headers/reader.ts'
import type { MediaInfo } from '../media/info.ts'
import type { Original } from '../media/original.ts'
import { readInfo } from '../media/read-info.ts'
import { sniff } from '../media/sniff.ts'
import { probeTimed } from './video/container/probe.ts'

const FIRST = 16 * 1024
/** Profiles and thumbnails may stand before the size; beyond this a header is not worth reading. */
const MOST = 4 * 1024 * 1024
/** Most writers of TIFF put what describes the pixels behind them. */
const MOST_BEHIND: Readonly<Partial<Record<FormatName, number>>> = { tiff: 64 * 1024 * 1024 }

/**
 * @param page that is asked for: in formats that have pages, each has a size of its own
 * @throws UNSUPPORTED_MEDIA, CORRUPT_MEDIA, UNSUPPORTED_CODEC, INVALID_PARAMETER, and what the source throws
 */
export async function probe(
  original: Original,
  page?: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<MediaInfo> {
  const info = await probePicture(original, page)
  return info.class === 'image' ? info : timedInfo(original, info.format, signal)
}

/** The same where nothing but pictures matters: of video and sound it says that they are. */
export async function probePicture(original: Original, page?: number): Promise<MediaInfo> {
  let head = await original.read({ start: 0, end: FIRST })
  const format = sniff(head)
  if (format === undefined) throw new MediaError('UNSUPPORTED_MEDIA')
  for (;;) {
    try {
      return readInfo(format, head, page)
    } catch (error) {
      if (!(error instanceof NeedsMore)) throw error
      const more = await readMore(original, head, error.bytes, format)
      if (more.length > head.length) head = more
      else if (error.otherwise) return error.otherwise
      else throw corrupt(format, 'it ends inside its header')
    }
  }
}

async function readMore(
  original: Original,
  head: Uint8Array,
  needed: number,
  format: FormatName,
): Promise<Uint8Array> {
  const most = MOST_BEHIND[format] ?? MOST
  const end = Math.max(needed, head.length * 4)
  if (needed > most) throw corrupt(format, 'its header is too long')
  return original.read({ start: 0, end: Math.min(end, most) })
}

/** What is wrong with it is wrong with video or with sound: who wanted a picture is told. */
async function timedInfo(original: Original, format: FormatName, signal: AbortSignal): Promise<MediaInfo> {
  try {
    return await probeTimed(original, format, signal)
  } catch (error) {
    throw ofClass(error, formatRow(format).class)
  }
}
