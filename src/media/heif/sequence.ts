/** Image sequences: pictures over time in a track beside the items (ISO/IEC 23008-12 section 7, ISO/IEC 14496-12 section 8). */
import { isMediaError } from '../../error.ts'
import { createReader, NeedsMore, type Reader } from '../headers/reader.ts'
import { children, find, topBox, type Box } from './boxes.ts'

/** Of the longest track of pictures; 0 where there is none that can be read. */
export function countSamples(bytes: Uint8Array): number {
  try {
    const r = createReader(bytes)
    const moov = topBox(r, 'moov')
    const tracks = children(r, moov.start, moov.end).filter(({ type }) => type === 'trak')
    return Math.max(0, ...tracks.map((track) => samplesOf(r, track)))
  } catch (error) {
    if (error instanceof NeedsMore || isMediaError(error)) return 0
    throw error
  }
}

function samplesOf(r: Reader, track: Box): number {
  const media = inside(r, track, 'mdia')
  const handler = media && inside(r, media, 'hdlr')
  if (!handler || r.text(handler.start + 8, 4) !== 'pict') return 0
  const sizes = PATH.reduce<Box | undefined>((box, type) => box && inside(r, box, type), media)
  return sizes ? r.u32(sizes.start + 8) : 0
}
const PATH = ['minf', 'stbl', 'stsz']

const inside = (r: Reader, { start, end }: Box, type: string) => find(children(r, start, end), type)
