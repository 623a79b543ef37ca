/** The picture that a file of sound carries in its tags (ID3, MP4, FLAC, Vorbis comments), as an original of its own. */
import { limitError } from '../../../error.ts'
import { toStream } from '../../../lib/stream.ts'
import { formatRow } from '../../../media/format.ts'
import type { ImageInfo } from '../../../media/info.ts'
import type { FormatName } from '../../../media/format.ts'
import type { Original } from '../../../media/original.ts'
import { readWholeInfo } from '../../../media/read-info.ts'
import { sniff } from '../../../media/sniff.ts'
import { readsContainer, withContainer } from './open.ts'

/** Of the picture. */
const COVER_BYTES = 16 * 1_048_576
/** Of the file, up to the end of its tags. */
const READ_BYTES = 4 * COVER_BYTES
/** Of reading the tags, waiting for a slow source included. */
const READ_MS = 10_000

export interface Cover {
  /** Closing it closes the file of sound, whose version it is of. */
  readonly original: Original
  readonly info: ImageInfo
}

/**
 * The front cover, or the first picture where none says that it is that.
 * @returns undefined where there is no picture of a format that is known here
 * @throws LIMIT_EXCEEDED, SOURCE_TOO_LARGE, CORRUPT_MEDIA, the signal's reason, and what the source throws
 */
export async function openCover(
  original: Original,
  format: FormatName,
  signal: AbortSignal,
): Promise<Cover | undefined> {
  if (!readsContainer(format)) return undefined
  const limits = { signal, bytes: READ_BYTES, ms: READ_MS }
  const found = await withContainer(original, format, limits, async (input) => {
    const { images = [] } = await input.getMetadataTags()
    const known = images.filter(({ data }) => isPicture(data))
    return (known.find(({ kind }) => kind === 'coverFront') ?? known[0])?.data
  })
  if (!found) return undefined
  if (found.length > COVER_BYTES) throw limitError('cover bytes', found.length, COVER_BYTES)
  // The tags around it are let go.
  const bytes = found.slice()
  const info = readWholeInfo(sniff(bytes) as FormatName, bytes) as ImageInfo
  return { original: pictureWithin(original, bytes), info }
}

function isPicture(bytes: Uint8Array): boolean {
  const format = sniff(bytes.subarray(0, 4096))
  return format !== undefined && formatRow(format).class === 'image'
}

function pictureWithin(original: Original, bytes: Uint8Array): Original {
  const { validator, sourceType } = original
  const part = ({ start, end }: { start: number; end: number }) => bytes.slice(start, Math.max(start, end))
  return {
    size: bytes.length,
    validator,
    sourceType,
    read: async (range) => part(range),
    stream(range = { start: 0, end: bytes.length }) {
      let left: Uint8Array | undefined = part(range)
      return toStream(async () => {
        const chunk = left
        left = undefined
        return chunk
      })
    },
    close: () => original.close(),
  }
}
